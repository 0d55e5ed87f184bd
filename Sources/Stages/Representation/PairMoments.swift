import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Two sets of features of the same rows, about the means of their columns.
struct FeaturePair {
  let first: RowBlocks
  let second: RowBlocks

  var rows: Int { first.matrix.rows }

  /// - Throws: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`.
  init(_ features: Features, _ other: Features, rowsAtLeast least: Int) throws(StageError) {
    try requireEqualRows(other.rows, of: "other", toBe: features.rows, as: "features")
    for side in [features, other] {
      try side.requireSize(rowsAtLeast: least)
      try side.requireFinite()
    }
    first = RowBlocks(matrix: features.matrix, means: columnMeans(of: features.matrix))
    second = RowBlocks(matrix: other.matrix, means: columnMeans(of: other.matrix))
  }

  /// Whether the products of columns are smaller than those of rows.
  var isLong: Bool { rows >= max(first.matrix.columns, second.matrix.columns) }
}

/// The directions of one set of features that canonical correlations are taken between.
enum KeptDirections: ParameterChoice {
  /// All in which the rows vary.
  case all
  /// The fewest principal directions that explain a share of the variance.
  case variance(Share)
  /// A number of principal directions, or all if there are fewer.
  case count(Number)

  struct Share: ParameterGroup {
    @Parameter("Share of the variance.", .range(0...1)) var share = 0.99
  }
  struct Number: ParameterGroup {
    @Parameter("Number of directions.", .atLeast(1)) var directions = 20
  }
  static let cases: [ChoiceCase<KeptDirections>] = [
    .plain("all", .all), .fields("variance", KeptDirections.variance), .fields("count", KeptDirections.count),
  ]
  var chosen: ChosenCase {
    switch self {
    case .all: "all"
    case .variance(let share): ChosenCase("variance", share)
    case .count(let number): ChosenCase("count", number)
    }
  }

  /// How many of some variances, largest first, are kept; none that is 0.
  func count(of variances: [Double]) -> Int {
    let positive = variances.prefix { $0 > 0 }
    switch self {
    case .all: return positive.count
    case .count(let number): return min(number.directions, positive.count)
    case .variance(let share):
      // A little less, so that rounding does not keep one more.
      let wanted = share.share * (1 - 1e-12) * positive.reduce(0, +)
      var (kept, sum) = (0, 0.0)
      while kept < positive.count, kept == 0 || sum < wanted {
        sum += positive[kept]
        kept += 1
      }
      return kept
    }
  }
}

/// The canonical correlations between the kept principal directions of two sets of features.
struct CanonicalCorrelations {
  /// The correlations, largest first.
  let values: [Double]
  /// For each correlation the mean products of the first side's canonical variate, of variance 1, with its columns.
  let loadings: Matrix<Double>

  /// - Throws: `rankDeficient` if all rows of a side are equal, `outOfRange`, `notConverged`, `cancelled`.
  init(_ pair: FeaturePair, _ kept: KeptDirections, _ context: StageContext) throws(StageError) {
    let rows = pair.rows
    try requireOrder(max(pair.first.matrix.columns, pair.second.matrix.columns), of: "columns")
    let (first, second) = try Self.directions(of: pair, kept, context)
    var cross = try pair.first.scatter(with: pair.second, context)
    cross.multiply(by: 1 / Double(rows))
    let half = try product(Self.whitening(first), cross, stoppingAt: context.safePoint)
    let table = try product(half, transposed: Self.whitening(second), stoppingAt: context.safePoint)
    do throws(LinearAlgebraError) {
      let found = try thinSVD(table, stoppingAt: context.arithmeticSafePoint)
      values = found.values.map { min(1, max(0, $0)) }
      var back = first.vectors
      back.scaleRows(by: first.values.map { $0.squareRoot() })
      loadings = try product(found.left, back, stoppingAt: context.arithmeticSafePoint)
    } catch {
      throw error.stageError
    }
  }

  private static func whitening(_ pairs: EigenPairs<Double>) -> Matrix<Double> {
    var vectors = pairs.vectors
    vectors.scaleRows(by: pairs.values.map { 1 / $0.squareRoot() })
    return vectors
  }

  /// The kept principal directions of both sides with their variances (divided by the number of rows).
  private static func directions(
    of pair: FeaturePair, _ kept: KeptDirections, _ context: StageContext
  ) throws(StageError) -> (EigenPairs<Double>, EigenPairs<Double>) {
    let covariances = [try pair.first.scatter(context), try pair.second.scatter(context)]
    // LAPACK decomposes a matrix on one thread: both go side by side.
    var found: [Result<EigenPairs<Double>, StageError>] = covariances.map { _ in
      .failure(StageContext.interruption)
    }
    found.withUnsafeMutableBufferPointer { found in
      parallelFor(2) { side in
        found[side] = Result { () throws(StageError) in
          try directions(
            by: covariances[side], rows: pair.rows, named: side == 0 ? "features" : "other", kept, context)
        }
      }
    }
    return (try found[0].get(), try found[1].get())
  }

  private static func directions(
    by products: Matrix<Double>, rows: Int, named name: String, _ kept: KeptDirections,
    _ context: StageContext
  ) throws(StageError) -> EigenPairs<Double> {
    var covariance = products
    covariance.multiply(by: 1 / Double(rows))
    let pairs = try positiveEigenpairs(of: covariance, size: max(rows, covariance.columns), context)
    let count = kept.count(of: pairs.values)
    guard count > 0 else {
      throw Diagnostic(
        .rankDeficient, "all rows are equal, so nothing correlates", fields: ["of": "`\(name)`"])
    }
    return EigenPairs(
      values: Array(pairs.values.prefix(count)), vectors: pairs.vectors.selecting(rows: Array(0..<count)))
  }
}
