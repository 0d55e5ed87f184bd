import Artifacts
import LinearAlgebra
import StageKit

/// The share of a kernel method's dual variables that are exactly 0: rows, or entries, that do not take part.
///
/// Counted over the entries of the fit rows, as held-out rows have none.
///
/// - Shapes: `dual` n × k, `fitRows` n → one number from 0 to 1.
/// - Units: none.
/// - Fits on: nothing; it counts over the rows where `fitRows` is true, every row if absent; at least 1.
/// - Cost: O(n k).
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`.
/// - Source: Tonin, Lambert, Patrinos, Suykens, ICML 2023, arXiv:2306.05815.
struct ZeroShare: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var dual: Features
    var fitRows: RowMask?
  }

  static let name = "zero-share"
  static let summary = "The share of a kernel method's dual variables that are exactly 0."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let rows = try input.dual.fitIndices(input.fitRows)
    try input.dual.requireFinite()
    let columns = input.dual.columns
    let zeros = input.dual.matrix.withElements { values in
      rows.reduce(0) { count, row in
        (row * columns..<(row + 1) * columns).reduce(count) { values[$1] == 0 ? $0 + 1 : $0 }
      }
    }
    return MeasureOutput(Double(zeros) / Double(rows.count * columns))
  }
}
