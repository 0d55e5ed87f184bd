import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct CalinskiHarabaszTests {
  @Test func isThatOfScikitLearn() throws { try expectSpaceMeasure(CalinskiHarabasz.self) }

  @Test func twoPairsOnALineHaveAKnownValue() throws {
    let features = Features(Matrix([[0], [1], [10], [11]]))
    let found = try measure(
      CalinskiHarabasz.self, ["features": features, "assignment": assignment([0, 0, 2, 2])])
    // B = 4 · 5², W = 4 · 0.5², k = 2, n = 4.
    #expect(isClose(found, 100 / (1.0 / 2), 1e-14))
  }

  @Test func aFarOffsetDoesNotBlurIt() throws {
    let features = Features(Matrix([[1e6], [1e6 + 1], [1e6 + 10], [1e6 + 11]]))
    let found = try measure(
      CalinskiHarabasz.self, ["features": features, "assignment": assignment([0, 0, 1, 1])])
    #expect(isClose(found, 200, 1e-9))
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(CalinskiHarabasz.self) }

  @Test func whatHasNoIndexIsAnError() { expectComparisonErrors(CalinskiHarabasz.self) }

  @Test func clustersOfEqualRowsAreAnError() {
    // 0.1 has no exact binary form: the mean of such rows must be the row all the same.
    let rows: [[Float]] = [[0.1], [0.1], [0.1], [0.7], [0.7], [0.7]]
    let inputs: [String: any Artifact] = [
      "features": Features(Matrix(rows)), "assignment": assignment([0, 0, 0, 1, 1, 1]),
    ]
    #expect(
      measureError(CalinskiHarabasz.self, inputs) == """
        error[outOfRange]: the rows of each cluster are equal, so the index is beyond all numbers
          rows:     6
          clusters: 2
          hint: ask for fewer clusters
        """)
  }

  @Test func equalRowsInSeveralClustersAreNotApart() throws {
    let features = Features(Matrix([[1], [3], [1], [3]]))
    #expect(
      try measure(CalinskiHarabasz.self, ["features": features, "assignment": assignment([0, 0, 1, 1])]) == 0)
  }
}
