import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct BalancedSampleTests {
  private func run(
    _ rows: Int, _ assignment: Assignment, tree: ClusterTree? = nil, features: Features? = nil,
    centroids: Matrix<Float>? = nil, members: Members = .random, seed: UInt64 = 1
  ) throws -> [Int] {
    var parameters = BalancedSample.Parameters()
    (parameters.rows, parameters.members) = (rows, members)
    let features = features ?? Features(Matrix(rows: assignment.rows, columns: 1))
    let input = BalancedSample.Input(
      features: features, assignment: assignment, centroids: centroids, levels: tree)
    let output = try BalancedSample(parameters: parameters).run(input, in: StageContext(seed: seed))
    return output.sample.fitRows
  }

  /// Clusters of these sizes, one after the other.
  private func clusters(_ sizes: [Int]) -> Assignment {
    Assignment(
      clusters: sizes.enumerated().flatMap { Array(repeating: Int32($0.offset), count: $0.element) },
      count: sizes.count)
  }

  private func counts(_ rows: [Int], _ assignment: Assignment) -> [Int] {
    rows.reduce(into: Array(repeating: 0, count: assignment.count)) {
      $0[Int(assignment.clusters[$1])] += 1
    }
  }

  @Test func goldenResult() throws {
    let (features, _) = try FixtureData.load("iris")
    let clusterer = HierarchicalKMeans(parameters: .init())
    let output = try clusterer.run(.init(features: features), in: StageContext(seed: 1))
    try Golden.check(
      BalancedSample.self, cases: ["default": "{}", "closest": #"{"rows": 40, "members": "closest"}"#],
      inputs: ["levels": output.levels, "assignment": output.assignment, "centroids": output.centroids])
  }

  @Test func keepsTheLawsWithTheClosestRows() throws {
    let parameters = try JSON.parse(SourceText(file: "test", #"{"members": "closest", "rows": 7}"#))
    #expect(Laws.check(BalancedSample.self, parameters: parameters) == [])
  }

  @Test func cutsAreTheLargestOfAll() throws {
    let cases = try Fixture.json("curation/shares.json").items ?? []
    #expect(cases.count == 30)
    var random = RandomStream(seed: 1)
    for item in cases {
      let sizes = item["sizes"]?.integers ?? []
      let (count, cut) = try (#require(item["count"]?.integer), #require(item["cut"]?.integer))
      #expect(BalancedDraw.cut(of: count, among: sizes) == cut)
      let shares = BalancedDraw.shares(of: count, among: sizes, &random)
      #expect(shares.reduce(0, +) == min(count, sizes.reduce(0, +)))
      for (share, size) in zip(shares, sizes) {
        #expect(share == min(cut, size) || share == cut + 1 && size > cut)
      }
    }
  }

  @Test func clustersOfOneLevelGiveAlike() throws {
    let assignment = clusters([100, 3, 40, 0, 20])
    // 3 + 3 · 19 = 60: nothing is left to chance but the rows.
    #expect(counts(try run(60, assignment), assignment) == [19, 3, 19, 0, 19])
    // 2 are left, for two of three clusters.
    let found = counts(try run(62, assignment), assignment)
    #expect(found[1] == 3 && found.reduce(0, +) == 62 && Set(found).isSubset(of: [0, 3, 19, 20]))
    #expect(try run(500, assignment) == Array(0..<163))
  }

  @Test func eachLevelSharesWhatTheOneAboveGot() throws {
    // Two clusters of clusters: one of a single large cluster, one of three small ones.
    let first = clusters([50, 4, 10, 20])
    let second = Assignment(clusters: [0, 1, 1, 1], count: 2)
    let tree = ClusterTree(levels: [first, second], distances: Array(repeating: 0, count: 84))
    // 34 rows in the second: 20 each; there 4 of the smallest and 8 of each other.
    #expect(counts(try run(40, tree.top, tree: tree), first) == [20, 4, 8, 8])
    #expect(counts(try run(40, tree.top), tree.top) == [20, 20])
  }

  @Test func rowsAreDrawnEvenly() throws {
    let assignment = clusters([10, 4])
    var drawn = [Int](repeating: 0, count: 14)
    for seed in 0..<2000 { for row in try run(6, assignment, seed: UInt64(seed)) { drawn[row] += 1 } }
    #expect(drawn.prefix(10).allSatisfy { abs($0 - 600) < 100 }, "\(drawn)")
    #expect(drawn.suffix(4).allSatisfy { abs($0 - 1500) < 100 }, "\(drawn)")
  }

  @Test func theClosestRowsAreThoseNearestToTheCentre() throws {
    let features = Features(Matrix([[0], [1], [2], [9], [10], [20]]))
    let assignment = Assignment(clusters: [0, 0, 0, 1, 1, -1], count: 2)
    // Around the means 1 and 9.5; of equally near rows the first.
    #expect(try run(2, assignment, features: features, members: .closest) == [1, 3])
    let centroids = Matrix<Float>([[2], [10]])
    #expect(
      try run(2, assignment, features: features, centroids: centroids, members: .closest) == [2, 4])
    let tree = ClusterTree(
      levels: [Assignment(clusters: [0, 0, 0, 1, 1, 1], count: 2)], distances: [0, 1, 2, 5, 4, 3])
    #expect(try run(2, tree.top, tree: tree, features: features, members: .closest) == [0, 5])
  }

  @Test func noiseIsNotChosen() throws {
    let assignment = Assignment(clusters: [-1, 0, 1, -1, 1], count: 2)
    #expect(try run(10, assignment) == [1, 2, 4])
    let error = try #require(throws: Diagnostic.self) {
      try run(10, Assignment(clusters: [-1, -1], count: 0))
    }
    #expect(
      error.description == """
        error[tooFewRows]: no row is in a cluster
          rows: 2
          hint: let the clusterer leave fewer rows out as noise
        """)
  }

  @Test func centresOfOtherClustersAreRefused() throws {
    let error = try #require(throws: Diagnostic.self) {
      try run(1, clusters([2, 1]), centroids: Matrix([[1]]), members: .closest)
    }
    #expect(
      error.description == """
        error[badShape]: the centres are not those of the clusters
          centroids: 1 × 1
          expected:  2 × 1
        """)
  }
}
