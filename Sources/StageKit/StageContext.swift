public import Diagnostics
public import LinearAlgebra

/// What a stage is given besides its inputs.
public struct StageContext: Sendable {
  /// The seed of everything random in the stage.
  public let seed: UInt64
  /// How many bytes the stage should stay within, its inputs and outputs not counted; nil if that is not known.
  ///
  /// A wish, not a wall: a stage that has a slower way with less memory takes that way.
  public let memoryBudget: Int?
  private let isCancelled: @Sendable () -> Bool
  private let note: @Sendable (String) -> Void

  /// Makes a context; a cancelled one makes `checkCancelled` throw.
  public init(
    seed: UInt64 = 0, memoryBudget: Int? = nil, isCancelled: @escaping @Sendable () -> Bool = { false },
    note: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.seed = seed
    self.memoryBudget = memoryBudget
    self.isCancelled = isCancelled
    self.note = note
  }

  /// A safe point, reached at least once a second: ends the stage when the run is interrupted.
  public func checkCancelled() throws(StageError) {
    if isCancelled() { throw Self.interruption }
  }

  /// Whether the run is interrupted, for loops that cannot throw.
  public var shouldStop: Bool { isCancelled() }

  /// The same safe point for functions that take one, such as `gram(table, stoppingAt: context.safePoint)`.
  public var safePoint: SafePoint<StageError> {
    SafePoint(throwing: Self.interruption, when: isCancelled)
  }

  /// The error of an interrupted run.
  public static var interruption: StageError { Diagnostic(.cancelled, "the run was interrupted") }

  /// Writes a line into the node's log.
  public func log(_ line: String) { note(line) }
}
