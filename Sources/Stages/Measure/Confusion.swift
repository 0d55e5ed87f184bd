import Artifacts
import StageKit

/// Counts how often each class is predicted for each true class, on held-out rows.
///
/// A matrix is no number for a table, so it is made only where a config names it.
///
/// - Shapes: `predictions`, `labels`, `fitRows` n → `confusion` c × c, true class by predicted class.
/// - Units: rows.
/// - Fits on: nothing; counted where `fitRows` is false, on every row if absent.
/// - Cost: O(n + c²) for c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if no row is held out.
/// - Source: scikit-learn's `confusion_matrix`, with every class of the labels.
struct Confusion: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var predictions: Predictions
    var labels: Labels
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var confusion: ConfusionMatrix
  }

  static let name = "confusion-matrix"
  static let summary = "Counts how often each class is predicted for each true class, on held-out rows."
  static let kind = StageKind.measure
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let held = try HeldOutPredictions(input.predictions, input.labels, input.fitRows)
    return Output(
      confusion: ConfusionMatrix(counts: held.table.counts.map(Int64.init), names: held.names))
  }
}
