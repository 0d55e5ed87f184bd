import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// The orthogonal directions along which rows vary most.
struct PrincipalAxes {
  /// The variance along each axis (divided by the number of rows less 1), largest first; never negative.
  var variances: [Double]
  /// The axes as unit rows, one for each variance; of each the loading of largest magnitude is positive.
  var vectors: Matrix<Double>

  /// The largest order of a covariance or Gram matrix: 7 GB in double.
  static let largestOrder = 30_000

  /// The number of axes along which the rows vary by more than rounding.
  ///
  /// A variance counts from (max(n, d) + 100) · 2⁻⁵² of the largest, the error of an eigenvalue in double.
  ///
  /// - Parameter size: max(n, d).
  func rank(size: Int) -> Int {
    let largest = variances.first ?? 0
    let tolerance = largest * Double(size + 100) * Double.ulpOfOne
    return variances.prefix { $0 > 0 && $0 > tolerance }.count
  }

  /// What the covariance of the columns tells.
  struct Fit {
    var axes: PrincipalAxes
    /// The mean of each column.
    var means: [Double]
    /// The sum of the variances of all columns (divided by the number of rows less 1).
    var totalVariance: Double
    /// Whether the means are small beside the spread of the columns.
    var isNearlyCentered = false
  }

  /// The leading axes by the eigenvectors of the d × d covariance of the columns.
  ///
  /// Large tables are read once: means and covariance come from one pass, and a value that is not finite shows in them.
  /// Large tables are multiplied in single precision first. That is exact to 1e-4 of a variance of at least a
  /// thousandth of the largest; if a smaller one is wanted, everything is done again in double.
  ///
  /// - Parameters:
  ///   - ridge: what is added to each variance before it is used, as a fraction of the largest: smaller variances need
  ///     not be exact.
  ///   - isAboutOrigin: whether the axes are those of the rows as they are, not about their mean. They come from the
  ///     covariance with the means' part added, which so costs the small ones no accuracy; `totalVariance` is
  ///     about the mean in any case.
  /// - Throws: `notFinite` for a value among the fit rows, `outOfRange`, `notConverged`, `cancelled`.
  static func byCovariance(
    of features: Features, rows: [Int], count: Int, ridge: Double = 0, isAboutOrigin: Bool = false,
    in context: StageContext
  ) throws(StageError) -> Fit {
    let (matrix, order) = (features.matrix, features.columns)
    try requireOrder(order, of: "columns")
    if !isSmall(rows.count, order) {
      var (means, quick) = try meansAndCovariance(of: matrix, rows: rows, stoppingAt: context.safePoint)
      quick.scale(by: Double(rows.count) / Double(rows.count - 1))
      // Single precision overflows where double does not.
      if quick.isFinite {
        let axes = try eigenAxes(
          isAboutOrigin ? quick.addingMeans(means, rows: rows.count) : quick, count: count, context)
        let largest = isAboutOrigin ? axes.largestVariance(in: quick) : nil
        if axes.isExactInSinglePrecision(ridge: ridge, largest: largest) {
          let variances = (0..<order).map { quick[$0, $0] }
          return Fit(
            axes: axes, means: means, totalVariance: variances.reduce(0, +),
            isNearlyCentered: LinearAlgebra.isNearlyCentered(means: means, variances: variances))
        }
      }
    }
    try features.requireFinite()
    let means = columnMeans(of: matrix, rows: rows)
    let exact = try exactCovariance(of: matrix, rows: rows, means: means, context)
    let axes = try eigenAxes(
      isAboutOrigin ? exact.addingMeans(means, rows: rows.count) : exact, count: count, context)
    return Fit(axes: axes, means: means, totalVariance: exact.trace)
  }

  /// The leading axes by the eigenvectors of the n × n Gram matrix of the centred rows, for n less than d.
  ///
  /// - Throws: `outOfRange`, `notConverged`, `cancelled`.
  static func byGram(
    of matrix: Matrix<Float>, rows: [Int], means: [Double], count: Int, in context: StageContext
  ) throws(StageError) -> PrincipalAxes {
    try requireOrder(rows.count, of: "fit rows")
    if !isSmall(matrix.columns, rows.count) {
      let data = centered(matrix, rows: rows, means: means)
      let products = try gram(data, stoppingAt: context.safePoint)
      if products.isFinite {
        let pairs = try eigenPairs(products.converted(to: Double.self), count: count, context)
        let images = try product(
          pairs.vectors.converted(to: Float.self), data, stoppingAt: context.safePoint)
        let axes = try gramAxes(pairs, images.converted(to: Double.self), rows: rows.count, context)
        if axes.isExactInSinglePrecision(ridge: 0) { return axes }
      }
    }
    let data = centeredInDouble(matrix, rows: rows[...], means: means)
    let pairs = try eigenPairs(gram(data, stoppingAt: context.safePoint), count: count, context)
    let images = try product(pairs.vectors, data, stoppingAt: context.safePoint)
    return try gramAxes(pairs, images, rows: rows.count, context)
  }

