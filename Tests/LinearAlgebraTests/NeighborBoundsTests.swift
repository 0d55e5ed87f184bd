import Testing

@testable import LinearAlgebra

@Suite struct NeighborBoundsTests {
  /// Rows with few directions of large variance, as features have, far from zero.
  private func decaying(_ rows: Int, seed: UInt64, offset: Double = 0) -> Matrix<Float> {
    let columns = 80
    let normal = randomMatrix(rows, columns, seed: seed, Double.self).elements
    let scaled = Matrix<Double>(rows: rows, columns: columns) { target in
      for index in target.indices {
        let factor = 1 / Double(1 + index % columns)
        target[index] = normal[index] * factor * factor
      }
    }
    let mixed = product(scaled, randomMatrix(columns, columns, seed: 99, Double.self))
    return Matrix(rows: rows, columns: columns, elements: mixed.elements.map { Float($0 + offset) })
  }

  /// What the search by bounds finds; nil where it takes itself to be no use, or for rows that are not fit for it.
  private func bounded(
    _ a: Matrix<Float>, _ b: Matrix<Float>, k: Int, _ metric: NeighborMetric, excludingSelf: Bool = false,
    width: Int? = 24
  ) -> Neighbors? {
    let ranking = NeighborRanking(queries: a, references: b, metric: metric)
    guard
      let search = BoundedNeighborSearch(
        ranking, count: k, excludesSelf: excludingSelf, width: width, shouldStop: { false })
    else { return nil }
    var indices = [Int32](repeating: -1, count: a.rows * k)
    var distances = [Float](repeating: -1, count: a.rows * k)
    search.run(indices: &indices, distances: &distances)
    return Neighbors(count: k, indices: indices, distances: distances)
  }

  @Test(arguments: [NeighborMetric.euclidean, .cosine], [0, 3, 200])
  func findsWhatTheSearchThroughAllFinds(metric: NeighborMetric, offset: Double) throws {
    let (a, b) = (decaying(90, seed: 1, offset: offset), decaying(1500, seed: 2, offset: offset))
    for k in [1, 7, 60] {
      let found = try #require(bounded(a, b, k: k, metric))
      #expect(found == nearestNeighbors(of: a, among: b, k: k, metric: metric))
    }
    let found = try #require(bounded(b, b, k: 5, metric, excludingSelf: true))
    #expect(found == nearestNeighbors(of: b, among: b, k: 5, metric: metric, excludingSelf: true))
  }

