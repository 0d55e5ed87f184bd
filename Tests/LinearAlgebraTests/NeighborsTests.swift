import LinearAlgebra
import Testing

@Suite struct NeighborsTests {
  /// All distances in double, sorted by distance and index.
  private func naive(
    _ a: Matrix<Float>, _ i: Int, _ b: Matrix<Float>, _ metric: NeighborMetric, excluding: Bool
  ) -> [(Double, Int32)] {
    let x = a.row(i).map { Double($0) }
    var all: [(Double, Int32)] = []
    for j in 0..<b.rows where !(excluding && i == j) {
      var (product, square, xx, yy) = (0.0, 0.0, 0.0, 0.0)
      for column in 0..<a.columns {
        let y = Double(b[j, column])
        product += x[column] * y
        square += (x[column] - y) * (x[column] - y)
        xx += x[column] * x[column]
        yy += y * y
      }
      let norms = (xx * yy).squareRoot()
      let cosine = norms > 0 ? max(0, 1 - product / norms) : 1
      all.append((metric == .euclidean ? square.squareRoot() : cosine, Int32(j)))
    }
    return all.sorted(by: <)
  }

  @Test(
    arguments: [
      [0, 3, 2, 1], [3, 0, 2, 1], [1, 1, 1, 1], [1, 9, 4, 20], [9, 1, 4, 1], [300, 1100, 6, 5],
      [20, 50, 1, 3], [35, 2100, 3, 40], [40, 1500, 70, 9], [18, 700, 2, 600],
    ],
    [NeighborMetric.euclidean, .cosine])
  func neighborsAreThoseOfTheNaiveLoop(shape: [Int], metric: NeighborMetric) {
    onThreads(3) {
      let a = randomMatrix(shape[0], shape[2], seed: 1, offset: 0.5)
      let b = randomMatrix(shape[1], shape[2], seed: 2, offset: 0.5)
      for excluding in [false, true] {
        let found = nearestNeighbors(of: a, among: b, k: shape[3], metric: metric, excludingSelf: excluding)
        #expect(found.count == min(shape[3], max(0, b.rows - (excluding ? 1 : 0))))
        for row in stride(from: 0, to: a.rows, by: a.rows > 100 ? 23 : 1) {
          let expected = naive(a, row, b, metric, excluding: excluding).prefix(found.count)
          let distances = zip(found.distances(of: row), expected)
          // A cosine near 1 is a difference of almost equal numbers: its error is that of the numbers.
          #expect(distances.allSatisfy { abs(Double($0) - $1.0) <= 1e-7 * $1.0 + 1e-14 })
          // In one dimension all cosines are 1 or −1, and rounding in the norms decides between them.
          if metric == .euclidean || shape[2] > 1 {
            #expect(Array(found.indices(of: row)) == expected.map(\.1))
          }
        }
      }
    }
  }

  @Test func ranksNearTiesThatSinglePrecisionCannotTellApart() {
    // The squared distances from the query differ by some 1e-15 of themselves.
    var points = randomMatrix(60, 3, seed: 5, offset: 4)
    for row in 0..<60 {
      points[row, 0] = 1000
      points[row, 1] = Float(1000 - row) * 0x1p-20
      points[row, 2] = 0
    }
    let query = Matrix<Float>([[0, 0, 0]])
    let found = nearestNeighbors(of: query, among: points, k: 60)
    #expect(found.indices == (0..<60).map { Int32(59 - $0) })
    let few = nearestNeighbors(of: query, among: points, k: 2)
    #expect(few.indices == [59, 58])
  }

  @Test(arguments: [NeighborMetric.euclidean, .cosine]) func equalDistancesComeByIndex(metric: NeighborMetric)
  {
    // More equal rows than candidates are kept.
    let same = Matrix<Float>(rows: 500, columns: 3, repeating: 2)
    let found = nearestNeighbors(of: same.prefix(columns: 3), among: same, k: 4, metric: metric)
    #expect(found.indices(of: 499) == [0, 1, 2, 3])
    #expect(found.distances.allSatisfy { $0 < 1e-7 })
    let others = nearestNeighbors(of: same, among: same, k: 4, metric: metric, excludingSelf: true)
    #expect(others.indices(of: 1) == [0, 2, 3, 4])
  }

  @Test func zeroRowsAreAtCosineDistanceOne() {
    let a = Matrix<Float>([[0, 0], [1, 0]])
    let b = Matrix<Float>([[-1, 0], [0, 0], [2, 0]])
    let found = nearestNeighbors(of: a, among: b, k: 3, metric: .cosine)
    #expect(found.indices == [0, 1, 2, 2, 1, 0])
    #expect(found.distances == [1, 1, 1, 0, 1, 2])
  }

  @Test func numbersThatAreNotFiniteDoNoHarm() {
    let a = Matrix<Float>([[.nan, 0], [1, 1], [.infinity, 0]])
    let found = nearestNeighbors(of: a, among: a, k: 2)
    #expect(found.indices(of: 1) == [1, 0])
    #expect(found.indices(of: 0) == [0, 1])
  }

  @Test func aFarReferenceDoesNotSpoilTheRest() {
    var b = randomMatrix(400, 5, seed: 6)
    b[7, 0] = 1e9
    let a = randomMatrix(30, 5, seed: 7)
    let found = nearestNeighbors(of: a, among: b, k: 5)
    for row in 0..<30 {
      #expect(
        Array(found.indices(of: row)) == naive(a, row, b, .euclidean, excluding: false).prefix(5).map(\.1))
    }
  }

  @Test func bytesDoNotDependOnTheNumberOfThreads() {
    let a = randomMatrix(900, 12, seed: 3)
    let b = randomMatrix(1500, 12, seed: 4)
    expectSameAtAnyNumberOfThreads { nearestNeighbors(of: a, among: b, k: 7) }
    expectSameAtAnyNumberOfThreads { nearestNeighbors(of: a, among: b, k: 7, metric: .cosine) }
  }
}
