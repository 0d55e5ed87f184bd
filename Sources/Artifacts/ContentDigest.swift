public import LinearAlgebra

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

  private mutating func takeWindow() {
    if !isTree { stream.update(Array("trees of 16 MiB\n".utf8)) }
    isTree = true
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
