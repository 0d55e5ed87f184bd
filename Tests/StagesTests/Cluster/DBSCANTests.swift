import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct DBSCANTests {
  private func run(_ features: Features, _ parameters: String) throws -> (clusters: [Int], eps: Double) {
    let json = try JSON.parse(SourceText(file: "parameters", parameters))
    let outputs = try StageType(DBSCAN.self).configured(json)
      .run(["features": features], in: StageContext())
    let assignment = try #require(outputs["assignment"] as? Assignment)
    #expect(assignment.count == (assignment.clusters.max() ?? -1) + 1)
    return (assignment.clusters.map { Int($0) }, try #require(outputs["eps"] as? Measurement).value)
  }

  private func run(_ features: Features, _ eps: Double, _ minSamples: Int) throws -> [Int] {
    try run(features, #"{"eps": {"fixed": {"distance": \#(eps)}}, "minSamples": \#(minSamples)}"#).clusters
  }

  @Test func goldenResult() throws {
    try Golden.check(
      DBSCAN.self,
      cases: [
        "default": "{}", "by rank": #"{"eps": {"k-distance": {"k": 5, "rank": 20}}, "minSamples": 4}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases) func agreesWithScikitLearn(data: FixtureData) throws {
    let table = try LearnerCase.ofDensity(data)
    let fixture = try Fixture.json("dbscan/\(data.rawValue).json")
    let cases = fixture["cases"]?.items ?? []
    #expect(cases.count == 3)
    for item in cases {
      let expected = item["clusters"]?.integers ?? []
      let found = try run(
        table.features, item["eps"]?.number ?? 0, item["minSamples"]?.integer ?? 0)
      #expect(found == expected, "\(item["eps"]?.number ?? 0)")
      #expect(Set(expected).count > 1 && expected.contains(-1))
    }
    let ranked = try run(table.features, #"{"eps": {"k-distance": {"k": 4, "rank": 20}}}"#)
    #expect(isClose(ranked.eps, fixture["kDistance"]?.number ?? 0, 1e-9))
    #expect(ranked.clusters == (try run(table.features, ranked.eps, 5)))
  }

  @Test func aBorderRowTakesTheClusterThatComesFirst() throws {
    // The row at 4.5 is within reach of a core row on either side, and no core itself.
    let places: [Float] = [6, 6.5, 7, 7, 4.5, 3, 2.5, 2, 2, 30]
    let line = Features(Matrix(places.map { [$0] }))
    #expect(try run(line, 1.5, 4) == [0, 0, 0, 0, 0, 1, 1, 1, 1, -1])
    let reversed = Features(Matrix(places.reversed().map { [$0] }))
    #expect(try run(reversed, 1.5, 4) == [-1, 0, 0, 0, 0, 0, 1, 1, 1, 1])
  }

  @Test func ringsThatKMeansCannotTellApartAreFound() throws {
    var random = RandomStream(seed: 4)
    let rows = (0..<600).map { row -> [Float] in
      let (angle, radius) = (Double(row) / 47, row % 2 == 0 ? 1.0 : 4.0)
      let turn = SIMD2(cosine(angle), cosine(angle - 0.25))
      return [
        Float(radius * turn.x + 0.05 * random.normal()), Float(radius * turn.y + 0.05 * random.normal()),
      ]
    }
    let clusters = try run(Features(Matrix(rows)), 0.5, 5)
    #expect(clusters == (0..<600).map { $0 % 2 })
  }

  /// cos 2πt by the sum of its series.
  private func cosine(_ turns: Double) -> Double {
    let x = 2 * Double.pi * (turns - turns.rounded())
    var (term, sum) = (1.0, 1.0)
    for n in 1..<20 {
      term *= -x * x / Double((2 * n - 1) * (2 * n))
      sum += term
    }
    return sum
  }

  @Test func noDenseRowsAreAllNoise() throws {
    #expect(try run(Features(Matrix([[0], [5], [10]])), 1, 2) == [-1, -1, -1])
    #expect(try run(Features(Matrix([[0], [5], [10]])), 1, 1) == [0, 1, 2])
  }

  @Test func aRankBeyondTheRowsIsRefused() {
    let error = #expect(throws: StageError.self) {
      try run(Features(Matrix([[0], [1], [2]])), #"{"eps": {"k-distance": {"k": 2, "rank": 4}}}"#)
    }
    #expect(
      error?.description == """
        error[tooFewRows]: there are too few rows for this k-distance
          rows: 3
          k:    2
          rank: 4
          hint: lower `k` or `rank`, or give a fixed distance
        """)
  }

  @Test func rowsTooFarApartAreRefused() {
    let error = #expect(throws: StageError.self) {
      try run(Features(Matrix([[-3e38], [3e38], [0]])), "{}")
    }
    #expect(error?.code == .outOfRange)
  }
}

extension LearnerCase {
  /// A data set as the fixtures of DBSCAN and OPTICS have it: standardised where its columns have scales of their own.
  static func ofDensity(_ data: FixtureData) throws -> LearnerCase {
    let table = try LearnerCase(data.rawValue)
    return data == .wine || data == .breastCancer ? try table.standardized() : table
  }
}
