import Artifacts
import StageKit

/// The F1 score of each class on held-out rows, averaged over classes.
///
/// F1 = 2 TP / (2 TP + FP + FN). Classes that are neither true nor predicted on a held-out row do not count; one that
/// is only predicted, or never predicted, has the score 0; both as in scikit-learn.
///
/// - Shapes: `predictions`, `labels`, `fitRows` n → one number from 0 to 1.
/// - Fits on: nothing; measured where `fitRows` is false, on every row if absent.
/// - Cost: O(n + c²) for c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if no row is held out.
/// - Source: scikit-learn's `f1_score` with `average="macro"`.
struct MacroF1: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var predictions: Predictions
    var labels: Labels
    var fitRows: RowMask?
  }

  static let name = "macro-f1"
  static let summary = "The F1 score of each class on held-out rows, averaged over classes."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let held = try HeldOutPredictions(input.predictions, input.labels, input.fitRows)
    var sum = 0.0
    var present = 0
    for index in held.names.indices {
      // True and predicted rows together are 2 TP + FP + FN.
      let rows = held.table.first[index] + held.table.second[index]
      guard rows > 0 else { continue }
      sum += 2 * Double(held.table.counts[index * held.names.count + index]) / Double(rows)
      present += 1
    }
    return MeasureOutput(sum / Double(present))
  }
}
