import Artifacts
import LinearAlgebra
import StageKit

/// Shifts and scales each column to mean 0 and standard deviation 1 over the fit rows.
///
/// With mean μ and population standard deviation σ (divided by the number of fit rows), a value x becomes (x
/// − μ) / σ. A column that holds one value in every fit row is only centred: its σ counts as 1, so its fit
/// rows become 0.
///
/// - Shapes: `features` n × d, `fitRows` n → `features` n × d, `mean` 1 × d, `scale` 1 × d (the divisors).
/// - Units: `features` in u; the output has none; `mean` and `scale` in u.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 1.
/// - Cost: O(n d) time, O(d) memory besides the output.
/// - Errors: `notFinite`, `tooFewRows`, `lengthMismatch`, `badShape`; `outOfRange` if a result exceeds
///   Float32.
struct Standardize: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var features: Features
    var mean: Matrix<Float>
    var scale: Matrix<Float>
  }

  static let name = "standardize"
  static let summary = "Scales each column to mean 0 and standard deviation 1 over the fit rows."
  static let kind = StageKind.normalizer
  static let revision = 2
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]
  let parameters: NoParameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let matrix = input.features.matrix
    let rows = try input.features.fitIndices(input.fitRows)
    try input.features.requireFinite()
    var (means, variances) = columnMoments(of: matrix, rows: rows)
    var scales = variances.map { $0.squareRoot() }
    // Rounding gives a constant column a tiny deviation: what is that small is compared value by value.
    for column in 0..<matrix.columns where scales[column] <= 1e-9 * abs(means[column]) {
      guard rows.allSatisfy({ matrix[$0, column] == matrix[rows[0], column] }) else { continue }
      means[column] = Double(matrix[rows[0], column])
      scales[column] = 1
    }
    return Output(
      features: try scaled(matrix, means: means, factors: scales.map { 1 / $0 }).finiteFeatures(),
      mean: Matrix(row: means), scale: Matrix(row: scales))
  }
}
