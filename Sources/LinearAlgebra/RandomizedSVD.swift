/// The largest singular values of a matrix with their vectors, by a randomised search for the rows' space.
///
/// A random block of `count + oversampling` combinations of rows is refined by power iterations, each made orthonormal
/// by Householder reflections; the decomposition of the matrix on that space follows (Halko, Martinsson and Tropp 2011,
/// algorithms 4.4 and 5.1). Approximate: the error shrinks with the ratio of the singular values behind the block to the
/// wanted ones, to the power of 2·`powerIterations` + 1. The time is of order m·n·`count`.
/// - Parameters:
///   - a: m × n.
///   - count: how many are wanted; more than min(m, n) means all.
///   - oversampling: combinations beyond `count`.
///   - powerIterations: products with AᵀA.
///   - seed: decides the random block; the same seed gives the same result at any number of threads.
///   - safePoint: asked between tiles of products and steps.
/// - Throws: `notFinite`; `notConverged`; `stopped`.
public func randomizedSVD<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, count: Int, oversampling: Int = 10, powerIterations: Int = 4, seed: UInt64,
  stoppingAt safePoint: SafePoint<LinearAlgebraError> = .none
) throws(LinearAlgebraError) -> SingularValues<Scalar> {
  if !a.isFinite { throw .notFinite }
  let rank = min(a.rows, a.columns)
  let wanted = max(0, min(count, rank))
  let width = min(rank, wanted + max(0, oversampling))
  if width == rank { return truncated(try thinSVD(a, stoppingAt: safePoint), to: wanted) }
  var random = RandomStream(seed: seed)
  let start = Matrix<Scalar>(rows: width, columns: a.columns) { target in
    for index in target.indices { target[index] = Scalar(random.normal()) }
  }
  // Rows of `left` span the space of A's columns: width × m; `right` that of its rows: width × n.
  func columns(_ rows: Matrix<Scalar>) throws(LinearAlgebraError) -> Matrix<Scalar> {
    try orthonormalRows(product(rows, transposed: a, stoppingAt: safePoint), stoppingAt: safePoint)
  }
  var left = try columns(start)
  for _ in 0..<max(0, powerIterations) {
    let right = try orthonormalRows(product(left, a, stoppingAt: safePoint), stoppingAt: safePoint)
    left = try columns(right)
  }
  let image = try product(left, a, stoppingAt: safePoint)
  let small = truncated(try thinSVD(image, stoppingAt: safePoint), to: wanted)
  return SingularValues(values: small.values, left: product(small.left, left), right: small.right)
}

private func truncated<Scalar>(_ svd: SingularValues<Scalar>, to count: Int) -> SingularValues<Scalar> {
  let kept = Array(0..<count)
  return SingularValues(
    values: Array(svd.values.prefix(count)), left: svd.left.selecting(rows: kept),
    right: svd.right.selecting(rows: kept))
}
