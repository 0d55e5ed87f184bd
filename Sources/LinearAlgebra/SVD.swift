/// A thin singular value decomposition: A = Uᵀ·diag(values)·V with the singular vectors as rows of U and V.
public struct SingularValues<Scalar: MatrixScalar>: Sendable {
  /// The singular values, largest first.
  public var values: [Scalar]
  /// The left singular vectors: row i belongs to value i and has an entry for each row of A.
  public var left: Matrix<Scalar>
  /// The right singular vectors: row i belongs to value i and has an entry for each column of A.
  public var right: Matrix<Scalar>
}

/// The thin singular value decomposition of a matrix by divide and conquer (`?gesdd`).
///
/// The time is of order m·n·min(m, n). The signs make the largest entry of each right vector positive (`fixSigns`).
/// - Parameters:
///   - a: m × n; either may be 0.
///   - safePoint: as for `symmetricEigen`.
/// - Returns: min(m, n) values with their vectors.
/// - Throws: `notFinite`; `notConverged`; `stopped`.
public func thinSVD<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, stoppingAt safePoint: SafePoint<LinearAlgebraError> = .none
) throws(LinearAlgebraError) -> SingularValues<Scalar> {
  let rank = min(a.rows, a.columns)
  if !a.isFinite { throw .notFinite }
  if rank == 0 {
    return SingularValues(
      values: [], left: Matrix(rows: 0, columns: a.rows), right: Matrix(rows: 0, columns: a.columns))
  }
  let operations = 6 * Double(a.count) * Double(rank)
  return try runApart(operations: operations, stoppingAt: safePoint) {
    () -> Result<SingularValues<Scalar>, LinearAlgebraError> in
    Result { () throws(LinearAlgebraError) in try denseSVD(a, rank) }
  }.get()
}

private func denseSVD<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, _ rank: Int
) throws(LinearAlgebraError) -> SingularValues<Scalar> {
  // LAPACK sees the transpose, n × m in columns: its left vectors are our right ones, already as rows; its right
  // ones come as columns of our left factor.
  let values = Buffer<Scalar>(uninitialized: rank)
  let right = Buffer<Scalar>(uninitialized: rank * a.columns)
  let left = Buffer<Scalar>(uninitialized: a.rows * rank)
  let work = a.buffer.copy()
  let info = LAPACK.gesdd(
    rows: a.columns, columns: a.rows, work.base, values: values.base, left: right.base, right: left.base)
  if info != 0 { throw .notConverged(method: "?gesdd", iterations: info) }
  var result = SingularValues(
    values: (0..<rank).map { values.base[$0] },
    left: Matrix(rows: a.rows, columns: rank, buffer: left).transposed,
    right: Matrix(rows: rank, columns: a.columns, buffer: right))
  result.left.scaleRows(by: result.right.fixSigns())
  return result
}
