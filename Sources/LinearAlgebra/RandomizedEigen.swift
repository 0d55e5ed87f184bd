/// Eigenpairs that were found approximately, with how far each is from being one.
public struct ApproximateEigenPairs<Scalar: MatrixScalar>: Sendable {
  /// The pairs, largest first.
  public var pairs: EigenPairs<Scalar>
  /// ‖A·v − λ·v‖ ÷ |λ| of each pair.
  public var residuals: [Double]
}

/// The largest eigenpairs of a symmetric positive semi-definite matrix, by a randomised search for their space.
///
/// A random block of vectors, some more than are wanted, is multiplied by the matrix `powerIterations` + 1 times, each
/// time made orthonormal by Householder reflections; the pairs of the matrix on that space follow (Halko, Martinsson and
/// Tropp 2011, algorithms 4.4 and 5.3). Approximate: the error shrinks with the ratio of the eigenvalues behind the block
/// to the wanted ones, to the power of 2·`powerIterations` + 2; the residuals tell what was reached.
/// - Parameters:
///   - a: n × n, symmetric in both triangles.
///   - start: the random block, b × n, b ≤ n.
///   - count: how many of the largest pairs; more than b means b.
///   - powerIterations: products after the first.
///   - safePoint: asked between tiles of products and steps.
/// - Throws: `notFinite`; `stopped`.
public func randomizedEigen<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, start: Matrix<Scalar>, count: Int, powerIterations: Int = 4,
  stoppingAt safePoint: SafePoint<LinearAlgebraError> = .none
) throws(LinearAlgebraError) -> ApproximateEigenPairs<Scalar> {
  precondition(a.rows == a.columns && start.columns == a.rows, "a symmetric matrix is square")
  let wanted = max(0, min(count, start.rows))
  var basis = start
  for _ in 0...max(0, powerIterations) {
    basis = try orthonormalRows(product(basis, a, stoppingAt: safePoint), stoppingAt: safePoint)
  }
  // The rows of the image are those of the basis times A.
  let image = try product(basis, a, stoppingAt: safePoint)
  let projection = try product(
    basis.converted(to: Double.self), transposed: image.converted(to: Double.self), stoppingAt: safePoint)
  let small = try symmetricEigen(projection, top: wanted, stoppingAt: safePoint)
  let weights: Matrix<Scalar> = small.vectors.converted()
  var vectors = try product(weights, basis, stoppingAt: safePoint)
  let images = try product(weights, image, stoppingAt: safePoint)
  let residuals = (0..<wanted).map { row in
    residual(of: vectors, image: images, row: row, value: small.values[row])
  }
  vectors.fixSigns()
  return ApproximateEigenPairs(
    pairs: EigenPairs(values: small.values.map { Scalar($0) }, vectors: vectors), residuals: residuals)
}

private func residual<Scalar: MatrixScalar>(
  of vectors: Matrix<Scalar>, image: Matrix<Scalar>, row: Int, value: Double
) -> Double {
  let n = vectors.columns
  return vectors.withPointer { vectors in
    image.withPointer { image in
      let square = (row * n..<(row + 1) * n).reduce(0.0) { sum, index in
        let gap = Double(image[index]) - value * Double(vectors[index])
        return sum + gap * gap
      }
      return square.squareRoot() / max(abs(value), .leastNormalMagnitude)
    }
  }
}
