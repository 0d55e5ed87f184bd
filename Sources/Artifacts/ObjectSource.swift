internal import Synchronization

/// Bytes of an object that can be read at any place, from memory or from a file.
public struct ObjectSource: Sendable {
  /// How many bytes there are.
  public let count: Int
  /// Fills the memory with the bytes from an offset on; false if they cannot be read.
  ///
  /// Called from several threads.
  let read: @Sendable (_ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Bool

  /// A source of `count` bytes that `read` delivers.
  public init(
    count: Int, read: @escaping @Sendable (_ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Bool
  ) {
    self.count = count
    self.read = read
  }

  /// The bytes of an array.
  public init(_ bytes: [UInt8]) {
    self.init(count: bytes.count) { offset, target in
      bytes.withUnsafeBytes { source in
        guard offset >= 0, target.count <= source.count - offset else { return false }
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + target.count]))
        return true
      }
    }
  }
}

/// Where the bytes of an object go, in any order.
public struct ObjectSink: Sendable {
  /// Takes the bytes that stand at an offset; false if that failed.
  ///
  /// Called from several threads, each time for another place.
  let write: @Sendable (_ offset: Int, _ bytes: UnsafeRawBufferPointer) -> Bool

  /// A sink that hands everything to `write`.
  public init(write: @escaping @Sendable (_ offset: Int, _ bytes: UnsafeRawBufferPointer) -> Bool) {
    self.write = write
  }
}

/// An object in memory.
final class ObjectMemory: Sendable {
  private let content = Mutex<[UInt8]>([])

  var bytes: [UInt8] { content.withLock { $0 } }

  var sink: ObjectSink {
    ObjectSink { offset, bytes in
      nonisolated(unsafe) let source = bytes
      self.content.withLock { content in
        let end = offset + source.count
        if content.count < end { content += [UInt8](repeating: 0, count: end - content.count) }
        content.withUnsafeMutableBytes { target in
          UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: source)
        }
      }
      return true
    }
  }
}
