import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct HierarchicalKMeansTests {
  private func run(
    _ features: Features, _ levels: [Int], seed: UInt64 = 1,
    _ change: (inout HierarchicalKMeans.Parameters) -> Void = { _ in }
  ) throws -> HierarchicalKMeans.Output {
    var parameters = HierarchicalKMeans.Parameters()
    parameters.levels = levels
    change(&parameters)
    let stage = HierarchicalKMeans(parameters: parameters)
    return try stage.run(.init(features: features), in: StageContext(seed: seed))
  }

  /// Many rows around one place, few around another, and some everywhere.
  private func simulation() throws -> Features {
    let points = try #require(try Fixture.json("curation/levels.json")["points"]).matrix
    #expect(points.rows == 900)
    return Features(points)
  }

  @Test func goldenResult() throws {
    try Golden.check(
      HierarchicalKMeans.self,
      cases: [
        "default": "{}", "plain": #"{"levels": [20, 8, 3], "steps": 0}"#,
        "random": #"{"levels": [20, 4], "steps": 2, "kept": [3, 2], "members": "random", "starts": 2}"#,
      ])
  }

  @Test func keepsTheLawsInEveryForm() throws {
    for text in [
      #"{"levels": [9, 4, 2], "steps": 1, "starts": 3}"#, #"{"levels": [5], "steps": 3, "kept": [4]}"#,
    ] {
      let parameters = try JSON.parse(SourceText(file: "test", text))
      #expect(Laws.check(HierarchicalKMeans.self, parameters: parameters) == [])
    }
  }

  @Test func aSingleLevelWithoutResamplingIsKMeans() throws {
    let features = try simulation()
    let output = try run(features, [150]) { ($0.steps, $0.starts) = (0, 10) }
    let inertia = output.levels.distances.reduce(0) { $0 + $1 * $1 }
    let expected = try #require(try Fixture.json("curation/levels.json")["inertia"]).doubles
    // As good as the best of ten starts of scikit-learn, and the centres are nearest to their rows.
    #expect(inertia < 1.01 * expected[0])
    #expect(nearest(rows: features.matrix, to: output.centroids).index == output.assignment.clusters)
    #expect(output.levels.levels.count == 1 && output.assignment == output.levels.top)
  }

  @Test func aRowBelongsWhereItsClustersBelong() throws {
    let features = try simulation()
    let output = try run(features, [60, 20, 5]) { $0.steps = 2 }
    let levels = output.levels.levels
    #expect(levels.map(\.count) == [60, 20, 5] && levels.map(\.rows) == [900, 60, 20])
    for (row, cluster) in output.assignment.clusters.enumerated() {
      let second = levels[1].clusters[Int(levels[0].clusters[row])]
      #expect(cluster == levels[2].clusters[Int(second)])
    }
    #expect(output.centroids.rows == 5 && output.centroids.columns == 2)
  }

  @Test func aLevelIsKMeansOfTheCentresBelow() throws {
    let features = try simulation()
    // The first level does not depend on those above it.
    let first = try run(features, [60]) { $0.steps = 0 }
    let both = try run(features, [60, 10]) { $0.steps = 0 }
    #expect(both.levels.levels[0] == first.levels.levels[0])
    let means = first.centroids.clusterMeans(of: both.levels.levels[1])
    #expect(relativeError(both.centroids, means) < 1e-5)
  }

  @Test func resamplingMovesCentresWhereFewRowsAre() throws {
    let features = try simulation()
    func sparse(_ steps: Int) throws -> Int {
      let centroids = try run(features, [150]) { $0.steps = steps }.centroids
      // The first cloud has seven rows in nine.
      return (0..<150).count { abs(centroids[$0, 0] + 1) > 1 || abs(centroids[$0, 1] + 1) > 1 }
    }
    let (before, after) = (try sparse(0), try sparse(5))
    #expect(after > before + 5, "\(before), \(after)")
  }

  @Test func afterResamplingAllRowsAreWithTheirNearestCentre() throws {
    let features = try simulation()
    for members in Members.allCases {
      let output = try run(features, [40]) { ($0.steps, $0.kept, $0.members) = (2, [3], members) }
      let found = nearest(rows: features.matrix, to: output.centroids)
      #expect(found.index == output.assignment.clusters)
      #expect(
        relativeError(output.levels.distances.map { $0 * $0 }, found.squaredDistance.map(Double.init)) < 1e-5)
    }
  }

  @Test func moreOfEachClusterAreKeptWhereTheyWouldBeTooFew() throws {
    let members = ClusterMembers(
      Assignment(clusters: [0, 0, 0, 0, 1, 0], count: 3), distances: [5, 1, 4, 2, 0, 3])
    var random = RandomStream(seed: 1)
    #expect(members.chosen(2, atLeast: 3, .closest, &random) == [1, 3, 4])
    #expect(members.chosen(2, atLeast: 5, .closest, &random) == [1, 2, 3, 4, 5])
    // As many rows as clusters, some of them equal: nothing can be left out.
    let output = try run(Features(Matrix([[1], [1], [1], [1], [2], [3]])), [6, 2])
    #expect(output.assignment.count == 2 && output.centroids.isFinite)
  }

  @Test func severalStartsAreThoseOfASequence() throws {
    let table = CenteredRows(try simulation().matrix)
    func search(_ starts: Int) -> LloydStarts {
      LloydStarts(clusters: 40, starts: starts, seeding: .plusPlus, iterations: 50, shiftLimit: 0)
    }
    let random = RandomStream(seed: 3)
    let best = try search(6).best(of: table, random, StageContext())
    let prefixes = try (1...6).map { try search($0).best(of: table, random, StageContext()).inertia }
    #expect(prefixes == prefixes.sorted(by: >) && best.inertia == prefixes[5] && prefixes[5] < prefixes[0])
    let pool = WorkerPool(threads: 3)
    let shared = pool.run { try? search(6).best(of: table, random, StageContext()) }
    pool.shutdown()
    #expect(shared?.clusters == best.clusters)
  }

  @Test func parametersThatDoNotFitAreRefused() {
    func said(_ text: String) -> [String] {
      do {
        _ = try HierarchicalKMeans.Parameters.read(JSON.parse(SourceText(file: "test", text)))
        return []
      } catch {
        return error.all.map(\.headline)
      }
    }
    #expect(said(#"{"levels": [5, 5]}"#) == ["each of `levels` must have fewer clusters than the one before"])
    #expect(
      said(#"{"levels": [9, 5], "kept": [1, 2, 3]}"#)
        == ["`kept` takes one number, or one for each of the 2 levels"])
  }

  @Test func moreClustersThanRowsAreRefused() throws {
    let error = try #require(throws: Diagnostic.self) { try run(Features(Matrix([[1], [2]])), [3, 2]) }
    #expect(
      error.description == """
        error[tooFewRows]: there are fewer rows than clusters
          rows:     2
          clusters: 3
          hint: ask for fewer clusters
        """)
  }
}
