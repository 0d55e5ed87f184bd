import Artifacts
import Diagnostics
import LinearAlgebra
import Synchronization

/// The law of safe points.
extension LawChecker {
  /// A run that is interrupted at any of its safe points ends with `cancelled` and gives nothing.
  func checkSafePoints(_ stage: ConfiguredStage, _ inputs: Artifacts) {
    let calm = Interrupter(at: .max)
    guard case .success = run(stage, inputs, calm) else { return }
    let total = calm.asked
    // From the first to the last, some of those between.
    for number in Set((0..<8).map { 1 + $0 * max(0, total - 1) / 7 }).sorted() where total > 0 {
      let interrupter = Interrupter(at: number)
      checkEnd(run(stage, inputs, interrupter), interrupter, "safe point \(number) of \(total)")
    }
    guard total > 0 else { return }
    let pool = WorkerPool(threads: 3)
    let interrupter = Interrupter(at: 1 + total / 2)
    let outcome = pool.run { run(stage, inputs, interrupter) }
    pool.shutdown()
    checkEnd(outcome, interrupter, "a safe point on 3 threads")
  }

  private func checkEnd(_ outcome: Outcome, _ interrupter: Interrupter, _ place: String) {
    switch outcome {
    case .success:
      // Who waits for something asks more often the longer it takes: it may have come to its end unasked.
      if interrupter.hasInterrupted { report("interrupted at \(place) it gives a result") }
    case .failure(let error):
      if error.code != .cancelled {
        report("interrupted at \(place) it ends by another error than `cancelled`: \(error)")
      }
    }
  }

  private func run(_ stage: ConfiguredStage, _ inputs: Artifacts, _ interrupter: Interrupter) -> Outcome {
    do throws(Diagnostic) {
      let context = StageContext(seed: 1, isCancelled: { interrupter.ask() })
      return .success(try stage.run(inputs, in: context))
    } catch {
      return .failure(error)
    }
  }
}

/// Interrupts a run when it asks for the n-th time whether it is.
private final class Interrupter: Sendable {
  private let number: Int
  private let count = Atomic<Int>(0)

  init(at number: Int) { self.number = number }

  /// How often it was asked.
  var asked: Int { count.load(ordering: .relaxed) }

  /// Whether it said yes.
  var hasInterrupted: Bool { asked >= number }

  func ask() -> Bool { count.wrappingAdd(1, ordering: .relaxed).newValue >= number }
}
