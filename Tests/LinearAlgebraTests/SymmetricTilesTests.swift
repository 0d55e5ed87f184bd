import LinearAlgebra
import Testing

@Suite struct SymmetricTilesTests {
  private static let shapes = [[0, 3], [1, 1], [9, 4], [47, 5], [512, 3], [530, 7], [1041, 6]]

  private func expectSums(_ found: SummedMatrix) {
    let matrix = found.matrix
    #expect(matrix == matrix.transposed && found.rowSums.count == matrix.rows)
    for row in stride(from: 0, to: matrix.rows, by: max(1, matrix.rows / 50)) {
      let (sum, scale) = dot(matrix.columns, { Double(matrix[row, $0]) }, { _ in 1 })
      #expect(abs(found.rowSums[row] - sum) <= 1e-12 * (scale + 1))
    }
  }

  @Test(arguments: shapes) func mappedProductsAreThoseOfTheGramMatrix(shape: [Int]) {
    onThreads(3) {
      let a = randomMatrix(shape[0], shape[1], seed: 1)
      let found = mappedGram(a) { raise($0, scale: 0.5, constant: 1, toPower: 3) }
      expectSums(found)
      let products = gram(a)
      for row in stride(from: 0, to: a.rows, by: max(1, a.rows / 37)) {
        for column in 0..<a.rows {
          let base = 0.5 * products[row, column] + 1
          #expect(abs(found.matrix[row, column] - base * base * base) <= 1e-5 * (1 + abs(base * base * base)))
        }
      }
    }
  }

  @Test(arguments: shapes, [0.0, 1000]) func mappedDistancesAreTheDistances(shape: [Int], offset: Double) {
    onThreads(3) {
      let a = randomMatrix(shape[0], shape[1], seed: 2, offset: offset)
      let found = mappedSquaredDistances(among: a) { piece in
        for index in piece.indices { piece[index] += 1 }
      }
      expectSums(found)
      let distances = squaredDistances(among: a)
      for row in 0..<a.rows {
        #expect(found.matrix[row, row] == 1)
        for column in stride(from: 0, to: a.rows, by: 41) {
          let expected = distances[row, column] + 1
          #expect(abs(found.matrix[row, column] - expected) <= 1e-5 * expected)
        }
      }
    }
  }

  @Test(arguments: shapes) func mappedManhattanDistancesAreSumsOfDifferences(shape: [Int]) {
    onThreads(3) {
      let a = randomMatrix(shape[0], shape[1], seed: 3)
      let found = mappedManhattanDistances(among: a) { _ in }
      expectSums(found)
      for row in stride(from: 0, to: a.rows, by: max(1, a.rows / 23)) {
        for column in 0..<a.rows {
          let expected = (0..<a.columns).reduce(Float(0)) { $0 + abs(a[row, $1] - a[column, $1]) }
          #expect(abs(found.matrix[row, column] - expected) <= 1e-5 * (1 + expected))
        }
      }
    }
  }

  @Test(arguments: 1...9) func powersAreProducts(degree: Int) {
    var values = (0..<150).map { Float($0) / 50 - 1.5 }
    let expected = values.map { value in
      (0..<degree).reduce(1.0) { product, _ in product * Double(value * 2 + 1) }
    }
    values.withUnsafeMutableBufferPointer { raise($0, scale: 2, constant: 1, toPower: degree) }
    #expect(zip(values, expected).allSatisfy { abs(Double($0) - $1) <= 1e-5 * (1 + abs($1)) })
  }

  @Test func theResultDoesNotDependOnThreads() {
    let a = randomMatrix(1100, 20, seed: 4)
    expectSameAtAnyNumberOfThreads {
      let found = mappedSquaredDistances(among: a) { _ in }
      return [found.matrix.elements.map(Double.init), found.rowSums]
    }
  }
}
