import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// How alike the similarities among the same rows are in two sets of features: centred kernel alignment.
///
/// With the similarities K and L of the rows by a kernel on each side it is HSIC(K, L) ÷ √(HSIC(K, K) HSIC(L, L)), where
/// HSIC, the Hilbert-Schmidt independence criterion, is Σ of the products of the centred K and L (`biased`), or its
/// unbiased estimate, which is about 0 for independent features however many columns they have, and may be negative.
/// Rotations and a common scale of a side change nothing.
///
/// - Shapes: `features` and `other` n × d and n × e → one number, at most 1.
/// - Units: none.
/// - Fits on: nothing; measured on every row.
/// - Cost: O(n (d + e)²) time, O(d² + e²) memory for `linear` on more rows than columns; else O(n² (d + e)) and O(n²).
/// - Errors: `lengthMismatch`, `tooFewRows` (unbiased: fewer than 4), `badShape`, `notFinite`; `rankDeficient` if all rows
///   of a side are equal, or their unbiased estimate is not above 0; `outOfRange` for more than 30,000 rows or columns.
/// - Source: Kornblith, Norouzi, Lee, Hinton, ICML 2019; unbiased: Song et al., JMLR 13 (2012) 1393–1434.
struct CKA: MeasureStage {
  enum PairKernel: ParameterChoice {
    case linear
    case rbf(Bandwidth)
    static let cases: [ChoiceCase<PairKernel>] = [.plain("linear", .linear), .fields("rbf", PairKernel.rbf)]
    var chosen: ChosenCase {
      switch self {
      case .linear: "linear"
      case .rbf(let bandwidth): ChosenCase("rbf", bandwidth)
      }
    }
  }
  struct Bandwidth: ParameterGroup {
    @Parameter("σ of exp(−‖x − y‖² ÷ (2 σ²)) as a fraction of the median distance of two rows.", .above(0))
    var fraction = 1.0
  }
  enum Estimator: String, PlainChoice { case biased, unbiased }
  struct Parameters: StageParameters {
    @Parameter("The similarity of two rows of one side.") var kernel = PairKernel.linear
    @Parameter("How the independence criterion is estimated.") var estimator = Estimator.biased
  }
  struct Input: Ports {
    var features: Features
    var other: Features
  }

  static let name = "cka"
  static let summary = "How alike the similarities among the same rows are in two sets of features."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .neither)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let isBiased = parameters.estimator == .biased
    let pair = try FeaturePair(input.features, input.other, rowsAtLeast: isBiased ? 2 : 4)
    let criteria: Criteria
    switch parameters.kernel {
    case .linear where pair.isLong: criteria = try byColumns(pair, context)
    case .linear:
      try requireOrder(pair.rows, of: "rows")
      let first = try gram(pair.first.whole, stoppingAt: context.safePoint)
      criteria = try byRows(first, gram(pair.second.whole, stoppingAt: context.safePoint), context)
    case .rbf(let bandwidth):
      let first = try bandwidth.kernel(pair.first, context)
      criteria = try byRows(first, bandwidth.kernel(pair.second, context), context)
    }
    guard criteria.first > 0, criteria.second > 0 else {
      throw Diagnostic(
        .rankDeficient, "the rows of a side do not differ enough for an alignment",
        fields: ["features": "\(criteria.first)", "other": "\(criteria.second)"])
    }
    let value = criteria.both / (criteria.first.squareRoot() * criteria.second.squareRoot())
    return MeasureOutput(min(1, value))
  }

  /// The independence criteria of both sides and of each with itself, but for one factor.
  private struct Criteria { var both, first, second: Double }

  /// By the products of columns, of the same size as the covariance.
  private func byColumns(_ pair: FeaturePair, _ context: StageContext) throws(StageError) -> Criteria {
    try requireOrder(max(pair.first.matrix.columns, pair.second.matrix.columns), of: "columns")
    guard parameters.estimator == .unbiased else { return try byRoundedColumns(pair, context) }
    var criteria = Criteria(
      both: try pair.first.scatter(with: pair.second, context).sumOfSquares,
      first: try pair.first.scatter(context).sumOfSquares,
      second: try pair.second.scatter(context).sumOfSquares)
    let (first, second) = (pair.first.squaredNorms, pair.second.squaredNorms)
    let count = Double(pair.rows)
    // Without the diagonal of K and L, whose rows add up to 0 with it.
    func unbiased(_ sum: Double, _ a: [Double], _ b: [Double]) -> Double {
      let products = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
      return sum - count / (count - 2) * products
        + a.reduce(0, +) * b.reduce(0, +) / ((count - 1) * (count - 2))
    }
    criteria.both = unbiased(criteria.both, first, second)
    criteria.first = unbiased(criteria.first, first, first)
    criteria.second = unbiased(criteria.second, second, second)
    return criteria
  }

  /// The biased criteria by centred columns in single precision, whose products are summed in double: nothing cancels in
  /// sums of squares, so that they are as exact as the columns.
  private func byRoundedColumns(_ pair: FeaturePair, _ context: StageContext) throws(StageError) -> Criteria {
    let (x, y) = (pair.first.centered, pair.second.centered)
    let criteria = Criteria(
      both: try crossProduct(x, y, stoppingAt: context.safePoint).sumOfSquares,
      first: try crossProduct(x, stoppingAt: context.safePoint).sumOfSquares,
      second: try crossProduct(y, stoppingAt: context.safePoint).sumOfSquares)
    guard criteria.both.isFinite, criteria.first.isFinite, criteria.second.isFinite else {
      throw LinearAlgebraError.notFinite.stageError
    }
    return criteria
  }

  /// By the similarities of all pairs of rows.
  private func byRows(
    _ k: Matrix<Double>, _ l: Matrix<Double>, _ context: StageContext
  ) throws(StageError) -> Criteria {
    let (first, second) = (try adjusted(k, context), try adjusted(l, context))
    return Criteria(
      both: sumOfProducts(first, second), first: sumOfProducts(first, first),
      second: sumOfProducts(second, second))
  }

  /// Similarities whose rows add up to 0: centred, or for the unbiased estimate without their diagonal.
  private func adjusted(_ k: Matrix<Double>, _ context: StageContext) throws(StageError) -> Matrix<Double> {
    let isBiased = parameters.estimator == .biased
    var table = k
    let count = Double(table.rows)
    let sums = Buffer<Double>(repeating: 0, count: table.rows)
    try table.mapRows(stoppingAt: context.safePoint) { row, number in
      if !isBiased { row[number] = 0 }
      sums.base[number] = row.reduce(0, +)
    }
    let total = (0..<table.rows).reduce(0.0) { $0 + sums.base[$1] }
    let (divisor, grand) =
      isBiased ? (count, total / (count * count)) : (count - 2, total / ((count - 1) * (count - 2)))
    try table.mapRows(stoppingAt: context.safePoint) { row, number in
      for column in row.indices {
        row[column] += grand - (sums.base[number] + sums.base[column]) / divisor
      }
      if !isBiased { row[number] = 0 }
    }
    return table
  }

  /// Σ kᵢⱼ lᵢⱼ, row by row.
  private func sumOfProducts(_ k: Matrix<Double>, _ l: Matrix<Double>) -> Double {
    let (rows, sums) = (k.rows, Buffer<Double>(repeating: 0, count: k.rows))
    k.withPointer { k in
      l.withPointer { l in
        parallelFor(rows) { row in
          var sum = 0.0
          for index in row * rows..<(row + 1) * rows { sum += k[index] * l[index] }
          sums.base[row] = sum
        }
      }
    }
    return (0..<rows).reduce(0.0) { $0 + sums.base[$1] }
  }
}

