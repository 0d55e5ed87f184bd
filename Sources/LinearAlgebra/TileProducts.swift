extension Kernels {
  /// C ← A·B, all row-major: A is `rows × depth` with rows `stride` apart, B `depth × columns`.
  public static func multiply<Scalar: MatrixScalar>(
    _ a: UnsafePointer<Scalar>, stride: Int, _ b: UnsafePointer<Scalar>, rows: Int, columns: Int, depth: Int,
    into c: UnsafeMutablePointer<Scalar>
  ) {
    BLAS.multiply(
      BLAS.Operand(base: a, stride: stride), BLAS.Operand(base: b, stride: columns), rows: rows,
      columns: columns, depth: depth, into: c, stride: columns)
  }

  /// The lower triangle of C ← C + Aᵀ·A in double for a row-major `rows × columns` matrix A.
  public static func addCrossProduct(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int, to c: UnsafeMutablePointer<Double>
  ) {
    BLAS.multiplySymmetric(
      BLAS.Operand(base: a, stride: columns, isTransposed: true), order: columns, depth: rows, beta: 1,
      into: c, stride: columns)
  }

  /// Σ x² in the precision of x.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public static func sumOfSquares<Scalar: MatrixScalar>(
    _ x: UnsafePointer<Scalar>, count: Int
  ) -> Scalar {
    var lanes = SIMD8<Scalar>(repeating: 0)
    var index = 0
    while index + 8 <= count {
      let values = UnsafeRawPointer(x + index).loadUnaligned(as: SIMD8<Scalar>.self)
      lanes += values * values
      index += 8
    }
    var sum = lanes.sum()
    while index < count {
      sum += x[index] * x[index]
      index += 1
    }
    return sum
  }

  /// y ← y + a·x in double.
  public static func addScaled(
    _ a: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, count: Int
  ) {
    for index in 0..<count { y[index] += a * x[index] }
  }
}
