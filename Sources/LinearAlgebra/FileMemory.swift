#if canImport(Glibc)
  internal import Glibc
#endif
internal import Synchronization

/// Where arrays lie that are too large for the memory of a run: in files that the system reads and writes by pages.
///
/// Whatever goes through an array from its beginning to its end works on one in a file as well, at the speed of the
/// disk. A thread gives pages back to the system as soon as the process has more of them than the budget.
///
/// One place serves the whole process while `use(_:_:)` runs.
public final class FileMemory: Sendable {
  /// Bytes that the process should stay within.
  public let budget: Int
  /// Arrays of more bytes lie in files.
  public let threshold: Int
  private let folder: String
  /// By the addresses where they begin.
  let mappings = Mutex<[UInt: Mapping]>([:])
  let readAhead = ReadAhead()
  private let keeper = Mutex<KeeperState>(KeeperState())

  struct Mapping {
    var bytes: Int
    /// The file and its state when it was mapped, of one that somebody else could change.
    fileprivate var source: Source?
  }
  fileprivate struct Source {
    var path: String
    var identity: FileIdentity
  }
  private struct KeeperState {
    var thread: pthread_t?
    var isStopping = false
  }

  /// Arrays above an eighth of the budget go into nameless files in a folder.
  ///
  /// - Parameters:
  ///   - folder: on a disk that has room for them.
  ///   - budget: bytes that the process should stay within.
  public init(folder: String, budget: Int) {
    self.folder = folder
    self.budget = budget
    threshold = Self.threshold(budget: budget)
  }

  private static func threshold(budget: Int) -> Int { max(smallestThreshold, budget / 8) }

  /// Whether an array of so many bytes lies in a file under a budget.
  public static func isInFile(_ bytes: Int, budget: Int) -> Bool { bytes > threshold(budget: budget) }

  /// Smaller arrays never lie in files: there would be too many.
  static let smallestThreshold = 16 << 20

  /// The place that serves now, if there is one; the latest of several.
  public static var current: FileMemory? { serving.withLock { $0.last } }

  private static let serving = Mutex<[FileMemory]>([])

  /// Lets large arrays lie in files while `body` runs; arrays that outlive it stay where they are.
  public static func use<R, Failure: Error>(
    _ memory: FileMemory, _ body: () throws(Failure) -> R
  ) throws(Failure) -> R {
    serving.withLock { $0.append(memory) }
    LargeBlocks.empty()
    defer {
      serving.withLock { $0.removeAll { $0 === memory } }
      memory.stopKeeper()
      memory.readAhead.stop()
    }
    return try body()
  }

