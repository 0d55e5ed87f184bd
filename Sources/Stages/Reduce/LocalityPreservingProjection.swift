import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Projects rows onto directions along which neighbours stay near each other.
///
/// Between two fit rows there is an edge if one is among the `k` nearest of the other, in the space of the features;
/// its weight is exp(−‖x − y‖² ÷ t), or 1. With the weights W, their row sums D, the Laplacian L = D − W and the fit rows X
/// less their mean, the directions a are the eigenvectors of XᵀLX a = λ XᵀDX a with the smallest λ. They are sought
/// among the leading principal axes of the fit rows that hold a share `energy` of the variance: all, at 1, but those
/// without any, where XᵀDX would be singular.
///
/// Each component has variance 1 on the fit rows (divided by their number). Of each direction the loading of largest
/// magnitude is positive. The result for fewer components is the beginning of that for more.
///
/// - Shapes: `features` n × d, `fitRows` n → `embedding` n × c, `eigenvalues` 1 × c (λ, ascending, from 0 to 2),
///   `components` c × d, `mean` 1 × d.
/// - Units: `mean` in the features' u, `components` in 1/u; the others have none; `t` in u².
/// - Fits on: rows where `fitRows` is true, every row if absent; more than `k`.
/// - Cost: O(m² d) time at most for the neighbours of m fit rows, O(m r (d + r + k) + d³) for the directions, with r axes;
///   O(m (d + r)) memory.
/// - Errors: `notFinite`, `tooFewRows`, `lengthMismatch`, `badShape`, `tooManyComponents`, `outOfRange`;
///   `rankDeficient` if all fit rows are equal, or if `t` is so small that weights vanish.
/// - Source: He, Niyogi, Locality preserving projections, NIPS 2003.
struct LocalityPreservingProjection: NestedStage {
  /// What an edge weighs.
  enum Weights: ParameterChoice {
    /// exp(−‖x − y‖² ÷ t).
    case heat(Heat)
    /// 1.
    case binary

    struct Heat: ParameterGroup {
      @Parameter(
        "t, in the square of the features' unit; null for the mean squared distance of a row to its `k` nearest.",
        .above(0)) var t: Double? = nil
    }

    static let cases: [ChoiceCase<Weights>] = [.fields("heat", Weights.heat), .plain("binary", .binary)]
    var chosen: ChosenCase {
      switch self {
      case .heat(let heat): ChosenCase("heat", heat)
      case .binary: "binary"
      }
    }
    static func == (a: Weights, b: Weights) -> Bool { a.json == b.json }
  }
  struct Parameters: StageParameters {
    @Parameter("Number of components.", .atLeast(1)) var components = 2
    @Parameter("Number of nearest neighbours of a row.", .atLeast(1)) var k = 5
    @Parameter("What an edge between neighbours weighs.") var weights = Weights.heat(Weights.Heat())
    @Parameter(
      "The share of the variance that the principal axes hold among which directions are sought.",
      .range(0...1))
    var energy = 1.0
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var embedding: Features
    var eigenvalues: Matrix<Float>
    var components: Matrix<Float>
    var mean: Matrix<Float>
  }

