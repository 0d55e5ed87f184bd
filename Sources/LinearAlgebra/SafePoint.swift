#if canImport(Glibc)
  internal import Glibc
#endif
internal import Synchronization

/// Where long work may end early: a question that it asks between pieces of a tenth of a second at most.
///
/// Functions that take one ask it and end with its error as soon as the answer is yes; without one they run to their
/// end and throw nothing.
///
///     let products = try gram(table, stoppingAt: safePoint)
public struct SafePoint<Failure: Error>: Sendable {
  private let question: (@Sendable () -> Bool)?
  private let failure: @Sendable () -> Failure

  /// A safe point that ends work with an error.
  ///
  /// - Parameters:
  ///   - failure: the error.
  ///   - shouldStop: whether to end; asked on any thread, often, and yes for ever once it is yes.
  public init(
    throwing failure: @escaping @autoclosure @Sendable () -> Failure,
    when shouldStop: @escaping @Sendable () -> Bool
  ) {
    (question, self.failure) = (shouldStop, failure)
  }

  private init() { (question, failure) = (nil, { fatalError("work ends early though nothing asks for it") }) }

  /// No safe point: the work runs to its end.
  public static var none: SafePoint { SafePoint() }

  /// Whether the work should end, for loops that cannot throw: what they leave must not be used.
  public var shouldStop: Bool { question?() ?? false }

  /// Ends the work if it should end.
  public func check() throws(Failure) { if shouldStop { throw failure() } }

  /// The same question with another error.
  public func throwing<Other: Error>(_ other: Other) -> SafePoint<Other> {
    question.map { SafePoint<Other>(throwing: other, when: $0) } ?? .none
  }

  /// Whether it ever stops.
  fileprivate var canStop: Bool { question != nil }
}

/// As `parallelFor`, but asks a safe point before each index.
///
/// When it ends early, some indices were left out: what the loop writes is worthless then.
public func parallelFor<Failure>(
  _ count: Int, stoppingAt safePoint: SafePoint<Failure>, _ body: (Int) -> Void
) throws(Failure) {
  parallelFor(count) { index in if !safePoint.shouldStop { body(index) } }
  try safePoint.check()
}

/// As `parallelTiles`, but asks a safe point before each tile.
func parallelTiles<Failure>(
  _ tiling: Tiling, stoppingAt safePoint: SafePoint<Failure>, _ body: (Range<Int>) -> Void
) throws(Failure) {
  try parallelFor(tiling.count, stoppingAt: safePoint) { body(tiling[$0]) }
}

/// Runs a call that nothing can interrupt, one of LAPACK, so that its caller still ends at a safe point.
///
/// A long one runs on a thread of its own. When its caller ends early it is left to itself: it goes on until it is
/// done or the program ends, and what it gives is thrown away.
/// - Parameters:
///   - operations: about how many the call takes; a call of a few tens of milliseconds is simply waited for.
///   - body: touches nothing that anybody else writes.
func runApart<Result: Sendable, Failure>(
  operations: Double, stoppingAt safePoint: SafePoint<Failure>, _ body: @escaping @Sendable () -> Result
) throws(Failure) -> Result {
  try safePoint.check()
  guard safePoint.canStop, operations > 1e9, let call = ApartCall(body) else { return body() }
  while true {
    if let result = call.result(within: 0.05) { return result }
    if safePoint.shouldStop {
      call.abandon()
      try safePoint.check()
    }
  }
}

/// A call on a thread of its own.
private final class ApartCall<Result: Sendable>: @unchecked Sendable {
  private let monitor = Monitor()
  // Guarded by the monitor.
  private var result: Result?
  private var isAbandoned = false

  /// Starts the call; nil if the system refuses a thread.
  init?(_ body: @escaping @Sendable () -> Result) {
    let meter = MemoryMeter.current
    let thread = startThread { [self] in finish(MemoryMeter.with(meter, body)) }
    guard let thread else { return nil }
    pthread_detach(thread)
  }

  private func finish(_ result: Result) {
    monitor.locked {
      if isAbandoned { AbandonedCalls.remove() } else { self.result = result }
      monitor.announceChange()
    }
  }

  /// What the call gave, if it is done within some seconds.
  func result(within seconds: Double) -> Result? {
    monitor.locked {
      if result == nil { monitor.waitForChange(within: seconds) }
      return result
    }
  }

  func abandon() {
    monitor.locked {
      if result != nil { return }
      isAbandoned = true
      AbandonedCalls.add()
    }
  }
}

/// Calls that go on though nobody waits for them.
private enum AbandonedCalls {
  private static let count = Atomic<Int>(0)
  /// At the end of the program libraries free what such a call still works on: it must end without that.
  private static let endsAtOnce: Void = {
    on_exit(
      { status, _ in
        if AbandonedCalls.count.load(ordering: .relaxed) > 0 {
          fflush(nil)
          _exit(status)
        }
      }, nil)
  }()

  static func add() {
    _ = endsAtOnce
    count.add(1, ordering: .relaxed)
  }

  static func remove() { count.subtract(1, ordering: .relaxed) }
}
