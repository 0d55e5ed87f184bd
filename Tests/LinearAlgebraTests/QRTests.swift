import LinearAlgebra
import Testing

@Suite struct QRTests {
  @Test(arguments: [(1, 1), (3, 3), (4, 30), (40, 90)])
  func rowsAreOrthonormalAndSpanTheSame(k: Int, n: Int) throws {
    var numbers = TestNumbers(3)
    let a: Matrix<Double> = numbers.matrix(k, n)
    let basis = try orthonormalRows(a)
    #expect(orthonormality(basis) < 1e-13)
    let projected = plainProduct(plainProduct(a, basis.transposed), basis)
    #expect(difference(projected, a) < 1e-12)
    #expect(orthonormality(try orthonormalRows(a.converted(to: Float.self))) < 1e-5)
  }

  @Test func dependentVectorsAreCompleted() throws {
    #expect(orthonormality(try orthonormalRows(Matrix<Double>([[1, 1, 0], [2, 2, 0]]))) < 1e-15)
    #expect(orthonormality(try orthonormalRows(Matrix<Double>(rows: 2, columns: 3))) < 1e-15)
  }

  @Test func noVectorsGiveNoBasis() throws {
    #expect(try orthonormalRows(Matrix<Double>(rows: 0, columns: 3)).rows == 0)
  }
}
