import LinearAlgebra

/// The digest of content of any length that is taken in piece by piece.
///
/// Of up to 16 MiB it is the SHA-256 of the bytes. Of more it is the SHA-256 of a line that says so and of the tree
/// digests of each 16 MiB, which several lanes of the processor find side by side; where the pieces end changes nothing.
public struct ContentDigest: ~Copyable {
  private static let windowBytes = 16 << 20
  private let window = Buffer<UInt8>(uninitialized: windowBytes)
  private var count = 0
  private var stream = DigestStream()
  private var isTree = false
  /// Where several windows are read at once, from the first time on.
  private var space: Buffer<UInt8>?

  /// Starts with nothing taken in.
  public init() {}

  /// Takes in the next bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if count == Self.windowBytes { takeWindow() }
      let part = rest.prefix(Self.windowBytes - count)
      UnsafeMutableRawBufferPointer(start: window.base + count, count: part.count)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
      count += part.count
      rest = rest.dropFirst(part.count)
    }
  }

  /// Takes in the next bytes.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Takes in the next `total` bytes, which are brought in pieces, several at once where the calling thread belongs to a
  /// pool: so that reading and hashing go on side by side.
  ///
  /// - Parameter read: fills a piece of memory with the bytes from an offset among the `total` on; false if it cannot.
  /// - Returns: whether all came; if not, the digest is worthless.
  public mutating func update(
    count total: Int, reading read: (_ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Bool
  ) -> Bool {
    var offset = 0
    while offset < total {
      if count == Self.windowBytes { takeWindow() }
      // The last window waits for `finish`, as nobody knows yet whether more follows.
      let windows = count == 0 ? min(Self.windowsAtOnce, (total - offset - 1) / Self.windowBytes) : 0
      if windows > 0 {
        guard takeWindows(windows, reading: { read(offset + $0, $1) }) else { return false }
        offset += windows * Self.windowBytes
      } else {
        let part = min(total - offset, Self.windowBytes - count)
        guard read(offset, UnsafeMutableRawBufferPointer(start: window.base + count, count: part)) else {
          return false
        }
        count += part
        offset += part
      }
    }
    return true
  }

  /// So many windows are read and hashed side by side: enough for the disk, small enough for the memory.
  private static let windowsAtOnce = 4

  private mutating func takeWindows(
    _ windows: Int, reading read: (Int, UnsafeMutableRawBufferPointer) -> Bool
  ) -> Bool {
    let memory = space ?? Buffer<UInt8>(uninitialized: Self.windowsAtOnce * Self.windowBytes)
    space = memory
    let trees = Digest.trees(
      of: UnsafeMutableRawBufferPointer(start: memory.base, count: windows * Self.windowBytes),
      each: Self.windowBytes, filling: read)
    guard let trees else { return false }
    beginTree()
    for tree in trees { stream.update(tree.bytes) }
    return true
  }

  private mutating func beginTree() {
    if !isTree { stream.update(Array("trees of 16 MiB\n".utf8)) }
    isTree = true
  }

  private mutating func takeWindow() {
    beginTree()
    stream.update(Digest.tree(of: UnsafeRawBufferPointer(start: window.base, count: count)).bytes)
    count = 0
  }

  /// The digest of all that was taken in; nothing may follow.
  public consuming func finish() -> Digest {
    if isTree {
      takeWindow()
    } else {
      stream.update(UnsafeRawBufferPointer(start: window.base, count: count))
    }
    return stream.finish()
  }
}
