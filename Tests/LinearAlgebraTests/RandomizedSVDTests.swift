import LinearAlgebra
import Testing

@Suite struct RandomizedSVDTests {
  static func decaying<Scalar: MatrixScalar>(_ m: Int, _ n: Int) throws -> Matrix<Scalar> {
    var numbers = TestNumbers(8)
    let rank = min(m, n)
    let left = try orthonormalRows(numbers.matrix(rank, m) as Matrix<Double>)
    var right = try orthonormalRows(numbers.matrix(rank, n) as Matrix<Double>)
    right.scaleRows(by: (0..<rank).map { 10 / Double(($0 + 1) * ($0 + 1)) })
    return plainProduct(left.transposed, right).converted()
  }

  static func agrees<Scalar: MatrixScalar>(_ type: Scalar.Type, _ m: Int, _ n: Int, tolerance: Double) throws
  {
    let a: Matrix<Scalar> = try decaying(m, n)
    let exact = try thinSVD(a)
    let found = try randomizedSVD(a, count: 6, seed: 3)
    #expect(found.values.count == 6 && found.left.columns == m && found.right.columns == n)
    for index in 0..<6 {
      #expect(
        abs(Double(found.values[index] - exact.values[index])) < tolerance * Double(exact.values[index]))
    }
    #expect(difference(found.right, exact.right.selecting(rows: Array(0..<6))) < tolerance * 100)
    #expect(difference(found.left, exact.left.selecting(rows: Array(0..<6))) < tolerance * 100)
    #expect(orthonormality(found.left) < 1e-5 && orthonormality(found.right) < 1e-5)
  }

  @Test(arguments: [(60, 40), (40, 60)])
  func theLargestValuesAgreeWithTheFullDecomposition(m: Int, n: Int) throws {
    try Self.agrees(Double.self, m, n, tolerance: 1e-9)
    try Self.agrees(Float.self, m, n, tolerance: 1e-5)
  }

  @Test func theSeedDecides() throws {
    let a: Matrix<Double> = try Self.decaying(50, 40)
    let first = try randomizedSVD(a, count: 5, powerIterations: 0, seed: 1)
    #expect(try randomizedSVD(a, count: 5, powerIterations: 0, seed: 1).right == first.right)
    #expect(try randomizedSVD(a, count: 5, powerIterations: 0, seed: 2).right != first.right)
  }

  @Test func lowRankAndSmallMatricesWork() throws {
    let zero = try randomizedSVD(Matrix<Float>(rows: 50, columns: 40), count: 3, seed: 0)
    #expect(zero.values == [0, 0, 0] && orthonormality(zero.left) < 1e-5)
    #expect(try randomizedSVD(Matrix<Double>([[3, 0], [0, 4]]), count: 9, seed: 0).values == [4, 3])
    #expect(throws: LinearAlgebraError.notFinite) {
      try randomizedSVD(Matrix<Float>([[.infinity]]), count: 1, seed: 0)
    }
  }
}
