import Diagnostics
import LinearAlgebra
import StageKit

/// Refuses a matrix of all pairs that memory would hardly hold.
///
/// - Throws: `outOfRange`.
func requireOrder(_ order: Int, of noun: String) throws(StageError) {
  guard order > PrincipalAxes.largestOrder else { return }
  throw Diagnostic(
    .outOfRange, "there are too many \(noun) for a matrix of all their pairs",
    fields: [noun: "\(order)", "allowed": "up to \(PrincipalAxes.largestOrder)"],
    hint: "reduce with `pca` by its solver `randomized`")
}

extension Matrix where Scalar == Double {
  /// The sum of the diagonal.
  var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + self[$1, $1] } }

  /// Adds a number to each element of the diagonal.
  mutating func addToDiagonal(_ value: Double) {
    let order = rows
    withMutablePointer { base in for index in 0..<order { base[index * order + index] += value } }
  }

  /// Adds a number to each element.
  mutating func add(_ value: Double) {
    let count = count
    withMutablePointer { base in for index in 0..<count { base[index] += value } }
  }

  /// Adds a matrix of the same shape.
  mutating func add(_ other: Matrix) {
    let count = count
    withMutablePointer { base in
      other.withPointer { other in for index in 0..<count { base[index] += other[index] } }
    }
  }

  /// The mean of the rows, each with a weight of its own.
  func weightedMeanRow(_ weights: [Double]) -> [Double] {
    let total = weights.reduce(0, +)
    return (0..<columns).map { column in
      weights.indices.reduce(0) { $0 + weights[$1] * self[$1, column] } / total
    }
  }

  /// The Cholesky factor; nil where a column is, but for a smaller share of its square, made of those before it.
  ///
  /// - Throws: `outOfRange` if an entry is not finite, `cancelled`.
  func cholesky(leastPivot: Double, _ context: StageContext) throws(StageError) -> Cholesky<Double>? {
    do throws(LinearAlgebraError) {
      let factor = try Cholesky(self, stoppingAt: context.arithmeticSafePoint)
      let isSound = (0..<rows).allSatisfy { index in
        let pivot = factor.lower[index, index]
        return pivot * pivot >= leastPivot * self[index, index]
      }
      return isSound ? factor : nil
    } catch {
      if case .notPositiveDefinite = error { return nil }
      throw error.stageError
    }
  }
}

extension Matrix {
  /// The square of each element.
  var squared: Matrix {
    withPointer { source in
      Matrix(rows: rows, columns: columns) { target in
        for index in 0..<count { target[index] = source[index] * source[index] }
      }
    }
  }
}

/// Sums over plain memory in either precision, taken in double.
enum RowSums {
  /// Σ x².
  static func squares<Scalar: MatrixScalar>(_ x: UnsafePointer<Scalar>, _ count: Int) -> Double {
    if Scalar.self == Float.self { return Kernels.squaredNorm(retyped(x), count: count) }
    let x: UnsafePointer<Double> = retyped(x)
    var sum = 0.0
    for index in 0..<count { sum += x[index] * x[index] }
    return sum
  }

  /// Σ (x − y)².
  static func squaredDistance<Scalar: MatrixScalar>(
    _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, _ count: Int
  ) -> Double {
    if Scalar.self == Float.self { return Kernels.squaredDistance(retyped(x), retyped(y), count: count) }
    let (x, y): (UnsafePointer<Double>, UnsafePointer<Double>) = (retyped(x), retyped(y))
    var sum = 0.0
    for index in 0..<count { sum += (x[index] - y[index]) * (x[index] - y[index]) }
    return sum
  }

  private static func retyped<From, To>(_ pointer: UnsafePointer<From>) -> UnsafePointer<To> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
  }
}
