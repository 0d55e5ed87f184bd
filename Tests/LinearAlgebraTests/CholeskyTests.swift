import LinearAlgebra
import Testing

@Suite struct CholeskyTests {
  static func laws<Scalar: MatrixScalar>(_ type: Scalar.Type, n: Int, tolerance: Double) throws {
    let a: Matrix<Scalar> = try symmetric(spectrum: (0..<n).map { 1 + Double($0) / 10 })
    let factor = try Cholesky(a)
    #expect(difference(plainProduct(factor.lower, factor.lower.transposed), a) < tolerance)
    for row in 0..<n { for column in row + 1..<max(row + 1, n) { #expect(factor.lower[row, column] == 0) } }
    var numbers = TestNumbers(2)
    let b: Matrix<Scalar> = numbers.matrix(n, 3)
    #expect(difference(plainProduct(a, factor.solve(b)), b) < tolerance)
    #expect(difference(plainProduct(factor.lower, factor.solveLower(b)), b) < tolerance)
    #expect(difference(plainProduct(factor.lower.transposed, factor.solveUpper(b)), b) < tolerance)
  }

  @Test(arguments: [1, 2, 9, 60])
  func factorsGiveTheMatrixBackAndSolve(n: Int) throws {
    try Self.laws(Double.self, n: n, tolerance: 1e-12)
    try Self.laws(Float.self, n: n, tolerance: 1e-4)
  }

  @Test func theDeterminantIsTheProductOfEigenvalues() throws {
    let factor = try Cholesky(diagonal([2.0, 3, 4]))
    #expect(abs(factor.logDeterminant - 3.1780538303479458) < 1e-14)
  }

  @Test func theFirstPivotThatIsNotPositiveIsNamed() {
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 3)) {
      try Cholesky(Matrix<Double>([[2, 0, 0], [0, 2, 0], [2, 2, 3]]))
    }
    #expect(throws: LinearAlgebraError.notFinite) { try Cholesky(Matrix<Double>([[.infinity]])) }
  }

  @Test func theEmptyMatrixHasAFactor() throws {
    #expect(try Cholesky(Matrix<Float>(rows: 0, columns: 0)).solve(Matrix(rows: 0, columns: 2)).columns == 2)
  }
}
