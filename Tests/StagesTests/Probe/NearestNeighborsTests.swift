import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct NearestNeighborsTests {
  private func run(
    _ features: Features, _ labels: Labels, _ fitRows: RowMask?, k: Int,
    metric: NearestNeighbors.Metric = .euclidean, weights: NearestNeighbors.Weights = .uniform
  ) throws -> [Int32] {
    var parameters = NearestNeighbors.Parameters()
    parameters.k = k
    parameters.metric = metric
    parameters.weights = weights
    return try NearestNeighbors(parameters: parameters).run(
      .init(features: features, labels: labels, fitRows: fitRows), in: StageContext()
    ).predictions.classes
  }

  @Test func goldenResult() throws {
    try Golden.check(
      NearestNeighbors.self,
      cases: [
        "default": "{}", "weighted": #"{"k": 3, "metric": "cosine", "weights": "distance"}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases) func predictsAsScikitLearn(data: FixtureData) throws {
    let table = try LearnerCase(data.rawValue)
    let expected = try Fixture.json("nearest-neighbors/\(data.rawValue).json")
    let runs = [
      "uniform": try run(table.features, table.labels, table.fitRows, k: 5),
      "distance": try run(table.features, table.labels, table.fitRows, k: 4, weights: .distance),
      "cosine": try run(table.features, table.labels, table.fitRows, k: 3, metric: .cosine),
    ]
    for (name, predicted) in runs {
      let numbers = expected[name]?.integers ?? []
      let heldOut = table.fitRows.heldOutRows
      // −1 stands where equally near rows leave the choice open.
      let differences = zip(heldOut, numbers).count { $1 >= 0 && Int(predicted[$0]) != $1 }
      #expect(numbers.count == heldOut.count && differences == 0, "\(name)")
      #expect(numbers.count { $0 >= 0 } * 3 > 2 * numbers.count)
    }
  }

  @Test func aFitRowIsItsOwnNeighbour() throws {
    let table = try LearnerCase("digits").thinned(by: 3)
    #expect(try run(table.features, table.labels, nil, k: 1) == table.labels.indices)
  }

  private let line = Features(Matrix([[0], [1], [3], [10], [2]]))
  private let classes = Labels(strings: ["b", "a", "a", "b", "b"])
  private let allButLast = RowMask([true, true, true, true, false])

  @Test func ofEqualVotesTheFirstClassWins() throws {
    #expect(try run(line, classes, allButLast, k: 4)[4] == 0)
    #expect(try run(line, classes, allButLast, k: 4)[3] == 0)
  }

  @Test func aNeighbourAtDistanceZeroDecides() throws {
    #expect(try run(line, classes, allButLast, k: 3, weights: .distance) == [1, 0, 0, 1, 0])
    #expect(try run(line, classes, allButLast, k: 3) == [0, 0, 0, 0, 0])
  }

  @Test func aRowOfZerosHasACosine() throws {
    let features = Features(Matrix([[1, 0], [0, 1], [0, 0], [5, 1]]))
    let labels = Labels(strings: ["x", "y", "x", "y"])
    let fitRows = RowMask([true, true, false, false])
    // The zero row is at distance 1 from both: the first comes first.
    #expect(try run(features, labels, fitRows, k: 1, metric: .cosine) == [0, 1, 0, 0])
  }

  @Test func moreNeighboursThanFitRowsAreRefused() throws {
    let error = try #require(throws: Diagnostic.self) { try run(line, classes, allButLast, k: 5) }
    #expect(
      error.description == """
        error[tooFewRows]: there are fewer fit rows than neighbours
          k:        5
          fit rows: 4 of 5
          hint: lower `k`
        """)
  }
}