  static let name = "lpp"
  static let summary = "Projects onto directions along which neighbours stay near each other."
  static let kind = StageKind.reducer
  static let revision = 1
  static let nestedParameter = "components"
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]
  let parameters: Parameters

  func slice(_ fitted: Output) throws(StageError) -> Output {
    let count = parameters.components
    return Output(
      embedding: Features(fitted.embedding.matrix.prefix(columns: count)),
      eigenvalues: fitted.eigenvalues.prefix(columns: count),
      components: fitted.components.selecting(rows: Array(0..<count)), mean: fitted.mean)
  }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let features = input.features
    let rows = try features.fitIndices(input.fitRows, atLeast: 2)
    try features.requireFinite()
    guard parameters.k < rows.count else {
      throw Diagnostic(
        .tooFewRows, "there are not more fit rows than neighbours",
        fields: ["k": "\(parameters.k)", "fit rows": "\(rows.count) of \(features.rows)"], hint: "lower `k`")
    }
    try PrincipalAxes.requireFew(parameters.components, rows: rows.count, columns: features.columns)
    let fit = try PrincipalAxes.exactly(
      of: features, rows: rows, count: min(rows.count - 1, features.columns), in: context)
    try fit.axes.requireRank(parameters.components, rows: rows.count)
    let whitening = try whitening(fit, rows: rows.count)
    let white = try product(
      centeredInDouble(features.matrix, rows: rows[...], means: fit.means), transposed: whitening,
      stoppingAt: context.safePoint)
    let pairs = try solve(white, graph(features.matrix.selecting(rows: rows), context), context)
    var directions = try product(pairs.vectors, whitening, stoppingAt: context.safePoint)
    directions.fixSigns()
    return Output(
      embedding: try projected(features.matrix, onto: directions, means: fit.means, context),
      eigenvalues: Matrix(row: pairs.values), components: directions.converted(to: Float.self),
      mean: Matrix(row: fit.means))
  }

  /// The products of rows less the means with directions, in double: along axes of little variance rounding would show.
  private func projected(
    _ matrix: Matrix<Float>, onto directions: Matrix<Double>, means: [Double], _ context: StageContext
  ) throws(StageError) -> Features {
    let (rows, count) = (Array(0..<matrix.rows), directions.rows)
    var result = Matrix<Float>(rows: matrix.rows, columns: count)
    let size = max(256, (4 << 20) / max(1, matrix.columns))
    for start in stride(from: 0, to: matrix.rows, by: size) {
      let block = rows[start..<min(matrix.rows, start + size)]
      let scores = try product(
        centeredInDouble(matrix, rows: block, means: means), transposed: directions,
        stoppingAt: context.safePoint)
      result.withMutablePointer { target in
        scores.withPointer { scores in
          for index in 0..<block.count * count { target[start * count + index] = Float(scores[index]) }
        }
      }
    }
    return try result.finiteFeatures()
  }

  /// The leading axes that hold the share of the variance, scaled so that each has variance 1 on the fit rows.
  private func whitening(_ fit: PrincipalAxes.Fit, rows: Int) throws(StageError) -> Matrix<Double> {
    let (axes, columns) = (fit.axes, fit.axes.vectors.columns)
    var held = 0.0
    let wanted = parameters.energy * axes.variances.reduce(0, +)
    let needed = axes.variances.prefix { variance in
      defer { held += variance }
      return held < wanted
    }
    let rank = axes.rank(size: max(rows, columns))
    let count = parameters.energy < 1 ? min(rank, max(1, needed.count)) : rank
    guard parameters.components <= count else {
      throw Diagnostic(
        .tooManyComponents, "the principal axes that hold the share of the variance are too few",
        fields: [
          "components": "\(parameters.components)", "axes": "\(count) of \(rank)",
          "energy": "\(parameters.energy)",
        ], hint: "raise `energy`, or ask for at most \(count) component\(count == 1 ? "" : "s")")
    }
    var vectors = axes.vectors.selecting(rows: Array(0..<count))
    let share = Double(rows - 1) / Double(rows)
    vectors.scaleRows(by: axes.variances.prefix(count).map { 1 / ($0 * share).squareRoot() })
    return vectors
  }

  private func graph(_ fitted: Matrix<Float>, _ context: StageContext) throws(StageError) -> NeighborGraph {
    let found = try nearestNeighbors(
      of: fitted, among: fitted, k: parameters.k, excludingSelf: true, stoppingAt: context.safePoint)
    guard case .heat(let heat) = parameters.weights else {
      return NeighborGraph(found, rows: fitted.rows) { _ in 1 }
    }
    let squares = found.distances.reduce(0.0) { $0 + Double($1) * Double($1) }
    let width = heat.t ?? squares / Double(found.distances.count)
    // Without any width all neighbours are at distance 0.
    return NeighborGraph(found, rows: fitted.rows) { width > 0 ? exp(-$0 / width) : 1 }
  }

  /// The smallest eigenvalues, ascending, with vectors of length 1 in the space of the white rows.
  private func solve(
    _ white: Matrix<Double>, _ graph: NeighborGraph, _ context: StageContext
  ) throws(StageError) -> EigenPairs<Double> {
    let differences = try crossProduct(
      white, graph.laplacian(times: white, in: context), stoppingAt: context.safePoint)
    var weighted = white
    weighted.scaleRows(by: graph.degrees.map { $0.squareRoot() })
    let masses = try crossProduct(weighted, stoppingAt: context.safePoint)
    guard let factor = try masses.cholesky(leastPivot: 1e-12, context) else {
      throw Diagnostic(
        .rankDeficient, "the weights of the edges vanish, so that directions cannot be told apart",
        hint: "widen the heat kernel by a larger `t`, or take `binary` weights")
    }
    // L⁻¹ A L⁻ᵀ, with its sign changed, since the largest eigenvalues are found first.
    let half = try factor.solveLower(differences, stoppingAt: context.safePoint)
    var small = try factor.solveLower(half.transposed, stoppingAt: context.safePoint)
    small.scaleRows(by: [Double](repeating: -1, count: small.rows))
    do throws(LinearAlgebraError) {
      let pairs = try symmetricEigen(
        small, top: parameters.components, stoppingAt: context.arithmeticSafePoint)
      var vectors = factor.solveUpper(pairs.vectors.transposed).transposed
      vectors.scaleRows(
        by: (0..<vectors.rows).map { row in
          1 / vectors.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
        })
      return EigenPairs(values: pairs.values.map { max(0, -$0) }, vectors: vectors)
    } catch {
      throw error.stageError
    }
  }
}
