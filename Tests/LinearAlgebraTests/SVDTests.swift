import LinearAlgebra
import Testing

@Suite struct SVDTests {
  static func laws<Scalar: MatrixScalar>(_ type: Scalar.Type, _ m: Int, _ n: Int, tolerance: Double) throws {
    var numbers = TestNumbers(5)
    let a: Matrix<Scalar> = numbers.matrix(m, n)
    let svd = try thinSVD(a)
    #expect(svd.values.count == min(m, n))
    #expect(svd.values == svd.values.sorted(by: >) && svd.values.allSatisfy { $0 >= 0 })
    #expect(orthonormality(svd.left) < tolerance && orthonormality(svd.right) < tolerance)
    var scaled = svd.right
    scaled.scaleRows(by: svd.values)
    #expect(difference(plainProduct(svd.left.transposed, scaled), a) < tolerance)
    var right = svd.right
    #expect(right.fixSigns().allSatisfy { $0 == 1 })
  }

  @Test(arguments: [(1, 1), (5, 3), (3, 5), (40, 40), (70, 20), (20, 70)])
  func factorsAreOrthonormalAndGiveTheMatrixBack(m: Int, n: Int) throws {
    try Self.laws(Double.self, m, n, tolerance: 1e-13)
    try Self.laws(Float.self, m, n, tolerance: 2e-5)
  }

  @Test func squaresAreTheEigenvaluesOfTheGramMatrix() throws {
    var numbers = TestNumbers(9)
    let a: Matrix<Double> = numbers.matrix(30, 12)
    let values = try symmetricEigen(plainProduct(a.transposed, a)).values
    for (single, square) in zip(try thinSVD(a).values, values) {
      #expect(abs(single * single - square) < 1e-12 * values[0])
    }
  }

  @Test func emptyMatricesHaveNoValues() throws {
    let svd = try thinSVD(Matrix<Float>(rows: 0, columns: 4))
    #expect(svd.values.isEmpty && svd.right.columns == 4 && svd.left.columns == 0)
  }

  @Test func numbersThatAreNotFiniteAreRefused() {
    #expect(throws: LinearAlgebraError.notFinite) { try thinSVD(Matrix<Float>([[1, .nan]])) }
  }
}
