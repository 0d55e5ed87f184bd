internal import Artifacts

/// How many bytes all objects have, so that nobody needs to list them to know.
///
/// `pipetotl`, the sum and its checksum (8 bytes each), in a file that is made when somebody first asks. Bytes
/// are entered before an object gets its name: after a crash the sum is too large, never too small, until it is
/// counted again by who removes objects. What cannot be read is counted.
struct Ledger {
  private static let magic = Array("pipetotl".utf8)

  let layout: Layout
  let fileSystem: any FileSystem
  let locks: KeyLocks
  private let monitor = Monitor()

  init(_ layout: Layout, _ fileSystem: any FileSystem, _ locks: KeyLocks) {
    self.layout = layout
    self.fileSystem = fileSystem
    self.locks = locks
  }

  /// Adds to the sum, if there is one.
  func add(_ count: Int) {
    guard count != 0, (try? fileSystem.status(at: layout.total)) != nil else { return }
    locked { if let sum = read() { write(sum + count) } }
  }

  /// The sum; counts where it is not known.
  func sum(counting count: () throws(FileError) -> Int) throws(FileError) -> Int {
    try locked { () throws(FileError) in
      if let sum = read() { return sum }
      let sum = try count()
      write(sum)
      return sum
    }
  }

  /// Sets the sum to what was counted, if there is one or it is wanted.
  func set(_ sum: Int, isWanted: Bool) {
    guard isWanted || (try? fileSystem.status(at: layout.total)) != nil else { return }
    locked { write(sum) }
  }

  private func locked<R, Failure: Error>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
    try monitor.locked { () throws(Failure) in
      _ = locks.lock(KeyLocks.ledger, .exclusive, wait: true)
      defer { _ = locks.lock(KeyLocks.ledger, .none, wait: false) }
      return try body()
    }
  }

  private func read() -> Int? {
    guard let bytes = try? fileSystem.bytes(at: layout.total, in: 0..<24) else { return nil }
    return bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      guard let magic = reader.take(bytes: 8), magic.elementsEqual(Self.magic),
        let sum = reader.take(bytes: 8), reader.take(UInt64.self) == checksum(sum)
      else { return nil }
      return Int(exactly: UInt64(littleEndian: sum.loadUnaligned(as: UInt64.self)))
    }
  }

  private func write(_ sum: Int) {
    var word = ByteWriter()
    word.put(UInt64(max(0, sum)))
    var writer = ByteWriter(bytes: Self.magic + word.bytes)
    writer.put(word.bytes.withUnsafeBytes { checksum($0) })
    // Half a sum is known by its checksum.
    guard let file = try? fileSystem.open(layout.total, for: .readWrite) else { return }
    defer { fileSystem.close(file) }
    try? fileSystem.write(file, writer.bytes, at: 0)
  }
}
