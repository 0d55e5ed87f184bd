internal import Artifacts
public import Diagnostics

/// The limit of a store while it is open.
final class Limit: Sendable {
  private struct State {
    var bytes: Int?
    /// The size at which it is worth trying again.
    var nextAt = 0
  }

  private let monitor = Monitor()
  nonisolated(unsafe) private var state = State()

  /// Sets the limit.
  func set(_ bytes: Int) { monitor.locked { state = State(bytes: bytes) } }

  /// Whether there is one.
  var isSet: Bool { monitor.locked { state.bytes != nil } }

  /// The limit, if a size exceeds it by so much that something is to be done while a run goes on.
  func exceeded(by size: Int) -> Int? {
    monitor.locked {
      guard let bytes = state.bytes, size > max(bytes + bytes / 16, state.nextAt) else { return nil }
      return bytes
    }
  }

  /// Waits with the next attempt until the store has grown again.
  func tried(leaving size: Int) { monitor.locked { state.nextAt = size + (state.bytes ?? 0) / 16 } }
}

extension Store {
  /// Keeps the store below so many bytes from now on: looks at once, and as long as the store is open whenever
  /// results have come to the disk that put it above by much.
  ///
  /// What is given up is chosen as by ``collect(limit:)``, so that a tenth of the limit is free afterwards; what
  /// anybody uses stays. A store that is below costs one look at a small file.
  ///
  /// - Returns: what was done; nil if nothing had to be.
  /// - Throws: `noSpace` or `storeUnusable`; the store is whole then.
  @discardableResult
  public func keepBelow(_ limit: Int) throws(Diagnostic) -> CollectReport? {
    guard !isReadOnly else { return nil }
    keeper.limit.set(limit)
    do throws(FileError) {
      try committer.flush()
      guard try keeper.size() > limit else { return nil }
      return try keeper.shrink(to: limit)
    } catch { throw error.diagnostic }
  }
}
