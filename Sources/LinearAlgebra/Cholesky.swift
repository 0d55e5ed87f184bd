#if canImport(Glibc)
  internal import Glibc
#endif

/// The Cholesky factor of a symmetric positive definite matrix: A = L·Lᵀ.
public struct Cholesky<Scalar: MatrixScalar>: Sendable {
  /// n × n, lower triangular; zeros above its diagonal.
  public let lower: Matrix<Scalar>

  /// Factors a matrix, of which only the lower triangle is read.
  ///
  /// - Parameters:
  ///   - a: n × n.
  ///   - safePoint: as for `symmetricEigen`.
  /// - Throws: `notFinite`; `notPositiveDefinite`, whose order is the 1-based pivot that is not positive; `stopped`.
  public init(
    _ a: Matrix<Scalar>, stoppingAt safePoint: SafePoint<LinearAlgebraError> = .none
  ) throws(LinearAlgebraError) {
    precondition(a.rows == a.columns, "a symmetric matrix is square")
    if !a.isFinite { throw .notFinite }
    let n = a.rows
    let factor = a.buffer.copy()
    BLAS.require()
    let operations = Double(n) * Double(n) * Double(n) / 3
    let pivot = try runApart(operations: operations, stoppingAt: safePoint) {
      n == 0 ? 0 : LAPACK.potrf(order: n, factor.base)
    }
    if pivot != 0 { throw .notPositiveDefinite(order: pivot) }
    for row in 0..<n {
      for column in row + 1..<max(row + 1, n) { factor.base[row * n + column] = 0 }
    }
    lower = Matrix(rows: n, columns: n, buffer: factor)
  }

  /// The solution X of A·X = B, for B of n rows.
  public func solve(_ b: Matrix<Scalar>) -> Matrix<Scalar> {
    solveUpper(solveLower(b))
  }

  /// The solution X of L·X = B, for B of n rows: what whitens by this factor.
  public func solveLower<Failure>(
    _ b: Matrix<Scalar>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
  ) throws(Failure) -> Matrix<Scalar> {
    try runApart(operations: Double(lower.rows) * Double(b.count), stoppingAt: safePoint) {
      var x = b
      solveInPlace(&x, isTransposed: false)
      return x
    }
  }

  /// The solution X of Lᵀ·X = B, for B of n rows.
  public func solveUpper(_ b: Matrix<Scalar>) -> Matrix<Scalar> {
    var x = b
    solveInPlace(&x, isTransposed: true)
    return x
  }

  /// The natural logarithm of A's determinant.
  public var logDeterminant: Double {
    (0..<lower.rows).reduce(0) { $0 + 2 * log(Double(lower[$1, $1])) }
  }

  private func solveInPlace(_ x: inout Matrix<Scalar>, isTransposed: Bool) {
    precondition(x.rows == lower.rows, "as many rows as the matrix has")
    if x.count == 0 { return }
    let (n, columns) = (lower.rows, x.columns)
    lower.withPointer { factor in
      x.withMutablePointer {
        LAPACK.solveLower(order: n, factor, isTransposed: isTransposed, columns: columns, $0)
      }
    }
  }
}
