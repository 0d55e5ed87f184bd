import LinearAlgebra
import Testing

@Suite struct RadiusSearchTests {
  private func found(_ a: Matrix<Float>, _ radius: Double) -> [[Int32]] {
    let search = RadiusSearch(a, radius: radius)
    return (0..<search.tileCount).flatMap { tile in
      let neighbors = search.neighbors(ofTile: tile)
      return neighbors.rows.map { Array(neighbors[$0]) }
    }
  }

  private func naive(_ a: Matrix<Float>, _ radius: Double) -> [[Int32]] {
    (0..<a.rows).map { row in
      (0..<a.rows).filter { other in
        let square = (0..<a.columns).reduce(0.0) {
          let difference = Double(a[row, $1]) - Double(a[other, $1])
          return $0 + difference * difference
        }
        return square <= radius * radius
      }.map { Int32($0) }
    }
  }

  @Test(arguments: [[0, 3], [1, 1], [40, 2], [700, 5], [1100, 17]], [0, 0.5, 1.5, 1e3])
  func neighborsAreThoseOfTheNaiveLoop(shape: [Int], radius: Double) {
    let a = randomMatrix(shape[0], shape[1], seed: 1, offset: 0.5)
    #expect(found(a, radius) == naive(a, radius))
  }

  @Test func rowsAtExactlyTheRadiusBelongToIt() {
    let line = Matrix<Float>([[0], [3], [6], [6], [10]])
    #expect(found(line, 3) == [[0, 1], [0, 1, 2, 3], [1, 2, 3], [1, 2, 3], [4]])
    #expect(found(line, 0) == [[0], [1], [2, 3], [2, 3], [4]])
  }

  @Test func roundingOfSinglePrecisionDecidesNothing() {
    // Far from the origin along one column; neighbours along another at 1 ± 2⁻²⁰.
    var points = Matrix<Float>(rows: 300, columns: 3)
    for row in 0..<300 {
      points[row, 0] = Float(row % 3) * 4096
      points[row, 1] = row % 2 == 0 ? 0 : 1 + Float(row % 5 - 2) * 0x1p-20
    }
    #expect(found(points, 1) == naive(points, 1))
  }
}