  /// The leading axes by random projection, in single precision: approximate.
  ///
  /// - Throws: `outOfRange`, `notConverged`, `cancelled`.
  static func byProjection(
    of matrix: Matrix<Float>, rows: [Int], means: [Double], count: Int, in context: StageContext
  ) throws(StageError) -> PrincipalAxes {
    do throws(LinearAlgebraError) {
      let found = try randomizedSVD(
        centered(matrix, rows: rows, means: means), count: count, powerIterations: 6, seed: context.seed,
        stoppingAt: context.arithmeticSafePoint)
      return PrincipalAxes(
        variances: found.values.map { Double($0) * Double($0) / Double(rows.count - 1) },
        vectors: found.right.converted(to: Double.self))
    } catch {
      throw error.stageError
    }
  }

  /// Whether arithmetic in double costs so little that there is no need for any other.
  private static func isSmall(_ count: Int, _ order: Int) -> Bool {
    Double(count) * Double(order) * Double(order) <= 1e9
  }

  /// - Parameter largest: the largest variance of what was multiplied in single precision; by default that of the axes.
  private func isExactInSinglePrecision(ridge: Double, largest: Double? = nil) -> Bool {
    let largest = largest ?? variances.first ?? 0
    return (variances.last ?? 0) + ridge * largest > 1e-3 * largest
  }

  /// The largest variance along an axis by a covariance.
  private func largestVariance(in covariance: Matrix<Double>) -> Double {
    let images = product(vectors, covariance)
    return (0..<vectors.rows).reduce(0) { largest, axis in
      max(largest, (0..<vectors.columns).reduce(0) { $0 + vectors[axis, $1] * images[axis, $1] })
    }
  }

  private static func eigenPairs(
    _ matrix: Matrix<Double>, count: Int, _ context: StageContext
  ) throws(StageError) -> EigenPairs<Double> {
    do throws(LinearAlgebraError) {
      return try symmetricEigen(matrix, top: count, stoppingAt: context.arithmeticSafePoint)
    } catch {
      throw error.stageError
    }
  }

  private static func eigenAxes(
    _ covariance: Matrix<Double>, count: Int, _ context: StageContext
  ) throws(StageError) -> PrincipalAxes {
    var pairs = try eigenPairs(covariance, count: count, context)
    pairs.vectors.fixSigns()
    return PrincipalAxes(variances: pairs.values.map { max(0, $0) }, vectors: pairs.vectors)
  }

  /// The axes from the eigenvectors of a Gram matrix, given the sums of the rows that these weigh.
  private static func gramAxes(
    _ pairs: EigenPairs<Double>, _ images: Matrix<Double>, rows: Int, _ context: StageContext
  ) throws(StageError) -> PrincipalAxes {
    do throws(LinearAlgebraError) {
      // Orthogonal already, but for rounding, which weighs on the small ones.
      var vectors = try orthonormalRows(images, stoppingAt: context.arithmeticSafePoint)
      vectors.fixSigns()
      return PrincipalAxes(variances: pairs.values.map { max(0, $0) / Double(rows - 1) }, vectors: vectors)
    } catch {
      throw error.stageError
    }
  }
}

/// The covariance of the columns over some rows (divided by their number less 1), in double throughout.
private func exactCovariance(
  of matrix: Matrix<Float>, rows: [Int], means: [Double], _ context: StageContext
) throws(StageError) -> Matrix<Double> {
  let block = max(1024, (4 << 20) / max(1, matrix.columns))
  var sum = Matrix<Double>(rows: matrix.columns, columns: matrix.columns)
  for start in stride(from: 0, to: rows.count, by: block) {
    let data = centeredInDouble(
      matrix, rows: rows[start..<min(rows.count, start + block)], means: means)
    let part = try crossProduct(data, stoppingAt: context.safePoint)
    if start == 0 { sum = part } else { sum.add(part) }
  }
  sum.scale(by: 1 / Double(rows.count - 1))
  return sum
}

/// Some rows of a matrix in double, with the means subtracted.
func centeredInDouble(
  _ matrix: Matrix<Float>, rows: ArraySlice<Int>, means: [Double]
) -> Matrix<Double> {
  let columns = matrix.columns
  let tile = max(1, 65_536 / max(1, columns))
  return Matrix(rows: rows.count, columns: columns) { target in
    guard let target = target.baseAddress else { return }
    matrix.withPointer { source in
      means.withUnsafeBufferPointer { means in
        parallelFor((rows.count + tile - 1) / tile) { index in
          for position in index * tile..<min(rows.count, (index + 1) * tile) {
            let x = source + rows[rows.startIndex + position] * columns
            let y = target + position * columns
            for column in 0..<columns { y[column] = Double(x[column]) - means[column] }
          }
        }
      }
    }
  }
}

extension Matrix where Scalar == Double {
  /// A covariance (divided by the number of rows less 1) with the means' part added: Σ x xᵀ, so divided.
  fileprivate func addingMeans(_ means: [Double], rows count: Int) -> Matrix {
    let factor = Double(count) / Double(count - 1)
    var sum = self
    sum.withMutablePointer { base in
      for row in 0..<rows {
        for column in 0..<columns { base[row * columns + column] += factor * means[row] * means[column] }
      }
    }
    return sum
  }

  fileprivate mutating func scale(by factor: Double) {
    let count = count
    withMutablePointer { values in
      for index in 0..<count { values[index] *= factor }
    }
  }
}
