import Glibc
import Synchronization

/// What is written to standard error when a signal ends the program at once; a signal handler may write it.
final class Farewell: @unchecked Sendable {
  private static let room = 64
  private let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: Farewell.room)
  private let count = Atomic<Int>(0)

  deinit { bytes.deallocate() }

  /// Keeps a text in place of the one before; one that is too long is not kept.
  func keep(_ text: String) {
    let utf8 = Array(text.utf8)
    count.store(0, ordering: .sequentiallyConsistent)
    guard utf8.count <= Farewell.room else { return }
    for (index, byte) in utf8.enumerated() { bytes[index] = byte }
    count.store(utf8.count, ordering: .sequentiallyConsistent)
  }

  /// Writes what was kept, by default to standard error.
  func write(to descriptor: Int32 = STDERR_FILENO) {
    let count = count.load(ordering: .sequentiallyConsistent)
    if count > 0 { _ = Glibc.write(descriptor, bytes, count) }
  }
}
