import Artifacts
import StageKit

/// The share of rows that belong to the most frequent class of their cluster.
///
/// It grows with the number of clusters and is 1 if each row is one. Rows that a method leaves out as noise count as
/// wrong.
///
/// - Shapes: `assignment`, `labels` n → one number from 0 to 1.
/// - Fits on: nothing.
/// - Cost: O(n + k c) for k clusters and c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if there is no row.
/// - Source: Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), section 16.3.
struct Purity: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var assignment: Assignment
    var labels: Labels
  }

  static let name = "purity"
  static let summary = "The share of rows that belong to the most frequent class of their cluster."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let table = try Contingency(input.labels, input.assignment)
    var best = [Int](repeating: 0, count: table.second.count - 1)
    for row in table.first.indices {
      for (column, count) in zip(best.indices, table.row(row)) { best[column] = max(best[column], count) }
    }
    return MeasureOutput(Double(best.reduce(0, +)) / Double(table.total))
  }
}
