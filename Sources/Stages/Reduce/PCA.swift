import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Projects rows onto the directions along which the fit rows vary most.
///
/// With mean μ of the fit rows and the unit eigenvectors v₁, v₂, … of their covariance (divided by their
/// number less 1), largest eigenvalue first, a row x becomes ((x − μ)·v₁, (x − μ)·v₂, …), each divided by the
/// root of its eigenvalue if `whitened`. Of each vᵢ the loading of largest magnitude is positive. The result
/// for fewer components is the beginning of that for more, to the precision of the solver.
///
/// - Shapes: `features` n × d, `fitRows` n → `embedding` n × k, `spectrum` k with the sum of all d variances,
///   `components` k × d, `mean` 1 × d.
/// - Units: `embedding` and `mean` in the features' u (none if `whitened`), `spectrum` in u²; `components`
///   have none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: with m fit rows, O(m d² + d³) time and O(d²) memory by the covariance, O(m² d + m³) and O(m²) by
///   the Gram matrix, O(m d k) by random projection; O(n d k) for the result.
/// - Errors: `notFinite`, `tooFewRows`, `lengthMismatch`, `badShape`; `tooManyComponents` for more than the
///   columns, the fit rows less 1 or the numerical rank; `rankDeficient` if all fit rows are equal;
///   `outOfRange` where the solver's matrix would have an order above 30,000 and for results beyond Float32.
/// - Source: Jolliffe, Principal Component Analysis, 2nd ed., Springer 2002; random projection: Halko,
///   Martinsson, Tropp, SIAM Review 53 (2011) 217–288.
struct PCA: NestedStage {
  /// How the eigenvectors are found.
  enum Solver: String, PlainChoice {
    /// By the smaller of the two exact ones.
    case auto
    /// Exactly, by the d × d covariance.
    case covariance
    /// Exactly, by the products of all pairs of fit rows.
    case gram
    /// Approximately, by random projection: for very wide and long tables and few components.
    case randomized
  }
  struct Parameters: StageParameters {
    @Parameter("Number of components.", .atLeast(1))
    var components = 2
    @Parameter("How the components are found; auto is always exact, randomized depends on the seed.")
    var solver = Solver.auto
    @Parameter("Whether each component is scaled to variance 1 on the fit rows.")
    var whitened = false
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

  static let name = "pca"
  static let summary = "Projects onto the directions of largest variance."
  static let kind = StageKind.reducer
  static let revision = 2
  static let nestedParameter = "components"
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]
  let parameters: Parameters
  var isRandom: Bool { parameters.solver == .randomized }

  func slice(_ fitted: Output) throws(StageError) -> Output {
    let count = parameters.components
    return Output(
      embedding: Features(fitted.embedding.matrix.prefix(columns: count)),
      spectrum: fitted.spectrum.prefix(count),
      components: fitted.components.selecting(rows: Array(0..<count)),
      mean: fitted.mean)
  }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let matrix = input.features.matrix
    let rows = try input.features.fitIndices(input.fitRows, atLeast: 2)
    try PrincipalAxes.requireFew(parameters.components, rows: rows.count, columns: matrix.columns)
    let fit = try fit(input.features, rows: rows, context)
    let (axes, means) = (fit.axes, fit.means)
    try axes.requireRank(parameters.components, rows: rows.count)
    var directions = axes.vectors
    if parameters.whitened { directions.scaleRows(by: axes.variances.map { 1 / $0.squareRoot() }) }
    return Output(
      embedding: try input.features.projected(
        onto: directions.converted(to: Float.self), means: means, isNearlyCentered: fit.isNearlyCentered,
        in: context),
      spectrum: Spectrum(values: axes.variances, total: fit.totalVariance),
      components: axes.vectors.converted(to: Float.self), mean: Matrix(row: means))
  }

  private func fit(
    _ features: Features, rows: [Int], _ context: StageContext
  ) throws(StageError) -> PrincipalAxes.Fit {
    let (count, matrix) = (parameters.components, features.matrix)
    switch parameters.solver {
    case .auto: return try PrincipalAxes.exactly(of: features, rows: rows, count: count, in: context)
    case .covariance:
      return try PrincipalAxes.byCovariance(of: features, rows: rows, count: count, in: context)
    case .gram:
      return try PrincipalAxes.fit(to: features, rows: rows) { means throws(StageError) in
        try .byGram(of: matrix, rows: rows, means: means, count: count, in: context)
      }
    case .randomized:
      return try PrincipalAxes.fit(to: features, rows: rows) { means throws(StageError) in
        try .byProjection(of: matrix, rows: rows, means: means, count: count, in: context)
      }
    }
  }
}
