import Testing

@testable import LinearAlgebra

@Suite struct ClusterDistancesTests {
  private func rows(_ count: Int, _ columns: Int) -> Matrix<Float> {
    var random = RandomStream(seed: 5)
    return Matrix(
      rows: count, columns: columns, elements: (0..<count * columns).map { _ in Float(random.normal()) })
  }

  private func distance(_ a: Matrix<Float>, _ i: Int, _ j: Int) -> Double {
    var sum = 0.0
    for column in 0..<a.columns {
      let difference = Double(a[i, column]) - Double(a[j, column])
      sum += difference * difference
    }
    return sum.squareRoot()
  }

  @Test(arguments: [(1, 1), (2, 3), (17, 4), (300, 7), (50, 300)])
  func distancesAreExact(shape: (rows: Int, columns: Int)) {
    let a = rows(shape.rows, shape.columns)
    let distances = ClusterDistances(among: a, stoppingAt: SafePoint<Never>.none)
    let panels = RowPanels(a)
    var found = [Double](repeating: -1, count: panels.paddedRows)
    for row in 0..<a.rows {
      distances.copyDistances(from: row, to: 0..<a.rows, into: &found)
      for other in 0..<a.rows where other != row { #expect(found[other] == distance(a, row, other)) }
      panels.distances(from: a.row(row), to: 0..<panels.count, into: &found)
      for other in 0..<a.rows { #expect(found[other] == distance(a, row, other)) }
    }
  }

  @Test func theNearestIsTheFirstOfEqualOnesOrThePreferredOne() {
    let a = Matrix<Float>([[0], [1], [2], [3], [1]])
    let distances = ClusterDistances(among: a, stretch: 2)
    #expect(distances.nearest(to: 2, preferring: nil) == (1, 1))
    #expect(distances.nearest(to: 2, preferring: 4) == (4, 1))
    #expect(distances.nearest(to: 2, preferring: 0) == (1, 1))
    #expect(distances.nearest(to: 4, preferring: nil) == (1, 0))
  }

  /// All rows are joined in pairs, at every division of the work and on any threads, and checked against the definition.
  @Test(arguments: [LinkageRule.average, .complete, .ward], [7, 64, 8192])
  func unionsAreAtTheDistancesOfTheirDefinition(rule: LinkageRule, stretch: Int) {
    let a = rows(200, 3)
    let pool = WorkerPool(threads: 3)
    defer { pool.shutdown() }
    pool.run {
      var distances = ClusterDistances(among: a, stretch: stretch)
      var members = Dictionary(uniqueKeysWithValues: (0..<200).map { ($0, [$0]) })
      var random = RandomStream(seed: 9)
      while members.count > 4 {
        let names = members.keys.sorted()
        let (one, other) = (names[random.below(names.count)], names[random.below(names.count)])
        if one == other { continue }
        let apart = expected(rule, a, members[one] ?? [], members[other] ?? [])
        distances.join(one, other, at: apart, by: rule)
        let union = (members.removeValue(forKey: one) ?? []) + (members.removeValue(forKey: other) ?? [])
        members[max(one, other)] = union
        #expect(distances.size(of: max(one, other)) == union.count)
      }
      #expect(distances.firstCluster() == members.keys.min())
      for name in members.keys {
        let found = distances.nearest(to: name, preferring: nil)
        let nearest =
          members.keys.filter { $0 != name }.map {
            expected(rule, a, members[name] ?? [], members[$0] ?? [])
          }.min() ?? .nan
        #expect(abs(found.distance - nearest) < 1e-12 * nearest)
      }
    }
  }

  private func expected(_ rule: LinkageRule, _ a: Matrix<Float>, _ one: [Int], _ other: [Int]) -> Double {
    let pairs = one.flatMap { i in other.map { distance(a, i, $0) } }
    switch rule {
    case .average: return pairs.reduce(0, +) / Double(pairs.count)
    case .complete: return pairs.max() ?? .nan
    case .ward:
      let squares = (0..<a.columns).map { column in
        let means = [one, other].map { rows in
          rows.reduce(0.0) { $0 + Double(a[$1, column]) } / Double(rows.count)
        }
        return (means[0] - means[1]) * (means[0] - means[1])
      }
      let (p, q) = (Double(one.count), Double(other.count))
      return (2 * p * q / (p + q) * squares.reduce(0, +)).squareRoot()
    }
  }

  @Test func theMemoryOfManyRowsIsKnown() {
    #expect(ClusterDistances.byteCount(rows: 100_000) == 39_999_600_000)
    #expect(ClusterDistances.byteCount(rows: 1) == 0)
    #expect(ClusterDistances.byteCount(rows: 1 << 40) == .max)
  }
}
