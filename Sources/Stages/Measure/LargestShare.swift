import Artifacts
import Diagnostics
import StageKit

/// The share of all rows that the largest cluster has: near 1, nothing was divided, whatever the other indices say.
///
/// Rows that a method leaves out as noise are in no cluster, but among all rows.
///
/// - Shapes: `assignment` n → one number from 0 to 1.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n) time, O(k) memory for k clusters.
/// - Errors: `tooFewRows` if there is no row.
struct LargestShare: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports { var assignment: Assignment }

  static let name = "largest-share"
  static let summary = "The share of all rows that the largest cluster has."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .neither, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let sizes = try input.assignment.sizes()
    return MeasureOutput(Double(sizes.max() ?? 0) / Double(input.assignment.rows))
  }
}

extension Assignment {
  /// The number of rows of each cluster, those without any among them.
  ///
  /// - Throws: `tooFewRows` if there is no row.
  func sizes() throws(StageError) -> [Int] {
    guard rows > 0 else {
      throw Diagnostic(.tooFewRows, "there are no rows to measure on")
    }
    var sizes = [Int](repeating: 0, count: count)
    for cluster in clusters where cluster >= 0 { sizes[Int(cluster)] += 1 }
    return sizes
  }
}
