import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Finds directions along which rows are as far from normal as can be: sources, if rows are mixtures of such.
///
/// The leading principal components of the fit rows, each scaled to variance 1, are turned by an orthogonal matrix W
/// whose rows w are fixed points of w ← E[g(w·z) z] − E[g′(w·z)] w, g being the derivative of the contrast: all at once,
/// made orthogonal by W ← (W Wᵀ)^(−½) W, or one after the other, each made orthogonal to those before. An iteration
/// is the last if it turns no w by an angle with 1 − |cos| of `tolerance` or more. It starts from random directions; where
/// sources are hard to tell apart, other seeds may end in other fixed points.
///
/// Each component has variance 1 on the fit rows (divided by their number). Of the columns of the mixing matrix, which
/// makes centred rows from components, the entry of largest magnitude is positive. Components are ordered by the
/// variance that they add to the rows, the squared length of that column, largest first.
///
/// - Shapes: `features` n × d, `fitRows` n → `embedding` n × k, `spectrum` k (these variances, with the sum of the
///   variances of all d columns), `components` k × d (what centred rows are multiplied with), `mixing` k × d (its
///   pseudo-inverse: row i is the column of component i), `mean` 1 × d.
/// - Units: `mixing` and `mean` in the features' u, `spectrum` in u², `components` in 1/u; `embedding` has none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: that of `pca` and O(iterations · m k²) for m fit rows, by deflation k times as many iterations of O(m k);
///   O(n k) memory besides that of `pca`.
/// - Errors: `notFinite`, `tooFewRows`, `lengthMismatch`, `badShape`, `tooManyComponents`, `rankDeficient`,
///   `outOfRange` as for `pca`; `notConverged`.
/// - Source: Hyvärinen, IEEE Trans. Neural Networks 10 (1999) 626–634; scikit-learn's `FastICA` with whitening to unit
///   variance.
struct FastICA: Stage {
  /// How components are kept apart.
  enum Decorrelation: String, PlainChoice {
    /// All at once.
    case symmetric
    /// One after the other.
    case deflation
  }
  /// What tells how far from normal a component is.
  enum ContrastFunction: String, PlainChoice {
    /// log cosh y: for all kinds of sources.
    case logcosh
    /// −exp(−y² ÷ 2): for sources with long tails, or where rows far out must not count.
    case exp
    /// y⁴ ÷ 4, kurtosis: for sources with short tails.
    case cube

    var contrast: Contrast {
      switch self {
      case .logcosh: .logcosh
      case .exp: .exponential
      case .cube: .cube
      }
    }
  }
  struct Parameters: StageParameters {
    @Parameter("Number of components.", .atLeast(1)) var components = 2
    @Parameter("Whether components are found all at once (symmetric) or one after the other (deflation).")
    var decorrelation = Decorrelation.symmetric
    @Parameter("What tells how far from normal a component is.") var contrast = ContrastFunction.logcosh
    @Parameter("How far the last iteration may turn a component: 1 − |cos| of the angle.", .between(0, 1))
    var tolerance = 1e-4
    @Parameter("Most iterations; by deflation, for each component.", .atLeast(1)) var iterations = 200
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var embedding: Features
    var spectrum: Spectrum
    var components: Matrix<Float>
    var mixing: Matrix<Float>
    var mean: Matrix<Float>
  }

  static let name = "ica"
  static let summary = "Turns principal components into independent ones, by FastICA."
  static let kind = StageKind.reducer
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, count) = (input.features, parameters.components)
    let rows = try features.fitIndices(input.fitRows, atLeast: 2)
    try PrincipalAxes.requireFew(count, rows: rows.count, columns: features.columns)
    let fit = try PrincipalAxes.exactly(of: features, rows: rows, count: count, in: context)
    try fit.axes.requireRank(count, rows: rows.count)
    // Of all fit rows, not of all but one: the variances that the contrasts see.
    let share = Double(rows.count - 1) / Double(rows.count)
    let deviations = fit.axes.variances.map { ($0 * share).squareRoot() }
    var (whitening, mixing) = (fit.axes.vectors, fit.axes.vectors)
    whitening.scaleRows(by: deviations.map { 1 / $0 })
    mixing.scaleRows(by: deviations)
    let white = try features.projected(
      onto: whitening.converted(to: Float.self), means: fit.means, isNearlyCentered: fit.isNearlyCentered,
      in: context
    ).matrix
    let fitted = rows.count == white.rows ? white : white.selecting(rows: rows)
    let found = try FastICASearch(fitted, parameters, in: context).turn()
    let turn = ordered(found, mixing: mixing)
    mixing = product(turn, mixing)
    return Output(
      embedding: try product(
        white, transposed: turn.converted(to: Float.self), stoppingAt: context.safePoint
      ).finiteFeatures(),
      spectrum: Spectrum(
        values: mixing.squaredLengths.map { $0 / share }, total: fit.totalVariance),
      components: product(turn, whitening).converted(to: Float.self),
      mixing: mixing.converted(to: Float.self), mean: Matrix(row: fit.means))
  }

  /// The rows of the turn in the order of what they add, with the signs that the mixing matrix asks for.
  private func ordered(_ turn: Matrix<Double>, mixing: Matrix<Double>) -> Matrix<Double> {
    var columns = product(turn, mixing)
    let lengths = columns.squaredLengths
    let order = lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
    var sorted = turn.selecting(rows: order)
    columns = columns.selecting(rows: order)
    sorted.scaleRows(by: columns.fixSigns())
    return sorted
  }
}

extension Matrix where Scalar == Double {
  /// Σ x² of each row.
  fileprivate var squaredLengths: [Double] {
    (0..<rows).map { row in (0..<columns).reduce(0) { $0 + self[row, $1] * self[row, $1] } }
  }
}
