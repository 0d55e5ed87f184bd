import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct KNNDistanceTests {
  @Test func goldenResult() throws {
    try Golden.check(KNNDistance.self, cases: ["default": "{}", "mean": #"{"aggregate": "mean", "k": 3}"#])
  }

  @Test(arguments: FixtureData.allCases) func agreesWithScikitLearn(data: FixtureData) throws {
    let name = data.rawValue
    try expectScores(KNNDistance.self, are: "farthest", on: name)
    try expectScores(KNNDistance.self, #"{"aggregate": "mean"}"#, are: "mean", on: name)
    try expectScores(KNNDistance.self, #"{"aggregate": "median", "k": 4}"#, are: "median", on: name)
    try expectScores(KNNDistance.self, #"{"metric": "cosine"}"#, are: "cosine", on: name)
  }

  @Test func aFitRowIsNoNeighborOfItself() throws {
    let line = Features(Matrix([[0], [1], [3], [10]]))
    let fit = RowMask([true, true, true, false])
    #expect(try scores(KNNDistance.self, #"{"k": 1}"#, line, fit) == [1, 1, 2, 7])
    #expect(try scores(KNNDistance.self, #"{"k": 2}"#, line, fit) == [3, 2, 3, 9])
  }

  @Test func asManyNeighborsAsFitRowsAreRefused() {
    let error = #expect(throws: StageError.self) {
      try scores(
        KNNDistance.self, #"{"k": 2}"#, Features(Matrix([[0], [1], [2]])), RowMask([true, true, false]))
    }
    #expect(
      error?.description == """
        error[tooFewRows]: there are not more fit rows than neighbours
          k:        2
          fit rows: 2 of 3
          hint: lower `k`
        """)
  }
}
