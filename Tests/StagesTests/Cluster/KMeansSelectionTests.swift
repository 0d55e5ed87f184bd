import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct KMeansSelectionTests {
  private func run(
    _ features: Features, _ index: ValidityIndex = .silhouette, to: Int = 10
  ) throws -> KMeansSelection.Output {
    var parameters = KMeansSelection.Parameters()
    (parameters.index, parameters.to) = (index, to)
    return try KMeansSelection(parameters: parameters).run(
      .init(features: features), in: StageContext(seed: 1))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      KMeansSelection.self,
      cases: ["default": "{}", "davies-bouldin": #"{"index": "davies-bouldin", "from": 3, "to": 6}"#])
  }

  @Test(arguments: ValidityIndex.allCases) func blobsAreCounted(index: ValidityIndex) throws {
    var random = RandomStream(seed: 3)
    let places: [(Double, Double)] = [(0, 0), (10, 0), (0, 10), (10, 10), (20, 5)]
    let rows = (0..<250).map { row -> [Float] in
      let (x, y) = places[row % 5]
      return [Float(x + random.normal()), Float(y + random.normal())]
    }
    let output = try run(Features(Matrix(rows)), index)
    #expect(output.assignment.count == 5 && output.centroids.rows == 5)
    #expect((0..<250).allSatisfy { output.assignment.clusters[$0] == output.assignment.clusters[$0 % 5] })
    #expect((0..<output.validity.rows).map { output.validity[$0, 0] } == (2...10).map(Double.init))
  }

  @Test(arguments: ValidityIndex.allCases) func theBestOfTheIndicesIsKept(index: ValidityIndex) throws {
    let features = try LearnerCase("wine").standardized().features
    let output = try run(features, index)
    let values = (0..<output.validity.rows).map { output.validity[$0, 1] }
    let best = index == .daviesBouldin ? values.min() : values.max()
    let place = try #require(values.firstIndex { $0 == best })
    #expect(output.assignment.count == place + 2)
    let own = try measure(
      ["silhouette": Silhouette.self, "calinski-harabasz": CalinskiHarabasz.self][index.rawValue]
        ?? DaviesBouldin.self as any Stage.Type,
      ["features": features, "assignment": output.assignment])
    #expect(own == best)
  }

  @Test func thereAreFewerClustersThanRows() throws {
    let output = try run(Features(Matrix([[0], [1], [9], [10]])))
    #expect(output.assignment.count == 2 && output.validity.rows == 2)
    let error = try #require(throws: Diagnostic.self) { try run(Features(Matrix([[0], [1]]))) }
    #expect(error.code == .tooFewRows)
  }

  @Test func rowsThatAreAllTheSameHaveNoIndex() throws {
    let error = try #require(throws: Diagnostic.self) { try run(Features(Matrix(rows: 5, columns: 1))) }
    #expect(error.code == .tooFewClasses)
  }

  @Test func rangesMustBeTheRightWayRound() {
    let found = #expect(throws: Diagnostics.self) {
      try KMeansSelection.Parameters.read(.object(["from": .integer(5), "to": .integer(4)]))
    }
    #expect(found?.all.map(\.headline) == ["`from` (5) must not be above `to` (4)"])
  }
}
