import Artifacts
import StageKit

/// The share of held-out rows whose class is predicted rightly.
///
/// - Shapes: `predictions`, `labels`, `fitRows` n → one number from 0 to 1.
/// - Fits on: nothing; measured where `fitRows` is false, on every row if absent.
/// - Cost: O(n + c²) for c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if no row is held out.
/// - Source: scikit-learn's `accuracy_score`.
struct Accuracy: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var predictions: Predictions
    var labels: Labels
    var fitRows: RowMask?
  }

  static let name = "accuracy"
  static let summary = "The share of held-out rows whose class is predicted rightly."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let held = try HeldOutPredictions(input.predictions, input.labels, input.fitRows)
    return MeasureOutput(Double(held.correct) / Double(held.table.total))
  }
}
