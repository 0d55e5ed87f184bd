import Artifacts
import LinearAlgebra
import StageKit

/// Subtracts from each column its mean over the fit rows.
///
/// A row x becomes x − μ.
///
/// - Shapes: `features` n × d, `fitRows` n → `features` n × d, `mean` 1 × d.
/// - Units: those of the features.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 1.
/// - Cost: O(n d) time, O(d) memory besides the output.
/// - Errors: `notFinite`, `tooFewRows`, `lengthMismatch`, `badShape`; `outOfRange` if a result exceeds
///   Float32.
struct Center: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var features: Features
    var mean: Matrix<Float>
  }

  static let name = "center"
  static let summary = "Subtracts the mean of the fit rows."
  static let kind = StageKind.normalizer
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]
  let parameters: NoParameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let matrix = input.features.matrix
    let rows = try input.features.fitIndices(input.fitRows)
    try input.features.requireFinite()
    let means = columnMeans(of: matrix, rows: rows)
    return Output(features: try centered(matrix, means: means).finiteFeatures(), mean: Matrix(row: means))
  }
}