  @Test(arguments: [NeighborMetric.euclidean, .cosine])
  func equalRowsComeByIndexAndZeroRowsAreAtDistanceOne(metric: NeighborMetric) throws {
    let distinct = decaying(150, seed: 3)
    var b = distinct.selecting(rows: (0..<1200).map { $0 % 150 })
    for column in 0..<b.columns { (b[17, column], b[700, column]) = (0, 0) }
    var a = distinct.selecting(rows: Array(0..<40))
    for column in 0..<a.columns { a[5, column] = 0 }
    let found = try #require(bounded(a, b, k: 12, metric))
    #expect(found == nearestNeighbors(of: a, among: b, k: 12, metric: metric))
    let copies = stride(from: Int32(1), to: 1200, by: 150)
    #expect(Array(found.indices(of: 1).prefix(8)) == Array(copies))
    if metric == .cosine { #expect(found.distances(of: 5).allSatisfy { $0 == 1 }) }
  }

  @Test(arguments: [NeighborMetric.euclidean, .cosine])
  func manyNeighborsAndManySizes(metric: NeighborMetric) throws {
    let rows = decaying(1100, seed: 4)
    let elements = rows.elements
    let scaled = Matrix<Float>(rows: 1100, columns: rows.columns) { target in
      for index in target.indices {
        let exponent = index / rows.columns % 9 - 4
        target[index] = elements[index] * Float(sign: .plus, exponent: exponent, significand: 1)
      }
    }
    let queries = scaled.selecting(rows: Array(stride(from: 0, to: 1100, by: 40)))
    // More than a tile of references holds.
    for k in [30, 1050, 1100] {
      let found = try #require(bounded(queries, scaled, k: k, metric))
      #expect(found == nearestNeighbors(of: queries, among: scaled, k: k, metric: metric))
    }
  }

  @Test func oneColumnThatOutweighsTheOthersDoesNoHarm() throws {
    var rows = decaying(1300, seed: 11)
    for row in 0..<rows.rows { rows[row, 7] *= 1e5 }
    for metric in [NeighborMetric.euclidean, .cosine] {
      let found = try #require(bounded(rows, rows, k: 6, metric, excludingSelf: true))
      #expect(found == nearestNeighbors(of: rows, among: rows, k: 6, metric: metric, excludingSelf: true))
    }
  }

  @Test(arguments: [8, 40, 79]) func anyNumberOfAxesFindsTheSame(width: Int) throws {
    let (a, b) = (decaying(241, seed: 12), decaying(1033, seed: 13))
    let found = try #require(bounded(a, b, k: 4, .euclidean, width: width))
    #expect(found == nearestNeighbors(of: a, among: b, k: 4))
  }

  @Test func steepSpectraAreSearchedByFewAxes() throws {
    let rows = decaying(6000, seed: 14)
    let found = try #require(bounded(rows, rows, k: 5, .euclidean, width: nil))
    #expect(found == nearestNeighbors(of: rows, among: rows, k: 5))
  }

  @Test func flatSpectraAndNumbersThatAreNotFiniteAreLeftToTheOther() {
    let flat = randomMatrix(2000, 80, seed: 5)
    #expect(bounded(flat, flat, k: 10, .euclidean, width: nil) == nil)
    var b = decaying(1500, seed: 6)
    b[3, 3] = .nan
    #expect(bounded(b, b, k: 3, .cosine) == nil)
    b[3, 3] = 1e30
    #expect(bounded(b, b, k: 3, .euclidean) == nil)
  }

  @Test(arguments: [NeighborMetric.euclidean, .cosine])
  func bytesDoNotDependOnTheNumberOfThreads(metric: NeighborMetric) {
    let (a, b) = (decaying(1100, seed: 7), decaying(1300, seed: 8))
    expectSameAtAnyNumberOfThreads { bounded(a, b, k: 9, metric) }
  }

  @Test func largeSearchesAreByBounds() {
    let large = Matrix<Float>(rows: 8192, columns: 64)
    #expect(
      BoundedNeighborSearch.isWorthwhile(.init(queries: large, references: large, metric: .euclidean)))
    let few = Matrix<Float>(rows: 100, columns: 64)
    #expect(
      !BoundedNeighborSearch.isWorthwhile(.init(queries: few, references: large, metric: .euclidean)))
  }

  @Test(arguments: [0, 1, 31, 32, 33, 100]) func quickSumsKeepToTheirError(count: Int) {
    let (x, y) = (randomMatrix(1, count, seed: 9).elements, randomMatrix(1, count, seed: 10).elements)
    let distance = dot(count, { Double(x[$0]) - Double(y[$0]) }, { Double(x[$0]) - Double(y[$0]) })
    let ranking = NeighborRanking(
      queries: Matrix(rows: 1, columns: count, elements: x),
      references: Matrix(rows: 1, columns: count, elements: y), metric: .euclidean)
    let bound = ranking.quickBound(0, 0, queryNorm: 0)
    let least = distance.value * (1 - 1e-4) - 1e-30
    #expect(bound <= distance.value && bound >= least)
    let cosines = NeighborRanking(queries: ranking.queries, references: ranking.references, metric: .cosine)
    let norm = cosines.queryNorm(0)
    let exact = cosines.distance(0, 0, queryNorm: norm)
    #expect(cosines.quickBound(0, 0, queryNorm: norm) <= exact)
    #expect(count == 0 || cosines.quickBound(0, 0, queryNorm: norm) >= exact - 1e-4)
  }
}