extension CKA.Bandwidth {
  /// The similarities of all pairs of rows.
  ///
  /// - Throws: `rankDeficient` if half of the pairs or more have no distance, `outOfRange`, `cancelled`.
  fileprivate func kernel(_ rows: RowBlocks, _ context: StageContext) throws(StageError) -> Matrix<Double> {
    let count = rows.matrix.rows
    try requireOrder(count, of: "rows")
    var table = try gram(rows.whole, stoppingAt: context.safePoint)
    let norms = (0..<count).map { table[$0, $0] }
    try table.mapRows(stoppingAt: context.safePoint) { row, number in
      for column in row.indices { row[column] = max(0, norms[number] + norms[column] - 2 * row[column]) }
      row[number] = 0
    }
    let median = table.median
    guard median > 0 else {
      throw Diagnostic(
        .rankDeficient, "half of the pairs of rows have no distance", fields: ["rows": "\(count)"])
    }
    let scale = -1 / (2 * fraction * fraction * median)
    try table.mapRows(stoppingAt: context.safePoint) { row, _ in
      for column in row.indices { row[column] = exp(scale * row[column]) }
    }
    return table
  }
}

extension RowBlocks {
  /// The rows less the means, rounded to single precision and scaled so that no product overflows.
  fileprivate var centered: Matrix<Float> {
    let means = means ?? [Double](repeating: 0, count: matrix.columns)
    return scaled(matrix, means: means, factors: [Double](repeating: 1 / largest, count: matrix.columns))
  }

  /// The length of the longest row, or 1 where all are 0.
  private var largest: Double {
    let square = matrix.squaredRowNorms().max() ?? 0
    return square > 0 ? square.squareRoot() : 1
  }

  /// Σ x² of each row.
  fileprivate var squaredNorms: [Double] {
    var norms = [Double](repeating: 0, count: matrix.rows)
    let step = max(1024, (4 << 20) / max(1, matrix.columns))
    for start in stride(from: 0, to: matrix.rows, by: step) {
      let block = block(start..<min(matrix.rows, start + step))
      block.withPointer { base in
        for row in 0..<block.rows {
          norms[start + row] = RowSums.squares(base + row * block.columns, block.columns)
        }
      }
    }
    return norms
  }
}

extension Matrix where Scalar == Double {
  /// Σ x² of all elements.
  fileprivate var sumOfSquares: Double { withPointer { RowSums.squares($0, count) } }

  /// The middle one of all elements, or the mean of the two in the middle.
  fileprivate var median: Double {
    var sorted = elements
    sorted.sort()
    let count = sorted.count
    return count == 0 ? 0 : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
