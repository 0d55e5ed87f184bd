public import Artifacts

/// What the processes that have the store open use, so that one of them may remove what none of them does.
///
/// Who removes something must know what everybody uses. A byte of the lock file is shared by every process that
/// may use what it has not announced: at first by each, and after its first announcement only while it adds to
/// what it announced, or lets a record name objects that have just got their names. Who holds the byte alone
/// therefore reads in the announcements, files of 64-bit prefixes of keys and digests, all that others may use;
/// what is added later was looked up again after the removal. Nothing depends on clocks, and what a process
/// announced dies with the lock that it holds on its file.
final class Uses: @unchecked Sendable {
  private static let prefix = "uses-"

  private let layout: Layout
  private let fileSystem: any FileSystem
  private let locks: KeyLocks
  private let monitor = Monitor()
  /// Whether anything may be used without being announced.
  private var isUnbounded = true
  /// How many threads are inside ``section(_:)``.
  private var sections = 0
  private var isExclusive = false
  private var announced: Set<UInt64> = []
  private var file: OpenFile?
  private var end = 0

  init(_ layout: Layout, _ fileSystem: any FileSystem, _ locks: KeyLocks) {
    self.layout = layout
    self.fileSystem = fileSystem
    self.locks = locks
    _ = locks.lock(KeyLocks.unannounced, .shared, wait: true)
  }

  deinit { removeFile() }

  private func removeFile() {
    guard let file else { return }
    try? fileSystem.remove(file.path)
    fileSystem.close(file)
    self.file = nil
    end = 0
    announced = []
  }

  /// Runs `body` while nobody removes anything.
  func section<R, Failure: Error>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
    monitor.locked {
      while isExclusive { monitor.wait() }
      if sections == 0, !isUnbounded { _ = locks.lock(KeyLocks.unannounced, .shared, wait: true) }
      sections += 1
    }
    defer {
      monitor.locked {
        sections -= 1
        if sections == 0, !isUnbounded { _ = locks.lock(KeyLocks.unannounced, .none, wait: false) }
        monitor.wakeAll()
      }
    }
    return try body()
  }

  /// Runs `body` while everything that others use is announced and stays so; nil if that cannot be had now.
  func exclusively<R, Failure: Error>(_ body: () throws(Failure) -> R) throws(Failure) -> R? {
    let isGranted = monitor.locked {
      while isExclusive || sections > 0 { monitor.wait() }
      isExclusive = locks.takeAlone(KeyLocks.unannounced)
      return isExclusive
    }
    guard isGranted else { return nil }
    defer {
      monitor.locked {
        isExclusive = false
        _ = locks.lock(KeyLocks.unannounced, isUnbounded ? .shared : .none, wait: true)
        monitor.wakeAll()
      }
    }
    return try body()
  }

  /// Whether a use would have to be announced first.
  func isUnannounced(_ digests: [Digest]) -> Bool {
    monitor.locked { !isUnbounded && !digests.allSatisfy { announced.contains($0.prefix) } }
  }

  /// Adds to what is announced; only inside ``section(_:)``.
  ///
  /// - Parameter isAll: whether nothing else is used without being announced from now on.
  func announce(_ digests: some Sequence<Digest>, isAll: Bool) {
    monitor.locked {
      if isUnbounded, !isAll { return }
      let fresh = Set(digests.map(\.prefix)).subtracting(announced)
      do throws(FileError) {
        try write(fresh)
        announced.formUnion(fresh)
        isUnbounded = false
      } catch {
        // What cannot be announced is protected by the byte, which the section holds already.
        isUnbounded = true
      }
    }
  }

  private func write(_ fresh: Set<UInt64>) throws(FileError) {
    if file == nil {
      let path = layout.temporary + "/" + Self.prefix + String(fileSystem.nonce(), radix: 16)
      let file = try fileSystem.open(path, for: .create)
      self.file = file
      guard try fileSystem.lock(file, at: 0, .exclusive, wait: false) else {
        throw FileError(11, "lock", path)  // EAGAIN
      }
    }
    guard let file, !fresh.isEmpty else { return }
    var writer = ByteWriter()
    for prefix in fresh { writer.put(prefix) }
    try fileSystem.write(file, writer.bytes, at: end)
    end += writer.bytes.count
  }

  /// Takes everything back that was announced.
  func forgetAll() {
    section { monitor.locked { removeFile() } }
  }

  /// What living processes announced, this one too.
  ///
  /// Only inside ``exclusively(_:)``. Files of dead ones are removed.
  func all() throws(FileError) -> Set<UInt64> {
    var all: Set<UInt64> = []
    for name in try fileSystem.list(layout.temporary) where name.hasPrefix(Self.prefix) {
      let path = layout.temporary + "/" + name
      let fileSystem = fileSystem
      guard let file = try orMissing({ () throws(FileError) in try fileSystem.open(path, for: .read) }) else {
        continue
      }
      defer { fileSystem.close(file) }
      guard try fileSystem.isLocked(file, at: 0) else {
        try? fileSystem.remove(path)
        continue
      }
      let bytes = try fileSystem.bytes(at: path, in: 0..<(try fileSystem.status(of: file).size))
      bytes.withUnsafeBytes { bytes in
        var reader = ByteReader(bytes)
        while let prefix = reader.take(UInt64.self) { all.insert(prefix) }
      }
    }
    return all
  }
}

extension Store {
  /// Says which keys this process is going to use.
  ///
  /// Before that other processes must take everything for used and keep it; afterwards they may give up what no
  /// process announced, so that the store keeps below its limit while several run. Call it once, with all keys of
  /// a plan, before looking them up, when much is going to be computed; what is looked up or stored besides is
  /// announced by itself, one by one. Reads what others have added.
  public func use(_ keys: some Sequence<Key>) {
    guard !isReadOnly else { return }
    uses.section {
      uses.announce(catalog.usedKeys.map(\.digest) + keys.map(\.digest), isAll: true)
      refresh()
    }
  }

  /// Says that nothing is needed any more of what this process used so far, so that even that may be given up.
  public func endUse() {
    guard !isReadOnly else { return }
    catalog.forgetUses()
    uses.forgetAll()
  }

  /// Announces what is used though nobody said so before; returns whether it had to be, and must be looked at
  /// again: it may have been removed just before.
  func announce(_ digests: [Digest]) -> Bool {
    guard !isReadOnly, uses.isUnannounced(digests) else { return false }
    uses.section {
      uses.announce(digests, isAll: false)
      refresh()
    }
    return true
  }
}
