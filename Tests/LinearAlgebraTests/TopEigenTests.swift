import LinearAlgebra
import Testing

@Suite struct TopEigenTests {
  /// An RBF Gram matrix of repeatable points, centred as kernel PCA centres it.
  static func gram<Scalar: MatrixScalar>(n: Int, dimensions: Int = 12, gamma: Double) -> Matrix<Scalar> {
    var numbers = TestNumbers(11)
    let points = (0..<n).map { _ in (0..<dimensions).map { _ in numbers.next() } }
    var kernel = Matrix<Double>(rows: n, columns: n) { target in
      for i in 0..<n {
        for j in 0..<n {
          let square = zip(points[i], points[j]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          target[i * n + j] = exponential(-gamma * square)
        }
      }
    }
    let means = (0..<n).map { kernel.row($0).reduce(0, +) / Double(n) }
    let mean = means.reduce(0, +) / Double(n)
    for i in 0..<n { for j in 0..<n { kernel[i, j] += mean - means[i] - means[j] } }
    return kernel.converted()
  }

  static func agrees<Scalar: MatrixScalar>(_ a: Matrix<Scalar>, count: Int, values: Double, residuals: Double)
    throws
  {
    let found = try topEigen(a, count: count)
    let exact = try symmetricEigen(a.converted(to: Double.self), top: count)
    #expect(found.values.count == count && found.vectors.rows == count)
    for (value, expected) in zip(found.values, exact.values) {
      #expect(abs(Double(value) - expected) <= values * max(expected, exact.values[0] * 1e-2))
    }
    #expect(residual(a, found) < residuals)
    #expect(orthonormality(found.vectors) < 2e-5)
  }

  @Test(arguments: [1, 2, 8, 32])
  func pairsAgreeWithTheDenseSolver(count: Int) throws {
    let kernel: Matrix<Double> = Self.gram(n: 400, gamma: 0.05)
    try Self.agrees(kernel.converted(to: Float.self), count: count, values: 1e-5, residuals: 1e-4)
    try Self.agrees(kernel, count: count, values: 1e-7, residuals: 1e-4)
  }

  @Test func multipleEigenvaluesAreFoundAsOftenAsTheyOccur() throws {
    let spectrum = (0..<300).map { $0 < 20 ? 5.0 : $0 < 33 ? 3.0 : 1 / Double($0) }
    let a: Matrix<Float> = try symmetric(spectrum: spectrum)
    try Self.agrees(a, count: 30, values: 1e-5, residuals: 1e-4)
    let projector: Matrix<Float> = try symmetric(spectrum: (0..<300).map { $0 < 25 ? 1 : 0 })
    try Self.agrees(projector, count: 32, values: 1e-4, residuals: 1e-4)
  }

  @Test func theIdentityTheZeroMatrixAndLowRankWork() throws {
    let ones = try topEigen(identity(300), count: 20)
    #expect(ones.values.allSatisfy { abs($0 - 1) < 1e-12 } && orthonormality(ones.vectors) < 1e-12)
    let zeros = try topEigen(Matrix<Float>(rows: 300, columns: 300), count: 5)
    #expect(zeros.values == [0, 0, 0, 0, 0] && orthonormality(zeros.vectors) < 1e-5)
    let low: Matrix<Float> = try symmetric(spectrum: [4, 2, 1] + [Double](repeating: 0, count: 297))
    try Self.agrees(low, count: 10, values: 1e-4, residuals: 1e-4)
  }

  @Test func anOperatorGivesTheSameAsItsMatrix() throws {
    let a: Matrix<Double> = Self.gram(n: 300, gamma: 0.1)
    let pairs = try topEigen(a, count: 6)
    let other = try topEigen(order: 300, count: 6) { plainProduct($0, a) }
    #expect(zip(pairs.values, other.values).allSatisfy { abs($0 - $1) < 1e-10 * pairs.values[0] })
    #expect(difference(pairs.vectors, other.vectors) < 1e-4)
    let small = try topEigen(order: 20, count: 3) { (block: Matrix<Double>) in block }
    #expect(small.values.allSatisfy { abs($0 - 1) < 1e-14 })
  }

  @Test func theResultDoesNotDependOnThreads() throws {
    let a: Matrix<Float> = Self.gram(n: 600, gamma: 0.05)
    let alone = try topEigen(a, count: 12)
    let pool = WorkerPool(threads: 3)
    let shared = try pool.run { try topEigen(a, count: 12) }
    pool.shutdown()
    #expect(alone.values == shared.values && alone.vectors == shared.vectors)
  }

  @Test func theEndOfASlowSpectrumFallsBackOrConverges() throws {
    let a: Matrix<Float> = try symmetric(spectrum: (0..<300).map { 1 - Double($0) * 1e-3 })
    try Self.agrees(a, count: 10, values: 1e-4, residuals: 2e-4)
  }

  @Test func numbersThatAreNotFiniteAreRefused() {
    var a = Matrix<Float>(rows: 300, columns: 300)
    a[7, 7] = .infinity
    #expect(throws: LinearAlgebraError.notFinite) { try topEigen(a, count: 2) }
  }
}

/// eˣ by its series after halving: enough for a test's kernel.
private func exponential(_ x: Double) -> Double {
  let small = x / 1024
  var (term, sum) = (1.0, 1.0)
  for order in 1...8 {
    term *= small / Double(order)
    sum += term
  }
  return (0..<10).reduce(sum) { value, _ in value * value }
}
