import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct OPTICSTests {
  private func run(
    _ features: Features, minSamples: Int = 5, maxEps: Double? = nil,
    _ extraction: OPTICS.Extraction = .xi(.init())
  ) throws -> OPTICS.Output {
    var parameters = OPTICS.Parameters()
    (parameters.minSamples, parameters.maxEps, parameters.extraction) = (minSamples, maxEps, extraction)
    return try OPTICS(parameters: parameters).run(.init(features: features), in: StageContext())
  }

  private func xi(
    _ steepness: Double = 0.05, minClusterSize: Int? = nil, corrected: Bool = true
  ) -> OPTICS.Extraction {
    var xi = OPTICS.Extraction.Xi()
    (xi.steepness, xi.minClusterSize, xi.predecessorCorrection) = (steepness, minClusterSize, corrected)
    return .xi(xi)
  }

  private func cut(_ eps: Double) -> OPTICS.Extraction {
    var cut = OPTICS.Extraction.Cut()
    cut.eps = eps
    return .dbscan(cut)
  }

  @Test func goldenResult() throws {
    try Golden.check(
      OPTICS.self,
      cases: [
        "default": "{}",
        "by distance": #"{"maxEps": 1, "minSamples": 8, "extraction": {"dbscan": {"eps": 0.6}}}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases) func agreesWithScikitLearn(data: FixtureData) throws {
    let features = try LearnerCase.ofDensity(data).features
    let cases = try Fixture.json("optics/\(data.rawValue).json").items ?? []
    #expect(cases.count == 2)
    for item in cases {
      let (least, maxEps) = (item["minSamples"]?.integer ?? 0, item["maxEps"]?.number)
      func clusters(_ extraction: OPTICS.Extraction) throws -> [Int] {
        try run(features, minSamples: least, maxEps: maxEps, extraction).assignment.clusters.map { Int($0) }
      }
      let found = try run(features, minSamples: least, maxEps: maxEps)
      let reachability = found.reachability
      #expect(reachability.ordering.map { Int($0) } == item["ordering"]?.integers)
      #expect(relativeError(reachability.distances, item["reachability"]?.doubles ?? []) < 1e-8)
      #expect(relativeError(reachability.coreDistances, item["cores"]?.doubles ?? []) < 1e-8)
      #expect(reachability.predecessors.map { Int($0) } == item["predecessors"]?.integers)
      #expect(found.assignment.clusters.map { Int($0) } == item["xi"]?.integers)
      #expect(try clusters(xi(0.1, minClusterSize: 15)) == item["xi 0.1, 15"]?.integers)
      #expect(try clusters(xi(corrected: false)) == item["xi uncorrected"]?.integers)
      #expect(try clusters(cut(item["eps"]?.number ?? 0)) == item["dbscan"]?.integers)
    }
  }

  @Test func theWalkGoesToTheNearestRow() throws {
    let line = Features(Matrix([[0], [10], [1], [3], [11]]))
    let found = try run(line, minSamples: 2, cut(2)).reachability
    #expect(found.ordering == [0, 2, 3, 1, 4])
    #expect(found.distances == [-1, 7, 1, 2, 1])
    #expect(found.coreDistances == [1, 1, 1, 2, 1])
    #expect(found.predecessors == [-1, 3, 0, 2, 1])
    let near = try run(line, minSamples: 2, maxEps: 2, cut(2))
    #expect(near.reachability.distances == [-1, -1, 1, 2, 1])
    #expect(near.assignment.clusters == [0, 1, 0, 0, 1])
  }

  @Test func manyRowsAreWalkedAsByTheDefinition() throws {
    var random = RandomStream(seed: 11)
    let rows = 700
    let matrix = Matrix<Float>(
      rows: rows, columns: 3, elements: (0..<3 * rows).map { Float(random.normal() + Double($0 / 3 % 4) * 3) }
    )
    for maxEps in [nil, 0.7] {
      let found = try run(Features(matrix), minSamples: 4, maxEps: maxEps).reachability
      #expect(found.ordering == naiveOrdering(matrix, 4, maxEps ?? .infinity))
    }
  }

  private func naiveOrdering(_ matrix: Matrix<Float>, _ minSamples: Int, _ maxEps: Double) -> [Int32] {
    let rows = 0..<matrix.rows
    func distance(_ a: Int, _ b: Int) -> Double {
      (0..<matrix.columns).reduce(0.0) {
        let difference = Double(matrix[a, $1]) - Double(matrix[b, $1])
        return $0 + difference * difference
      }.squareRoot()
    }
    var reach = rows.map { _ in Double.infinity }
    var left = Set(rows)
    var ordering: [Int32] = []
    while let row = left.min(by: { (reach[$0], $0) < (reach[$1], $1) }) {
      left.remove(row)
      ordering.append(Int32(row))
      let distances = rows.map { distance(row, $0) }
      let core = distances.sorted()[minSamples - 1]
      guard core <= maxEps else { continue }
      for other in left where distances[other] <= maxEps {
        reach[other] = min(reach[other], max(core, distances[other]))
      }
    }
    return ordering
  }

  @Test func equalRowsAreWalkedInTheirOrder() throws {
    let found = try run(Features(Matrix(rows: 9, columns: 2, repeating: 4)), minSamples: 3)
    #expect(found.reachability.ordering == Array(0..<9))
    #expect(found.reachability.distances == [-1, 0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func fewerRowsThanACoreDistanceNeedsAreRefused() {
    let error = #expect(throws: StageError.self) { try run(Features(Matrix([[1], [2]])), minSamples: 3) }
    #expect(
      error?.description == """
        error[tooFewRows]: there are too few rows
          rows:   2
          needed: at least 3
        """)
  }

  @Test func aCutBeyondTheLargestDistanceIsRefused() throws {
    let json = try JSON.parse(
      SourceText(file: "parameters", #"{"maxEps": 1, "extraction": {"dbscan": {"eps": 2}}}"#))
    let error = #expect(throws: Diagnostics.self) { try StageType(OPTICS.self).configured(json) }
    #expect(
      error?.all.map(\.headline) == [
        "`eps` (2.0) must not be more than `maxEps` (1.0): no row is further away"
      ])
  }
}
