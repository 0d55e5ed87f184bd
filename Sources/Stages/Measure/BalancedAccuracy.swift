import Artifacts
import StageKit

/// The share of rightly predicted held-out rows of each class, averaged over classes.
///
/// Classes without a held-out row do not count, as in scikit-learn.
///
/// - Shapes: `predictions`, `labels`, `fitRows` n → one number from 0 to 1.
/// - Fits on: nothing; measured where `fitRows` is false, on every row if absent.
/// - Cost: O(n + c²) for c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if no row is held out.
/// - Source: scikit-learn's `balanced_accuracy_score`.
struct BalancedAccuracy: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var predictions: Predictions
    var labels: Labels
    var fitRows: RowMask?
  }

  static let name = "balanced-accuracy"
  static let summary = "The share of rightly predicted held-out rows of each class, averaged over classes."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let held = try HeldOutPredictions(input.predictions, input.labels, input.fitRows)
    let present = held.names.indices.filter { held.table.first[$0] > 0 }
    let sum = present.reduce(0.0) { sum, index in
      sum + Double(held.table.counts[index * held.names.count + index]) / Double(held.table.first[index])
    }
    return MeasureOutput(sum / Double(present.count))
  }
}
