import Artifacts
import StageKit

/// The mean, over the tasks of a stream, of the accuracy after a task on all classes that came so far.
///
/// - Shapes: `steps` n × tasks, `labels`, `fitRows` n → one number from 0 to 1.
/// - Fits on: nothing; measured where `fitRows` is false, on every row if absent. Rows of classes that never came do not
///   count, nor does a task after which there is no row to measure on.
/// - Cost: O(n t) for t tasks.
/// - Errors: `lengthMismatch`; `tooFewRows` if no row is held out, or one was not predicted.
/// - Source: Rebuffi, Kolesnikov, Sperl, Lampert, CVPR 2017 (iCaRL): average incremental accuracy.
struct IncrementalAccuracy: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var steps: StepPredictions
    var labels: Labels
    var fitRows: RowMask?
  }

  static let name = "incremental-accuracy"
  static let summary = "The mean over a stream's tasks of the accuracy on all classes so far."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let found = try StepAccuracy(input.steps, input.labels, input.fitRows)
    let values = (0..<found.steps).compactMap { found.accuracy(after: $0) }
    return MeasureOutput(values.reduce(0, +) / Double(values.count))
  }
}
