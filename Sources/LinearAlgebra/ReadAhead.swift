#if canImport(Glibc)
  internal import Glibc
#endif
internal import Synchronization

// A pass over a table in a file that computes much for each byte would leave the disk idle meanwhile: it says which rows
// come next, and which ones it has done with.

extension FileMemory {
  /// Whether a matrix lies in a file of the place that serves.
  public static func holds<Scalar>(_ matrix: Matrix<Scalar>) -> Bool {
    guard let files = current else { return false }
    return matrix.withPointer { files.holds(UnsafeRawPointer($0)) }
  }

  /// Gives the pages of a matrix that lies in a file back; they are read again when they are needed.
  static func release<Scalar>(_ matrix: Matrix<Scalar>) {
    guard let files = current else { return }
    matrix.withPointer { base in
      files.didRead(
        UnsafeRawBufferPointer(start: base, count: matrix.count * MemoryLayout<Scalar>.stride))
    }
  }

  /// Has rows of a matrix that lies in a file read while the caller does something else.
  public static func willRead<Scalar>(rows: some Collection<Int>, of matrix: Matrix<Scalar>) {
    guard let files = current, holds(matrix) else { return }
    let bytes = matrix.columns * MemoryLayout<Scalar>.stride
    matrix.withPointer { base in
      let base = UnsafeRawPointer(base)
      files.readAhead.want(
        rows.map { ReadAhead.Pages(UnsafeRawBufferPointer(start: base + $0 * bytes, count: bytes)) })
    }
  }

  /// Runs `body`, which reads rows of a matrix in no order: of one in a file no more is read than is asked for.
  public static func readingScattered<Scalar, R, Failure>(
    _ matrix: Matrix<Scalar>, _ body: () throws(Failure) -> R
  ) throws(Failure) -> R {
    guard holds(matrix) else { return try body() }
    func advise(_ advice: Int32) {
      let pages = ReadAhead.Pages(
        UnsafeRawBufferPointer(start: matrix.buffer.base, count: matrix.count * MemoryLayout<Scalar>.stride))
      let start = pages.address / ReadAhead.pageSize * ReadAhead.pageSize
      madvise(UnsafeMutableRawPointer(bitPattern: start), pages.address + pages.count - start, advice)
    }
    advise(MADV_RANDOM)
    defer { advise(MADV_SEQUENTIAL) }
    return try body()
  }

  /// Whether memory lies in one of the files.
  func holds(_ address: UnsafeRawPointer) -> Bool {
    mappings.withLock { Self.isInside(address, $0) }
  }

  private static func isInside(_ address: UnsafeRawPointer, _ mappings: [UInt: Mapping]) -> Bool {
    let place = UInt(bitPattern: address)
    return mappings.contains { $0.key <= place && place < $0.key + UInt($0.value.bytes) }
  }

  /// Has the system read memory of a file while the caller does something else; does nothing for other memory.
  func willRead(_ memory: UnsafeRawBufferPointer) {
    guard let base = memory.baseAddress, memory.count > 0, holds(base) else { return }
    readAhead.want([ReadAhead.Pages(memory)])
  }

  /// Gives pages back that are not needed for now; does nothing for memory that is not of a file.
  func didRead(_ memory: UnsafeRawBufferPointer) {
    guard let base = memory.baseAddress else { return }
    mappings.withLock { mappings in
      guard Self.isInside(base, mappings) else { return }
      // Only whole pages: others still read at both ends.
      let pages = ReadAhead.Pages(memory)
      let page = ReadAhead.pageSize
      let inner = pages.address % page == 0 ? pages.address : pages.address / page * page + page
      let end = (pages.address + pages.count) / page * page
      if inner < end { madvise(UnsafeMutableRawPointer(bitPattern: inner), end - inner, MADV_DONTNEED) }
    }
  }
}

/// A thread that has the system read pages of files before they are needed.
final class ReadAhead: @unchecked Sendable {
  struct Pages {
    let address: Int
    let count: Int

    init(_ memory: UnsafeRawBufferPointer) {
      (address, count) = (Int(bitPattern: memory.baseAddress), memory.count)
    }
  }

  static let pageSize = sysconf(Int32(_SC_PAGESIZE))
  private static let longStretch = 1 << 20
  /// Linux's `MADV_POPULATE_READ`, from 5.14 on.
  private static let populateForReading: Int32 = 22

  private let monitor = Monitor()
  // Guarded by the monitor.
  private var wanted: [Pages] = []
  /// How many of them are taken already.
  private var taken = 0
  private var isStopping = false
  private var thread: pthread_t?

  /// Puts pages at the end of what is read.
  func want(_ pages: [Pages]) {
    monitor.locked {
      wanted.append(contentsOf: pages)
      if thread == nil {
        isStopping = false
        thread = startThread { [self] in work() }
      }
      monitor.wakeWorker()
    }
  }

  /// Ends the thread; what was not read yet is left.
  func stop() {
    let ending = monitor.locked {
      isStopping = true
      (wanted, taken) = ([], 0)
      monitor.wakeWorker()
      defer { thread = nil }
      return thread
    }
    if let ending { pthread_join(ending, nil) }
  }

  private func work() {
    while let pages = next() {
      let start = pages.address / Self.pageSize * Self.pageSize
      let (base, count) = (UnsafeMutableRawPointer(bitPattern: start), pages.address + pages.count - start)
      // Memory that is gone by now is refused, which is all right. Long stretches are read as a loop would read them,
      // in large pieces; single rows all at once.
      if count < Self.longStretch || madvise(base, count, Self.populateForReading) != 0 {
        madvise(base, count, MADV_WILLNEED)
      }
    }
  }

  private func next() -> Pages? {
    monitor.locked {
      while wanted.isEmpty && !isStopping { monitor.waitForWork() }
      if isStopping { return nil }
      let pages = wanted[taken]
      taken += 1
      if taken == wanted.count { (wanted, taken) = ([], 0) }
      return pages
    }
  }
}
