import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// How large clusters are, compared with how far they lie from the one that they are most easily confused with.
///
/// With Sᵢ the mean Euclidean distance of the rows of cluster i to their mean and Mᵢⱼ the distance of two means it is the
/// mean over all i of the largest (Sᵢ + Sⱼ) ÷ Mᵢⱼ. Rows that a method leaves out as noise count as one more cluster, as in
/// scikit-learn. It is that of the features that are measured in.
///
/// - Shapes: `features` n × d, `assignment` n → one number from 0 on.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n d + k² d) time, O((n ÷ 1024 + k) d) memory.
/// - Errors: `notFinite`, `lengthMismatch`, `badShape`; `tooFewRows` if there are not more rows than clusters;
///   `tooFewClasses` if all rows are in one cluster; `outOfRange` if two clusters have the same mean, where scikit-learn
///   leaves the pair out and so calls the worst case a good one.
/// - Source: Davies, Bouldin, IEEE Trans. Pattern Anal. Mach. Intell. 1 (1979) 224–227; scikit-learn's
///   `davies_bouldin_score`.
struct DaviesBouldin: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var features: Features
    var assignment: Assignment
  }

  static let name = "davies-bouldin"
  static let summary = "How large clusters are, compared with how far they lie from the next one."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .lower)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let groups = try ClusterGroups(comparing: input.features, input.assignment)
    let clusters = try ClusterCentres(input.features, groups, context)
    let worst = Buffer<Double>(uninitialized: groups.count)
    try parallelFor(groups.count, stoppingAt: context.safePoint) { one in
      worst.base[one] = (0..<groups.count).reduce(0.0) { most, other in
        if one == other { return most }
        let apart = clusters.squaredDistance(one, other).squareRoot()
        // Infinite, also for two clusters of the same row.
        let ratio = apart > 0 ? (clusters.radii[one] + clusters.radii[other]) / apart : .infinity
        return max(most, ratio)
      }
    }
    let sum = (0..<groups.count).reduce(0.0) { $0 + worst.base[$1] }
    guard sum.isFinite else {
      throw Diagnostic(
        .outOfRange, "two clusters have the same mean, so the index is beyond all numbers",
        fields: ["rows": "\(input.features.rows)", "clusters": "\(groups.count)"],
        hint: "ask for fewer clusters")
    }
    return MeasureOutput(sum / Double(groups.count))
  }
}
