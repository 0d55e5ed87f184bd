import Artifacts
import Diagnostics
import StageKit

/// How even the classes are among the rows of a sample: the rows of the rarest class ÷ those of the most frequent.
///
/// 1 ÷ this is the imbalance ratio. Every class counts that has a row at all; one without a row in the sample makes it 0.
///
/// - Shapes: `labels`, `sample` n → one number from 0 to 1.
/// - Fits on: nothing; measured on the rows of the sample, on every row if there is none.
/// - Cost: O(n + c) for c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if there is no row.
/// - Source: the imbalance ratio of imbalanced learning, turned round.
struct ClassBalance: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var labels: Labels
    var sample: RowMask?
  }

  static let name = "class-balance"
  static let summary = "The rows of the rarest class in a sample, as a share of those of the most frequent."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let labels = input.labels
    if let sample = input.sample {
      try requireEqualRows(sample.rows, of: "sample", toBe: labels.rows, as: "labels")
    }
    var counts = labels.rowCounts.map { $0 > 0 ? 0 : -1 }
    for (row, index) in labels.indices.enumerated() where input.sample?.isFit[row] ?? true {
      counts[Int(index)] += 1
    }
    counts.removeAll { $0 < 0 }
    guard let least = counts.min(), let most = counts.max(), most > 0 else {
      throw Diagnostic(.tooFewRows, "there are no rows to measure on")
    }
    return MeasureOutput(Double(least) / Double(most))
  }
}
