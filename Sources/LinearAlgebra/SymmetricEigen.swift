/// Eigenvalues and eigenvectors of a symmetric matrix.
public struct EigenPairs<Scalar: MatrixScalar>: Sendable {
  /// The eigenvalues, largest first.
  public var values: [Scalar]
  /// The eigenvectors of unit length: row i belongs to value i.
  public var vectors: Matrix<Scalar>

  /// Pairs from values and a matrix of as many rows.
  public init(values: [Scalar], vectors: Matrix<Scalar>) {
    precondition(values.count == vectors.rows)
    self.values = values
    self.vectors = vectors
  }
}

/// The eigenpairs of a dense symmetric matrix, all of them or the largest few.
///
/// All are found by divide and conquer (`?syevd`), few by relatively robust representations (`?syevr`), whichever is
/// quicker. Signs are as LAPACK leaves them: see `fixSigns`. The time is of order n³ even for few; `topEigen`
/// serves a large positive semi-definite matrix better.
/// - Parameters:
///   - a: n × n, n ≥ 0; only its lower triangle is read.
///   - top: how many of the largest are wanted; nil or more than n means all.
///   - safePoint: LAPACK cannot be interrupted, so a large matrix is decomposed on a thread of its own, which is left
///     to itself when the caller ends early.
/// - Throws: `notFinite`; `notConverged`, which LAPACK reports only for matrices that are damaged; `stopped`.
public func symmetricEigen<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, top: Int? = nil, stoppingAt safePoint: SafePoint<LinearAlgebraError> = .none
) throws(LinearAlgebraError) -> EigenPairs<Scalar> {
  precondition(a.rows == a.columns, "a symmetric matrix is square")
  let (n, wanted) = (a.rows, max(0, min(top ?? a.rows, a.rows)))
  if !a.isFinite { throw .notFinite }
  if wanted == 0 { return EigenPairs(values: [], vectors: Matrix(rows: 0, columns: n)) }
  let size = Double(n)
  return try runApart(operations: 3 * size * size * size, stoppingAt: safePoint) {
    () -> Result<EigenPairs<Scalar>, LinearAlgebraError> in
    Result { () throws(LinearAlgebraError) in try denseEigen(a, wanted) }
  }.get()
}

/// The eigenvalues of a dense symmetric matrix, largest first, without the vectors (`?syevd`): several times quicker.
///
/// - Parameters:
///   - a: n × n, n ≥ 0; only its lower triangle is read.
///   - safePoint: as for `symmetricEigen`.
/// - Throws: as `symmetricEigen`.
public func symmetricEigenvalues<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, stoppingAt safePoint: SafePoint<LinearAlgebraError> = .none
) throws(LinearAlgebraError) -> [Scalar] {
  precondition(a.rows == a.columns, "a symmetric matrix is square")
  let n = a.rows
  if !a.isFinite { throw .notFinite }
  if n == 0 { return [] }
  let size = Double(n)
  return try runApart(operations: 4 / 3 * size * size * size, stoppingAt: safePoint) {
    () -> Result<[Scalar], LinearAlgebraError> in
    let (values, work) = (Buffer<Scalar>(uninitialized: n), a.buffer.copy())
    let info = LAPACK.syevd(order: n, work.base, values: values.base, vectors: false)
    if info != 0 { return .failure(.notConverged(method: "?syevd", iterations: info)) }
    return .success((0..<n).map { values.base[n - 1 - $0] })
  }.get()
}

private func denseEigen<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, _ wanted: Int
) throws(LinearAlgebraError) -> EigenPairs<Scalar> {
  let n = a.rows
  // Measured: all by ?syevd take less time up to n = 200, and at n = 2048 as long as half of them by ?syevr.
  if n > 200, wanted <= n / 3, let pairs = topByRepresentations(a, top: wanted) { return pairs }
  let values = Buffer<Scalar>(uninitialized: n)
  let vectors = a.buffer.copy()
  let info = LAPACK.syevd(order: n, vectors.base, values: values.base)
  if info != 0 { throw .notConverged(method: "?syevd", iterations: info) }
  return descending(values: values, vectors: vectors, order: n, found: n, wanted: wanted)
}

/// The largest pairs by `?syevr`, or nil where it fails: `?syevd` is sturdier.
private func topByRepresentations<Scalar>(_ a: Matrix<Scalar>, top: Int) -> EigenPairs<Scalar>? {
  let n = a.rows
  let values = Buffer<Scalar>(uninitialized: n)
  let vectors = Buffer<Scalar>(uninitialized: n * top)
  let work = a.buffer.copy()
  let info = LAPACK.syevr(order: n, top: top, work.base, values: values.base, vectors: vectors.base)
  return info == 0 ? descending(values: values, vectors: vectors, order: n, found: top, wanted: top) : nil
}

/// LAPACK's columns in ascending order as rows in descending order.
private func descending<Scalar>(
  values: Buffer<Scalar>, vectors: Buffer<Scalar>, order n: Int, found: Int, wanted: Int
) -> EigenPairs<Scalar> {
  let rows = Matrix<Scalar>(rows: wanted, columns: n) { target in
    guard let out = target.baseAddress else { return }
    for row in 0..<wanted { (out + row * n).update(from: vectors.base + (found - 1 - row) * n, count: n) }
  }
  return EigenPairs(values: (0..<wanted).map { values.base[found - 1 - $0] }, vectors: rows)
}
