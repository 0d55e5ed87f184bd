import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct SilhouetteTests {
  @Test func isThatOfScikitLearn() throws { try expectSpaceMeasure(Silhouette.self) }

  @Test func twoPairsOnALineHaveAKnownValue() throws {
    let features = Features(Matrix([[0], [1], [10], [11]]))
    let found = try measure(Silhouette.self, ["features": features, "assignment": assignment([0, 0, 2, 2])])
    // Outer rows: a = 1, b = 10.5; inner rows: a = 1, b = 9.5.
    #expect(isClose(found, (9.5 / 10.5 + 8.5 / 9.5) / 2, 1e-12))
  }

  @Test func aFarOffsetDoesNotBlurDistances() throws {
    let features = Features(Matrix([[1e6], [1e6 + 1], [1e6 + 10], [1e6 + 11]]))
    let found = try measure(Silhouette.self, ["features": features, "assignment": assignment([0, 0, 1, 1])])
    #expect(isClose(found, (9.5 / 10.5 + 8.5 / 9.5) / 2, 1e-12))
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(Silhouette.self) }

  @Test func equalRowsAreNeitherNearNorFar() throws {
    let features = Features(Matrix([[1], [1], [1], [1]]))
    #expect(
      try measure(Silhouette.self, ["features": features, "assignment": assignment([0, 0, 1, 1])]) == 0)
  }

  /// Rows of several tiles, clusters that begin and end within them, on three threads: the definition, pair by pair.
  @Test func manyRowsGiveTheDefinition() throws {
    var random = RandomStream(seed: 2)
    let rows = (0..<1300).map { _ in [Float(random.normal()), Float(random.normal()), Float(random.normal())]
    }
    let clusters = rows.map { _ in random.below(7) % 5 - 1 }
    let inputs: [String: any Artifact] = [
      "features": Features(Matrix(rows)), "assignment": assignment(clusters, count: 9),
    ]
    let pool = WorkerPool(threads: 3)
    defer { pool.shutdown() }
    let found = try pool.run { try measure(Silhouette.self, inputs) }
    #expect(try found == measure(Silhouette.self, inputs))
    #expect(isClose(found, definition(rows.map { $0.map(Double.init) }, clusters), 1e-11))
  }

  private func definition(_ rows: [[Double]], _ clusters: [Int]) -> Double {
    let sizes = Dictionary(grouping: clusters) { $0 }.mapValues { Double($0.count) }
    let scores = rows.indices.map { row in
      var sums = [Int: Double]()
      for other in rows.indices {
        let squares = zip(rows[row], rows[other]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        sums[clusters[other], default: 0] += squares.squareRoot()
      }
      let own = clusters[row]
      let inside = (sums[own] ?? 0) / ((sizes[own] ?? 0) - 1)
      let nearest = sums.filter { $0.key != own }.map { $0.value / (sizes[$0.key] ?? 0) }.min() ?? 0
      return (nearest - inside) / max(nearest, inside)
    }
    return scores.reduce(0, +) / Double(rows.count)
  }

  @Test func whatHasNoSilhouetteIsAnError() { expectComparisonErrors(Silhouette.self) }
}
