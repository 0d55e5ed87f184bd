import Artifacts
import StageKit

/// How many clusters have rows: less than were asked for where some stay empty, and what a method without that
/// parameter finds.
///
/// Rows that a method leaves out as noise are no cluster.
///
/// - Shapes: `assignment` n → one whole number.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n) time, O(k) memory for k clusters.
/// - Errors: `tooFewRows` if there is no row.
struct NumberOfClusters: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports { var assignment: Assignment }

  static let name = "number-of-clusters"
  static let summary = "How many clusters have rows."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .neither)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    MeasureOutput(Double(try input.assignment.sizes().count { $0 > 0 }))
  }
}
