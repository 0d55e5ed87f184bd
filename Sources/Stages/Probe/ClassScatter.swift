import Diagnostics
import LinearAlgebra
import StageKit

/// How the rows of each class scatter around its mean.
struct ClassScatter {
  /// Classes × columns.
  let means: Matrix<Double>
  /// Each class's share of the rows.
  let shares: [Double]

  private let matrix: Matrix<Float>
  private let classes: FitClasses
  private var columns: Int { matrix.columns }

  init(_ matrix: Matrix<Float>, _ classes: FitClasses) {
    (self.matrix, self.classes) = (matrix, classes)
    means = classes.means(of: matrix)
    shares = classes.rowCounts.map { Double($0) / Double(classes.rows.count) }
  }

  /// Whether arithmetic in double costs so little that there is no need for any other.
  var isSmall: Bool { rows(factors: shares).isSmall }

  /// The rows less the means of their classes, those of each class times a factor.
  private func rows(factors: [Double]) -> ShiftedRows {
    ShiftedRows(matrix, rows: classes.rows, groupOf: classes.classOf, means: means, factors: factors)
  }

  /// The mean covariance of the classes, shrunk by an amount towards a multiple of the identity.
  ///
  /// - Throws: `cancelled`.
  func shrunk<Scalar: MatrixScalar>(
    by amount: Double, in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    var sum = try rows(factors: shares.map { _ in 1 }).scatter(in: type, context)
    let total = Double(classes.rows.count)
    let level = sum.trace / total / Double(columns)
    sum.scaleRows(by: [Double](repeating: (1 - amount) / total, count: columns))
    sum.addToDiagonal(amount * level)
    return sum
  }

  /// The mean of the classes' covariances, each shrunk by its own amount, of its standardised columns.
  ///
  /// - Throws: `cancelled`.
  func shrunkByLedoitWolf<Scalar: MatrixScalar>(
    in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    let lists = classes.rowsByClass
    let amounts = Buffer<Double>(repeating: 0, count: classes.count)
    let diagonals = Buffer<Double>(repeating: 0, count: classes.count * columns)
    try parallelFor(classes.count, stoppingAt: context.safePoint) { index in
      let target = diagonals.base + index * columns
      guard let found = goal(of: index, lists[index], in: type, target, context) else { return }
      amounts.base[index] = found
    }
    let factors = (0..<classes.count).map { (1 - amounts.base[$0]).squareRoot() }
    var sum = try rows(factors: factors).scatter(in: type, context)
    sum.scaleRows(by: [Double](repeating: 1 / Double(classes.rows.count), count: columns))
    for column in 0..<columns {
      var added = 0.0
      for index in 0..<classes.count { added += shares[index] * diagonals.base[index * columns + column] }
      sum[column, column] += added
    }
    return sum
  }

  /// The amount by which a class is shrunk, and the diagonal that it is shrunk towards, times that amount.
  private func goal<Scalar: MatrixScalar>(
    of index: Int, _ rows: [Int], in type: Scalar.Type, _ diagonal: UnsafeMutablePointer<Double>,
    _ context: StageContext
  ) -> Double? {
    let mean = means.row(index)
    let squares = scales(of: rows, mean)
    var data: Matrix<Scalar> = ShiftedRows(matrix, rows: rows, mean: mean).block(0..<rows.count)
    data.scaleColumns(by: squares.map { Scalar(1 / $0.squareRoot()) })
    guard let estimate = LedoitWolf(data, context) else { return nil }
    for column in 0..<columns { diagonal[column] = estimate.amount * estimate.level * squares[column] }
    return estimate.amount
  }

  /// The variance of each column of some rows; 1 for a column that varies by rounding only.
  private func scales(of rows: [Int], _ mean: [Double]) -> [Double] {
    let count = Double(rows.count)
    return zip(columnVariances(of: matrix, rows: rows, means: mean), mean).map { variance, mean in
      let rounding = count * mean * .ulpOfOne
      return variance <= count * .ulpOfOne * variance + rounding * rounding ? 1 : variance
    }
  }
}
