import Artifacts
import StageKit

/// The mutual information of clusters and classes as a share of the mean of their entropies.
///
/// NMI = 2 I(U; V) / (H(U) + H(V)); 1 if both are a single part, 0 if only one is, as in scikit-learn. Rows that a
/// method leaves out as noise count as one more cluster.
///
/// - Shapes: `assignment`, `labels` n → one number from 0 to 1.
/// - Fits on: nothing.
/// - Cost: O(n + k c) for k clusters and c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if there is no row.
/// - Source: scikit-learn's `normalized_mutual_info_score` with the arithmetic mean.
struct NormalizedMutualInformation: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var assignment: Assignment
    var labels: Labels
  }

  static let name = "nmi"
  static let summary = "The mutual information of clusters and classes as a share of their mean entropy."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let table = try Contingency(input.labels, input.assignment)
    if table.isIdentical { return MeasureOutput(1) }
    let entropies = Contingency.entropy(table.first) + Contingency.entropy(table.second)
    return MeasureOutput(min(1, 2 * table.mutualInformation / entropies))
  }
}
