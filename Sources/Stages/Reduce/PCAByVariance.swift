import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Projects rows onto as few directions of largest variance as explain a share of it.
///
/// As `pca` with the least number of components whose variances add up to more than `share` of that of all columns, over
/// the fit rows.
///
/// - Shapes: `features` n × d, `fitRows` n → `embedding` n × k, `spectrum` k with the sum of all d variances, `components`
///   k × d, `mean` 1 × d.
/// - Units: `embedding` and `mean` in the features' u, `spectrum` in u²; `components` have none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: with m fit rows, O(m d² + d³) time and O(d²) memory by the covariance, O(m² d + m³) and O(m²) by the products of
///   the rows where these are fewer; O(n d k) for the result.
/// - Errors: `notFinite`, `tooFewRows`, `lengthMismatch`, `badShape`; `rankDeficient` if all fit rows are equal;
///   `outOfRange`.
/// - Source: Jolliffe, Principal Component Analysis, 2nd ed., Springer 2002, section 6.1.1.
struct PCAByVariance: Stage {
  struct Parameters: StageParameters {
    @Parameter("The share of the variance that the components explain together.", .between(0, 1))
    var share = 0.95
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var embedding: Features
    var spectrum: Spectrum
    var components: Matrix<Float>
    var mean: Matrix<Float>
  }

  static let name = "pca-by-variance"
  static let summary = "Projects onto as few directions of largest variance as explain a share of it."
  static let kind = StageKind.reducer
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]
  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let rows = try input.features.fitIndices(input.fitRows, atLeast: 2)
    try input.features.requireFinite()
    let fit = try fit(input.features, rows: rows, context)
    let count = try count(of: fit, rows: rows.count)
    let kept = fit.axes.vectors.selecting(rows: Array(0..<count)).converted(to: Float.self)
    return Output(
      embedding: try input.features.projected(
        onto: kept, means: fit.means, isNearlyCentered: fit.isNearlyCentered, in: context),
      spectrum: Spectrum(values: Array(fit.axes.variances.prefix(count)), total: fit.totalVariance),
      components: kept, mean: Matrix(row: fit.means))
  }

  /// All axes, by the smaller of the two matrices that have them.
  private func fit(
    _ features: Features, rows: [Int], _ context: StageContext
  ) throws(StageError) -> PrincipalAxes.Fit {
    if rows.count >= features.columns {
      return try PrincipalAxes.byCovariance(of: features, rows: rows, count: features.columns, in: context)
    }
    let (means, variances) = columnMoments(of: features.matrix, rows: rows)
    let total = variances.reduce(0, +) * Double(rows.count) / Double(rows.count - 1)
    let axes = try PrincipalAxes.byGram(
      of: features.matrix, rows: rows, means: means, count: rows.count - 1, in: context)
    return PrincipalAxes.Fit(axes: axes, means: means, totalVariance: total)
  }

  private func count(of fit: PrincipalAxes.Fit, rows: Int) throws(StageError) -> Int {
    let rank = fit.axes.rank(size: max(rows, fit.axes.vectors.columns))
    guard rank > 0 else {
      throw Diagnostic(
        .rankDeficient, "all fit rows are equal, so they have no component",
        fields: ["fit rows": "\(rows)", "columns": "\(fit.axes.vectors.columns)"])
    }
    var explained = 0.0
    for (place, variance) in fit.axes.variances.prefix(rank).enumerated() {
      explained += variance
      if explained > parameters.share * fit.totalVariance { return place + 1 }
    }
    return rank
  }
}
