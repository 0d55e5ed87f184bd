import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Rescales features so that the fit rows have zero mean and identity covariance.
///
/// With mean μ and covariance U Λ Uᵀ of the fit rows (divided by their number less 1), a row x becomes (x −
/// μ) U (Λ + r λ₁ I)^(−1/2), times Uᵀ for ``Rotation/zca``. If all fit rows are equal, rows are only centred.
///
/// - Shapes: `features` n × d, `fitRows` n → `features` n × d, `scale` 1 × d (the diagonal of (Λ + r λ₁
///   I)^(−1/2), ascending), `components` d × d (the rows of Uᵀ), `mean` 1 × d.
/// - Units: `features` and `mean` in u; the output has none; `scale` in 1/u.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: O(n d² + d³) time, O(d²) memory besides the output.
/// - Errors: `notFinite`, `tooFewRows`, `lengthMismatch`, `badShape`; `rankDeficient` (only if `ridge` is 0);
///   `outOfRange` for more than 30,000 columns or a result beyond Float32.
/// - Source: Kessy, Lewin, Strimmer, Am. Stat. 72 (2018) 309–314.
struct Whiten: Stage {
  /// What follows the scaling along the principal axes.
  enum Rotation: String, PlainChoice {
    /// Back to the original axes: of all whitenings this changes the features least.
    case zca
    /// Nothing: the columns are the principal axes, that of largest variance first.
    case pca
  }
  struct Parameters: StageParameters {
    @Parameter("Ridge as a fraction of the largest eigenvalue; 0 refuses singular data.", .range(0...1))
    var ridge = 1e-6
    @Parameter("Whether the result is turned back to the original axes (zca) or not (pca).")
    var rotation = Rotation.zca
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var features: Features
    var scale: Matrix<Float>
    var components: Matrix<Float>
    var mean: Matrix<Float>
  }

  static let name = "whiten"
  static let summary = "Turns and scales features so that the fit rows have identity covariance."
  static let kind = StageKind.normalizer
  static let revision = 2
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]
  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let matrix = input.features.matrix
    let rows = try input.features.fitIndices(input.fitRows, atLeast: 2)
    let fit = try PrincipalAxes.byCovariance(
      of: input.features, rows: rows, count: matrix.columns, ridge: parameters.ridge, in: context)
    let (axes, means) = (fit.axes, fit.means)
    if parameters.ridge == 0 { try requireFullRank(axes, rows: rows.count) }
    let scale = scales(axes.variances)
    let directions = try directions(axes.vectors, scale: scale, context)
    return Output(
      features: try input.features.projected(
        onto: directions.converted(to: Float.self), means: means, isNearlyCentered: fit.isNearlyCentered,
        in: context),
      scale: Matrix(row: scale), components: axes.vectors.converted(to: Float.self),
      mean: Matrix(row: means))
  }

  private func scales(_ variances: [Double]) -> [Double] {
    let largest = variances.first ?? 0
    guard largest > 0 else { return variances.map { _ in 1 } }
    return variances.map { 1 / ($0 + parameters.ridge * largest).squareRoot() }
  }

  /// What each row is multiplied with: the rows of (Λ + r λ₁ I)^(−1/2) Uᵀ, for ZCA turned back by U.
  private func directions(
    _ vectors: Matrix<Double>, scale: [Double], _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    var scaled = vectors
    scaled.scaleRows(by: scale)
    switch parameters.rotation {
    case .pca: return scaled
    case .zca: return try product(transposed: vectors, scaled, stoppingAt: context.safePoint)
    }
  }

  private func requireFullRank(_ axes: PrincipalAxes, rows: Int) throws(StageError) {
    let columns = axes.variances.count
    let rank = min(axes.rank(size: max(rows, columns)), rows - 1)
    guard rank < columns else { return }
    throw Diagnostic(
      .rankDeficient, "the covariance of the fit rows is singular",
      fields: ["rank": "\(rank)", "columns": "\(columns)", "fit rows": "\(rows)"],
      hint: "set `ridge` above 0, such as 1e-6, or reduce with `pca` first")
  }
}
