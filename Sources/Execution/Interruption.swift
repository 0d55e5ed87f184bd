import Synchronization

/// Whether a run was asked to end early; set by a signal, read by every stage at its safe points.
public final class Interruption: Sendable {
  private let requested = Atomic<Bool>(false)

  /// Nothing was asked for yet.
  public init() {}

  /// Asks the run to end at the next safe point; may be called in a signal handler.
  public func request() { requested.store(true, ordering: .relaxed) }

  /// Whether the run was asked to end.
  public var isRequested: Bool { requested.load(ordering: .relaxed) }
}
