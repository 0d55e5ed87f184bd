import LinearAlgebra
import Testing

@Suite struct SymmetricEigenTests {
  static func laws<Scalar: MatrixScalar>(_ type: Scalar.Type, n: Int, top: Int?, tolerance: Double) throws {
    let spectrum = (0..<n).map { 3.0 / Double($0 + 1) - 0.2 }
    let a: Matrix<Scalar> = try symmetric(spectrum: spectrum)
    let pairs = try symmetricEigen(a, top: top)
    #expect(pairs.values.count == min(top ?? n, n))
    #expect(pairs.vectors.rows == pairs.values.count && pairs.vectors.columns == n)
    for (found, expected) in zip(pairs.values, spectrum) {
      #expect(abs(Double(found) - expected) < tolerance)
    }
    #expect(residual(a, pairs) < tolerance)
    #expect(orthonormality(pairs.vectors) < tolerance)
  }

  @Test(arguments: [(1, nil), (2, nil), (7, 3), (65, 5), (210, 30), (90, nil), (90, 200)] as [(Int, Int?)])
  func pairsSatisfyTheirDefinition(n: Int, top: Int?) throws {
    try Self.laws(Double.self, n: n, top: top, tolerance: 1e-12)
    try Self.laws(Float.self, n: n, top: top, tolerance: 2e-5)
  }

  @Test(arguments: [1, 2, 65, 210]) func valuesAloneAreThoseOfThePairs(n: Int) throws {
    let a: Matrix<Double> = try symmetric(spectrum: (0..<n).map { 3.0 / Double($0 + 1) - 0.2 })
    let values = try symmetricEigenvalues(a)
    #expect(values.count == n)
    for (value, expected) in zip(values, try symmetricEigen(a).values) {
      #expect(abs(value - expected) < 1e-13)
    }
    #expect(try symmetricEigenvalues(Matrix<Double>([[2, 99], [1, 2]])).map { $0.rounded() } == [3, 1])
    #expect(throws: LinearAlgebraError.notFinite) { try symmetricEigenvalues(Matrix<Double>([[.nan]])) }
    #expect(try symmetricEigenvalues(Matrix<Double>(rows: 0, columns: 0)).isEmpty)
  }

  @Test func theEmptyMatrixHasNoPairs() throws {
    let pairs = try symmetricEigen(Matrix<Double>(rows: 0, columns: 0))
    #expect(pairs.values.isEmpty && pairs.vectors.rows == 0)
    #expect(try symmetricEigen(Matrix<Double>(rows: 3, columns: 3), top: 0).values.isEmpty)
  }

  @Test func onlyTheLowerTriangleIsRead() throws {
    let pairs = try symmetricEigen(Matrix<Double>([[2, 99], [1, 2]]))
    #expect(abs(pairs.values[0] - 3) < 1e-14 && abs(pairs.values[1] - 1) < 1e-14)
  }

  @Test func equalEigenvaluesGetOrthonormalVectors() throws {
    for top in [nil, 10] {
      let pairs = try symmetricEigen(identity(220), top: top)
      #expect(pairs.values.allSatisfy { $0 == 1 })
      #expect(orthonormality(pairs.vectors) < 1e-13)
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func numbersThatAreNotFiniteAreRefused(value: Double) {
    var a = Matrix<Double>(rows: 20, columns: 20)
    a[19, 3] = value
    #expect(throws: LinearAlgebraError.notFinite) { try symmetricEigen(a) }
  }
}