  /// How many more bytes files can take: what the disk has, less a reserve for the run's results.
  public var capacity: Int {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return 0 }
    return Int(status.f_bavail) * Int(status.f_frsize) / 10 * 9
  }

  /// Memory in a fresh file without a name, gone when it is given back; nil where the disk has no room.
  func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
    guard bytes <= capacity else { return nil }
    let descriptor = namelessFile()
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // Room is taken now: a full disk would else kill the process when it writes.
    guard posix_fallocate(descriptor, 0, off_t(bytes)) == 0,
      let base = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), base != MAP_FAILED
    else { return nil }
    register(base, bytes, source: nil)
    return base
  }

  private func namelessFile() -> Int32 {
    var template = Array("\(folder)/array-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { return descriptor }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// Part of a file as read-only memory; nil where the system does not give it.
  ///
  /// - Parameters:
  ///   - offset: where the values start, a multiple of their alignment.
  public func map<Element: BitwiseCopyable>(
    _ path: String, offset: Int, count: Int, of type: Element.Type = Element.self
  ) -> Buffer<Element>? {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let stride = MemoryLayout<Element>.stride
    guard count > 0, offset >= 0, offset % MemoryLayout<Element>.alignment == 0 else { return nil }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let start = offset / page * page
    let bytes = offset - start + count * stride
    guard let identity = FileIdentity(descriptor), identity.size >= start + bytes,
      let base = mmap(nil, bytes, PROT_READ, MAP_PRIVATE, descriptor, off_t(start)), base != MAP_FAILED
    else { return nil }
    madvise(base, bytes, MADV_SEQUENTIAL)
    register(base, bytes, source: Source(path: path, identity: identity))
    let first = (base + (offset - start)).bindMemory(to: Element.self, capacity: count)
    return Buffer(adopting: first, count: count) { [self, address = UInt(bitPattern: base)] in
      if let base = UnsafeMutableRawPointer(bitPattern: address) { giveBack(base) }
    }
  }

  /// Unmaps what `take` or `map` gave.
  func giveBack(_ base: UnsafeMutableRawPointer) {
    guard let mapping = mappings.withLock({ $0.removeValue(forKey: UInt(bitPattern: base)) }) else { return }
    munmap(base, mapping.bytes)
  }

  /// The path of a mapped file that is no longer what it was when it was mapped; nil if all are.
  public var changedFile: String? {
    let sources = mappings.withLock { $0.values.compactMap(\.source) }
    return sources.first { FileIdentity(path: $0.path) != $0.identity }?.path
  }

  /// Ends the process with a clear word when a mapped file turns out to be shorter than it was, which nothing can
  /// repair: the store is whole then.
  private static let watchesForCutFiles: Void = {
    _ = signal(SIGBUS) { _ in
      let words: StaticString = "pipe: a file was cut short while it was read, or its disk failed\n"
      _ = write(2, words.utf8Start, words.utf8CodeUnitCount)
      _exit(1)
    }
  }()

  private func register(_ base: UnsafeMutableRawPointer, _ bytes: Int, source: Source?) {
    Self.watchesForCutFiles
    mappings.withLock { $0[UInt(bitPattern: base)] = Mapping(bytes: bytes, source: source) }
    Self.isInUse.store(true, ordering: .relaxed)
    keeper.withLock { state in
      guard state.thread == nil else { return }
      state.isStopping = false
      state.thread = startThread { [self] in keepWithinBudget() }
    }
  }

  /// Looks after the budget for work that does not do so itself.
  private func keepWithinBudget() {
    while !keeper.withLock({ $0.isStopping }) {
      usleep(5_000)
      givePagesBack()
    }
  }

  /// Gives pages of files back if the process has too many of them.
  private func givePagesBack() {
    guard isAboveBudget else { return }
    mappings.withLock { mappings in
      // Somebody else may have done it meanwhile.
      guard isAboveBudget else { return }
      Self.isGivingBack.store(true, ordering: .relaxed)
      defer { Self.isGivingBack.store(false, ordering: .relaxed) }
      // What was written stays in the file; what is used again is read again.
      for (base, mapping) in mappings {
        if let base = UnsafeMutableRawPointer(bitPattern: base) {
          madvise(base, mapping.bytes, MADV_DONTNEED)
        }
      }
    }
  }

  private var isAboveBudget: Bool { residentPages * sysconf(Int32(_SC_PAGESIZE)) > budget / 10 * 7 }

  /// Whether pages are being given back: who goes on filling the memory meanwhile would win.
  private static let isGivingBack = Atomic<Bool>(false)
  /// Whether there is an array in a file.
  private static let isInUse = Atomic<Bool>(false)
  /// When a loop last looked after the budget, in nanoseconds.
  private static let lastLook = Atomic<Int>(0)

  /// Called between two pieces of a loop: who fills the memory looks after the budget, four times a millisecond at most.
  ///
  /// On a busy machine the thread that does so would come too late for passes at the speed of memory.
  static func look() {
    guard isInUse.load(ordering: .relaxed) else { return }
    if isGivingBack.load(ordering: .relaxed) { current?.mappings.withLock { _ in } }
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let (now, last) = (time.tv_sec * 1_000_000_000 + time.tv_nsec, lastLook.load(ordering: .relaxed))
    guard now - last > 250_000,
      lastLook.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
    else { return }
    current?.givePagesBack()
  }

  private func stopKeeper() {
    let thread = keeper.withLock { state in
      state.isStopping = true
      defer { state.thread = nil }
      return state.thread
    }
    if let thread { pthread_join(thread, nil) }
  }

  private var residentPages: Int {
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var text = [UInt8](repeating: 0, count: 128)
    let count = max(0, read(descriptor, &text, text.count))
    let words = String(decoding: text.prefix(count), as: UTF8.self).split(separator: " ")
    return words.count > 1 ? Int(words[1]) ?? 0 : 0
  }
}

/// What tells that a file is still the same.
private struct FileIdentity: Equatable {
  let device: UInt
  let inode: UInt
  let size: Int
  let seconds: Int
  let nanoseconds: Int

  init?(_ descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
    size = Int(status.st_size)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }
}
