import Artifacts
import StageKit

/// The mutual information of clusters and classes, adjusted so that random clusters have 0 and perfect ones 1.
///
/// AMI = (I − E[I]) / ((H(U) + H(V)) / 2 − E[I]), where E[I] is the exact expectation over random divisions with
/// parts of the same sizes. 1 if both divide the rows in the same way, 0 if only one of them is a single part. Rows
/// that a method leaves out as noise count as one more cluster, as in scikit-learn.
///
/// - Shapes: `assignment`, `labels` n → one number, at most 1.
/// - Fits on: nothing.
/// - Cost: O(n + k c √n) for k clusters and c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if there is no row.
/// - Source: Vinh, Epps, Bailey, JMLR 11 (2010) 2837–2854; scikit-learn's `adjusted_mutual_info_score`.
struct AdjustedMutualInformation: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var assignment: Assignment
    var labels: Labels
  }

  static let name = "ami"
  static let summary = "The mutual information of clusters and classes, adjusted for chance."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let table = try Contingency(input.labels, input.assignment)
    if table.isIdentical { return MeasureOutput(1) }
    let parts = table.partCounts
    guard parts.first > 1, parts.second > 1 else { return MeasureOutput(0) }
    let expected = table.expectedMutualInformation
    let mean = (Contingency.entropy(table.first) + Contingency.entropy(table.second)) / 2
    // The expectation reaches the mean only if both divide the rows in the same way.
    return MeasureOutput((table.mutualInformation - expected) / max(mean - expected, .ulpOfOne))
  }
}
