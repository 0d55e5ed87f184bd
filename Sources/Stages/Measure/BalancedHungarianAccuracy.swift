import Artifacts
import LinearAlgebra
import StageKit

/// The share of the rows of a class that are in its cluster, averaged over classes, when clusters and classes are matched
/// as for `hungarian-accuracy`.
///
/// The matching is that of the most rows, not that of the largest average. Classes without a row do not count.
///
/// - Shapes: `assignment`, `labels` n → one number from 0 to 1.
/// - Fits on: nothing.
/// - Cost: O(n + m² M), where m and M are the smaller and larger of the numbers of clusters and classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if there is no row.
/// - Source: scikit-learn's `balanced_accuracy_score` after SciPy's `linear_sum_assignment`.
struct BalancedHungarianAccuracy: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var assignment: Assignment
    var labels: Labels
  }

  static let name = "balanced-hungarian-accuracy"
  static let summary = "The share of rows in the cluster matched with their class, averaged over classes."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let table = try Contingency(input.labels, input.assignment)
    let matched = try HungarianAccuracy.matched(table, context)
    let shares = zip(matched, table.first).filter { $0.1 > 0 }.map { Double($0.0) / Double($0.1) }
    return MeasureOutput(shares.reduce(0, +) / Double(shares.count))
  }
}
