#if canImport(Glibc)
  import Glibc
#endif

/// Memory for a fixed number of plain values, aligned to 64 bytes: the one place that owns raw memory.
///
/// A buffer is shared by reference. It may be written only by who holds the only reference (`Matrix` keeps to that
/// by copy on write) or, in disjoint parts, by the tiles of one parallel loop.
public final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  /// How many values it holds.
  public let count: Int
  /// The first value.
  public let base: UnsafeMutablePointer<Element>
  private let release: (@Sendable () -> Void)?
  /// Whether the memory may be written when nobody else refers to it.
  let isOwned: Bool
  /// What was charged for the memory; nil for memory that somebody else gave.
  private let meter: MemoryMeter?

  /// Takes fresh memory without giving it a value; the caller writes every element before it reads one.
  ///
  /// The memory is charged to the calling thread's `MemoryMeter`, if it has one, until the buffer is gone. It lies in
  /// a file if it is too large for the `FileMemory` that serves.
  public init(uninitialized count: Int) {
    precondition(count >= 0)
    self.count = count
    let bytes = Self.bytes(for: count)
    meter = MemoryMeter.current
    meter?.charge(bytes)
    isOwned = true
    if bytes > FileMemory.smallestThreshold, let files = FileMemory.current, bytes > files.threshold,
      let memory = files.take(bytes)
    {
      base = memory.bindMemory(to: Element.self, capacity: count)
      release = { [address = UInt(bitPattern: memory)] in
        if let memory = UnsafeMutableRawPointer(bitPattern: address) { files.giveBack(memory) }
      }
      return
    }
    if bytes >= LargeBlocks.least {
      let block = LargeBlocks.take(bytes)
      base = block.base.bindMemory(to: Element.self, capacity: count)
      release = { [address = UInt(bitPattern: block.base), size = block.bytes] in
        if let base = UnsafeMutableRawPointer(bitPattern: address) {
          LargeBlocks.giveBack(base, bytes: size)
        }
      }
      return
    }
    base = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .bindMemory(to: Element.self, capacity: max(1, count))
    release = nil
  }

  /// Takes fresh memory filled with one value.
  public convenience init(repeating value: Element, count: Int) {
    self.init(uninitialized: count)
    base.initialize(repeating: value, count: count)
  }

  /// Takes over memory that somebody else gave, a mapped file for instance.
  ///
  /// `release` is called when it is no longer used. Such a buffer is never written, and charged to nobody.
  public init(
    adopting base: UnsafeMutablePointer<Element>, count: Int, release: @escaping @Sendable () -> Void
  ) {
    self.base = base
    self.count = count
    self.release = release
    isOwned = false
    meter = nil
  }

  deinit {
    if let release { release() } else { UnsafeMutableRawPointer(base).deallocate() }
    meter?.giveBack(Self.bytes(for: count))
  }

  /// What is taken for so many values.
  private static func bytes(for count: Int) -> Int { max(64, count * MemoryLayout<Element>.stride) }

  /// A buffer of its own with the same values.
  public func copy() -> Buffer {
    let copy = Buffer(uninitialized: count)
    copy.base.update(from: base, count: count)
    return copy
  }
}
