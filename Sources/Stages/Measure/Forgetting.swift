import Artifacts
import StageKit

/// By how much the accuracy on the classes of earlier tasks has fallen at the end of a stream.
///
/// Of each task but the last: its best accuracy after any task before the last, less that after the last; the mean of
/// these. It is negative where later tasks helped, and 0 for a single task.
///
/// - Shapes: `steps` n × tasks, `labels`, `fitRows` n → one number from −1 to 1.
/// - Fits on: nothing; measured where `fitRows` is false, on every row if absent. Tasks without rows to measure on do not
///   count.
/// - Cost: O(n t + t²) for t tasks.
/// - Errors: `lengthMismatch`; `tooFewRows` if no row is held out, or one was not predicted.
/// - Source: Chaudhry, Dokania, Ajanthan, Torr, ECCV 2018.
struct Forgetting: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var steps: StepPredictions
    var labels: Labels
    var fitRows: RowMask?
  }

  static let name = "forgetting"
  static let summary = "By how much the accuracy on earlier tasks has fallen at the end of a stream."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .lower, range: -1...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let found = try StepAccuracy(input.steps, input.labels, input.fitRows)
    let last = found.steps - 1
    let losses = (0..<last).compactMap { step -> Double? in
      guard let final = found.accuracy(of: step, after: last) else { return nil }
      let best = (step..<last).compactMap { found.accuracy(of: step, after: $0) }.max() ?? final
      return best - final
    }
    return MeasureOutput(losses.isEmpty ? 0 : losses.reduce(0, +) / Double(losses.count))
  }
}
