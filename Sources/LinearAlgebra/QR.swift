/// An orthonormal basis of the space that vectors span, by Householder reflections (`?geqrf`, `?orgqr`).
///
/// Reflections keep the result orthonormal to working precision whatever the input; where the vectors are
/// dependent, it is completed by others.
/// - Parameters:
///   - vectors: k × n, k ≤ n: the rows are the vectors.
///   - safePoint: as for `symmetricEigen`.
/// - Returns: k × n with orthonormal rows; its first i rows span the first i vectors.
/// - Throws: `notFinite`; `stopped`.
public func orthonormalRows<Scalar: MatrixScalar>(
  _ vectors: Matrix<Scalar>, stoppingAt safePoint: SafePoint<LinearAlgebraError> = .none
) throws(LinearAlgebraError) -> Matrix<Scalar> {
  precondition(vectors.rows <= vectors.columns, "more vectors than dimensions")
  if !vectors.isFinite { throw .notFinite }
  if vectors.count == 0 { return vectors }
  let operations = 4 * Double(vectors.count) * Double(vectors.rows)
  return try runApart(operations: operations, stoppingAt: safePoint) { orthonormal(vectors) }
}

private func orthonormal<Scalar: MatrixScalar>(_ vectors: Matrix<Scalar>) -> Matrix<Scalar> {
  // Our rows are LAPACK's columns.
  let basis = vectors.buffer.copy()
  let scales = Buffer<Scalar>(uninitialized: vectors.rows)
  let (n, k) = (vectors.columns, vectors.rows)
  let info = LAPACK.geqrf(rows: n, columns: k, basis.base, scales: scales.base)
  let formed = LAPACK.orgqr(rows: n, columns: k, basis.base, scales: scales.base)
  precondition(info == 0 && formed == 0, "LAPACK was called with wrong arguments")
  return Matrix(rows: k, columns: n, buffer: basis)
}
