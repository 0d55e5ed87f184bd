/// Buffers of one size that the tiles of a loop use in turn, so that no tile pays for fresh pages.
public final class Scratch<Element: BitwiseCopyable>: @unchecked Sendable {
  private let count: Int
  private let monitor = Monitor()
  private var free: [Buffer<Element>] = []

  /// Buffers of `count` elements each; none is made before it is needed.
  public init(count: Int) { self.count = count }

  /// Lends a buffer; what it holds is left over from earlier use.
  public func withBuffer<R>(_ body: (UnsafeMutablePointer<Element>) -> R) -> R {
    let buffer = monitor.locked { free.popLast() } ?? Buffer(uninitialized: count)
    defer { monitor.locked { free.append(buffer) } }
    return body(buffer.base)
  }
}
