import Artifacts
import StageKit

/// The share of pairs of rows on which clusters and classes agree, adjusted so that random clusters have 0.
///
/// With pairs together in both (TP), in clusters only (FP), in classes only (FN) and in neither (TN),
/// ARI = 2 (TP TN − FN FP) / ((TP + FN)(FN + TN) + (TP + FP)(FP + TN)); 1 if both divide the rows in the same way.
/// Rows that a method leaves out as noise count as one more cluster, as in scikit-learn.
///
/// - Shapes: `assignment`, `labels` n → one number from −0.5 to 1.
/// - Fits on: nothing.
/// - Cost: O(n + k c) for k clusters and c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if there is no row.
/// - Source: Hubert, Arabie, J. Classif. 2 (1985) 193–218; scikit-learn's `adjusted_rand_score`.
struct AdjustedRandIndex: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var assignment: Assignment
    var labels: Labels
  }

  static let name = "ari"
  static let summary = "The share of pairs of rows on which clusters and classes agree, adjusted for chance."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: -0.5...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let table = try Contingency(input.labels, input.assignment)
    if table.isIdentical { return MeasureOutput(1) }
    func pairs(_ counts: [Int]) -> Double { Double(counts.reduce(0) { $0 + $1 * ($1 - 1) / 2 }) }
    let both = pairs(table.counts)
    let classesOnly = pairs(table.first) - both
    let clustersOnly = pairs(table.second) - both
    let neither = pairs([table.total]) - both - classesOnly - clustersOnly
    let expected =
      (both + classesOnly) * (classesOnly + neither) + (both + clustersOnly) * (clustersOnly + neither)
    return MeasureOutput(2 * (both * neither - classesOnly * clustersOnly) / expected)
  }
}
