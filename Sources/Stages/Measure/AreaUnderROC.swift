import Artifacts
import StageKit

/// The chance that an anomaly has a higher score than another row, equal scores counting half.
///
/// Rows of the classes that no fit row has are the anomalies; where there is no such class, those of the last class.
///
/// - Shapes: `scores`, `labels`, `fitRows` n → one number from 0 to 1.
/// - Fits on: nothing; measured where `fitRows` is false, on every row if absent.
/// - Cost: O(n log n).
/// - Errors: `lengthMismatch`, `notFinite`, `tooFewClasses`.
/// - Source: Hanley, McNeil, Radiology 143 (1982) 29–36; scikit-learn's `roc_auc_score`.
struct AreaUnderROC: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var scores: Scores
    var labels: Labels
    var fitRows: RowMask?
  }

  static let name = "auroc"
  static let summary = "The chance that an anomaly has a higher score than another row."
  static let revision = 2
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let held = try HeldOutScores(input.scores, input.labels, input.fitRows)
    var (above, sum) = (0, 0.0)
    for run in held.runs {
      sum += Double(run.others) * (Double(above) + Double(run.anomalies) / 2)
      above += run.anomalies
    }
    return MeasureOutput(sum / Double(held.anomalies) / Double(held.others))
  }
}
