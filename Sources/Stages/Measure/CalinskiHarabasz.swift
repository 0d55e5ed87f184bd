import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// How far the clusters' means lie apart, compared with how far rows lie from the mean of theirs.
///
/// With W = Σ ‖row − mean of its cluster‖² and B = Σ size · ‖mean of cluster − mean of all‖² it is
/// (B ÷ (k − 1)) ÷ (W ÷ (n − k)) for k clusters that have rows. Rows that a method leaves out as noise count as one more
/// cluster, as in scikit-learn. It is that of the features that are measured in, and not comparable across spaces.
///
/// - Shapes: `features` n × d, `assignment` n → one number from 0 on.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n d) time, O((n ÷ 1024 + k) d) memory.
/// - Errors: `notFinite`, `lengthMismatch`, `badShape`; `tooFewRows` if there are not more rows than clusters;
///   `tooFewClasses` if all rows are in one cluster; `outOfRange` if the rows of every cluster are equal.
/// - Source: Caliński, Harabasz, Commun. Stat. 3 (1974) 1–27; scikit-learn's `calinski_harabasz_score`.
struct CalinskiHarabasz: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var features: Features
    var assignment: Assignment
  }

  static let name = "calinski-harabasz"
  static let summary = "How far the clusters' means lie apart, compared with how far rows lie from theirs."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .higher)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let groups = try ClusterGroups(comparing: input.features, input.assignment)
    let clusters = try ClusterCentres(input.features, groups, context)
    let within = clusters.squares.reduce(0, +)
    guard within > 0 else {
      throw Diagnostic(
        .outOfRange, "the rows of each cluster are equal, so the index is beyond all numbers",
        fields: ["rows": "\(input.features.rows)", "clusters": "\(groups.count)"],
        hint: "ask for fewer clusters")
    }
    let (count, rows) = (Double(groups.count), Double(input.features.rows))
    return MeasureOutput(between(clusters, rows: rows) * (rows - count) / (within * (count - 1)))
  }

  /// Σ size · ‖mean of cluster − mean of all‖².
  private func between(_ clusters: ClusterCentres, rows: Double) -> Double {
    var sum = 0.0
    for column in 0..<clusters.centres.columns {
      let means = clusters.sizes.indices.map { clusters.centres[$0, column] }
      let middle = zip(means, clusters.sizes).reduce(0.0) { $0 + $1.0 * $1.1 / rows }
      for (mean, size) in zip(means, clusters.sizes) { sum += size * (mean - middle) * (mean - middle) }
    }
    return sum
  }
}
