import LinearAlgebra
import Testing

@Suite struct RandomizedEigenTests {
  private static let spectrum = (0..<120).map { 10 / Double(($0 + 1) * ($0 + 1)) }

  private func check<Scalar: MatrixScalar>(_ type: Scalar.Type, tolerance: Double) throws {
    let a: Matrix<Scalar> = try symmetric(spectrum: Self.spectrum)
    let found = try randomizedEigen(a, start: randomMatrix(16, 120, Scalar.self), count: 6)
    #expect(found.pairs.values.count == 6 && found.residuals.count == 6)
    for (value, expected) in zip(found.pairs.values, Self.spectrum) {
      #expect(abs(Double(value) - expected) < tolerance * expected)
    }
    #expect(orthonormality(found.pairs.vectors) < 1e-5)
    #expect(found.residuals.allSatisfy { $0 < 1e-3 })
  }

  @Test func theLargestPairsAreThoseOfTheMatrix() throws {
    try check(Double.self, tolerance: 1e-8)
    try check(Float.self, tolerance: 1e-5)
  }

  @Test func residualsTellHowFarAPairIsFromBeingOne() throws {
    let a: Matrix<Double> = try symmetric(spectrum: (0..<120).map { 1 / Double($0 + 1).squareRoot() })
    var last = Double.infinity
    for iterations in [0, 2, 8] {
      let found = try randomizedEigen(
        a, start: randomMatrix(15, 120, Double.self), count: 5, powerIterations: iterations)
      for row in 0..<5 {
        let vector = Matrix(rows: 1, columns: 120, elements: found.pairs.vectors.row(row))
        let image = plainProduct(vector, a)
        let gaps = (0..<120).map { image[0, $0] - found.pairs.values[row] * vector[0, $0] }
        let expected = gaps.reduce(0) { $0 + $1 * $1 }.squareRoot() / found.pairs.values[row]
        #expect(abs(found.residuals[row] - expected) < 1e-9 + 1e-6 * expected)
      }
      let worst = found.residuals.max() ?? 0
      #expect(worst < last)
      last = worst
    }
  }

  @Test func allPairsAndNoneWork() throws {
    let a: Matrix<Double> = try symmetric(spectrum: [3, 2, 1])
    let all = try randomizedEigen(a, start: randomMatrix(3, 3, Double.self), count: 9)
    #expect(zip(all.pairs.values, [3, 2, 1]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(try randomizedEigen(a, start: randomMatrix(2, 3, Double.self), count: 0).pairs.values == [])
  }
}
