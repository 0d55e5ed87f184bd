import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Projects rows onto the leading right singular vectors of the fit rows as they are, without subtracting a mean.
///
/// With the singular value decomposition U Σ Vᵀ of the fit rows, a row x becomes (x·v₁, x·v₂, …): the fit rows become
/// the first columns of U Σ. Of each vᵢ the loading of largest magnitude is positive. The result for fewer components
/// is the beginning of that for more, to the precision of the solver. Of centred rows it is that of `pca`; of others the
/// first component is mostly their mean, and need not be the one of largest variance.
///
/// - Shapes: `features` n × d, `fitRows` n → `embedding` n × k, `spectrum` k (the variance of each component, and the sum
///   of those of all d columns, about the mean and divided by the number of fit rows less 1), `values` 1 × k (the
///   singular values), `components` k × d.
/// - Units: `embedding` and `values` in the features' u, `spectrum` in u²; `components` have none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: with m fit rows, O(m d² + d³) time and O(d²) memory by the products of columns, O(m² d + m³) and O(m²) by
///   those of rows, O(m d k) by random projection; O(n d k) for the result.
/// - Errors: `notFinite`, `tooFewRows`, `lengthMismatch`, `badShape`; `tooManyComponents` for more than the columns,
///   the fit rows or the numerical rank; `rankDeficient` if all fit rows are zero; `outOfRange` where the solver's
///   matrix would have an order above 30,000 and for results beyond Float32.
/// - Source: Halko, Martinsson, Tropp, SIAM Review 53 (2011) 217–288; scikit-learn's `TruncatedSVD`.
struct TruncatedSVD: NestedStage {
  /// How the singular vectors are found.
  enum Solver: String, PlainChoice {
    /// By the smaller of the two exact ones.
    case auto
    /// Exactly, by the d × d products of the columns.
    case columns
    /// Exactly, by the products of all pairs of fit rows.
    case gram
    /// Approximately, by random projection: for very wide and long tables and few components.
    case randomized
  }
  struct Parameters: StageParameters {
    @Parameter("Number of components.", .atLeast(1)) var components = 2
    @Parameter("How the components are found; auto is always exact, randomized depends on the seed.")
    var solver = Solver.auto
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var embedding: Features
    var spectrum: Spectrum
    var values: Matrix<Float>
    var components: Matrix<Float>
  }

  static let name = "truncated-svd"
  static let summary = "Projects onto the leading singular vectors of the rows as they are, not centred."
  static let kind = StageKind.reducer
  static let revision = 1
  static let nestedParameter = "components"
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]
  let parameters: Parameters
  var isRandom: Bool { parameters.solver == .randomized }

  func slice(_ fitted: Output) throws(StageError) -> Output {
    let count = parameters.components
    return Output(
      embedding: Features(fitted.embedding.matrix.prefix(columns: count)),
      spectrum: fitted.spectrum.prefix(count), values: fitted.values.prefix(columns: count),
      components: fitted.components.selecting(rows: Array(0..<count)))
  }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, columns) = (input.features, input.features.columns)
    let rows = try features.fitIndices(input.fitRows, atLeast: 2)
    if parameters.components > min(rows.count, columns) {
      throw PrincipalAxes.tooMany(
        parameters.components, min(rows.count, columns),
        because: "there are too few fit rows or columns for \(parameters.components) components",
        rows: rows.count, columns: columns)
    }
    let fit = try fit(features, rows: rows, context)
    try requireRank(fit.axes, rows: rows.count)
    let components = fit.axes.vectors.converted(to: Float.self)
    let embedding = try features.projected(
      onto: components, means: [Double](repeating: 0, count: columns), isNearlyCentered: true, in: context)
    let means = columnMeans(of: embedding.matrix, rows: rows)
    let factor = Double(rows.count) / Double(rows.count - 1)
    return Output(
      embedding: embedding,
      spectrum: Spectrum(
        values: columnVariances(of: embedding.matrix, rows: rows, means: means).map { $0 * factor },
        total: fit.totalVariance),
      values: Matrix(row: fit.axes.variances.map { ($0 * Double(rows.count - 1)).squareRoot() }),
      components: components)
  }

  /// The axes about the origin: their “variances” are the squared singular values by the number of rows less 1.
  private func fit(
    _ features: Features, rows: [Int], _ context: StageContext
  ) throws(StageError) -> PrincipalAxes.Fit {
    let (count, matrix) = (parameters.components, features.matrix)
    let origin = [Double](repeating: 0, count: matrix.columns)
    switch parameters.solver {
    case .auto where rows.count >= matrix.columns, .columns:
      return try PrincipalAxes.byCovariance(
        of: features, rows: rows, count: count, isAboutOrigin: true, in: context)
    case .auto, .gram:
      return try PrincipalAxes.fit(to: features, rows: rows) { _ throws(StageError) in
        try .byGram(of: matrix, rows: rows, means: origin, count: count, in: context)
      }
    case .randomized:
      return try PrincipalAxes.fit(to: features, rows: rows) { _ throws(StageError) in
        try .byProjection(of: matrix, rows: rows, means: origin, count: count, in: context)
      }
    }
  }

  private func requireRank(_ axes: PrincipalAxes, rows: Int) throws(StageError) {
    let columns = axes.vectors.columns
    let rank = axes.rank(size: max(rows, columns))
    guard rank < parameters.components else { return }
    if rank == 0 {
      throw Diagnostic(
        .rankDeficient, "all fit rows are zero, so they have no component",
        fields: ["fit rows": "\(rows)", "columns": "\(columns)"])
    }
    throw PrincipalAxes.tooMany(
      parameters.components, rank,
      because: "the fit rows have rank \(rank), less than \(parameters.components) components", rows: rows,
      columns: columns)
  }
}
