import Artifacts
import StageKit

/// The mean precision over the anomalies, each where the list of rows by score reaches it.
///
/// Σ (recallᵢ − recallᵢ₋₁) · precisionᵢ over the different scores, from the highest. Rows of the
/// classes that no fit row has are the anomalies; where there is no such class, those of the last class.
///
/// - Shapes: `scores`, `labels`, `fitRows` n → one number from 0 to 1.
/// - Fits on: nothing; measured where `fitRows` is false, on every row if absent.
/// - Cost: O(n log n).
/// - Errors: `lengthMismatch`, `notFinite`, `tooFewClasses`.
/// - Source: scikit-learn's `average_precision_score`.
struct AveragePrecision: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var scores: Scores
    var labels: Labels
    var fitRows: RowMask?
  }

  static let name = "average-precision"
  static let summary =
    "The mean precision over the anomalies, each where the list of rows by score reaches it."
  static let revision = 2
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let held = try HeldOutScores(input.scores, input.labels, input.fitRows)
    var (found, seen, sum) = (0, 0, 0.0)
    for run in held.runs {
      found += run.anomalies
      seen += run.anomalies + run.others
      sum += Double(run.anomalies) * Double(found) / Double(seen)
    }
    return MeasureOutput(sum / Double(held.anomalies))
  }
}
