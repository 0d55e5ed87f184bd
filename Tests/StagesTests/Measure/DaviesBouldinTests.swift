import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct DaviesBouldinTests {
  @Test func isThatOfScikitLearn() throws { try expectSpaceMeasure(DaviesBouldin.self) }

  @Test func threePairsOnALineHaveAKnownValue() throws {
    let features = Features(Matrix([[0], [2], [10], [14], [30], [30]]))
    let found = try measure(
      DaviesBouldin.self, ["features": features, "assignment": assignment([0, 0, 1, 1, 2, 2])])
    // Radii 1, 2 and 0 around 1, 12 and 30.
    #expect(isClose(found, (3.0 / 11 + 3.0 / 11 + 2.0 / 18) / 3, 1e-14))
  }

  @Test func clustersOfEqualRowsAreAsGoodAsCanBe() throws {
    let features = Features(Matrix([[0.1], [0.1], [0.7], [0.7]]))
    #expect(
      try measure(DaviesBouldin.self, ["features": features, "assignment": assignment([0, 0, 1, 1])]) == 0)
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(DaviesBouldin.self) }

  @Test func whatHasNoIndexIsAnError() { expectComparisonErrors(DaviesBouldin.self) }

  @Test(arguments: [[[1], [3], [0], [4]], [[0.1], [0.1], [0.1], [0.1]]] as [[[Float]]])
  func clustersWithOneMeanAreAnError(rows: [[Float]]) {
    let inputs: [String: any Artifact] = [
      "features": Features(Matrix(rows)), "assignment": assignment([0, 0, 1, 1]),
    ]
    #expect(
      measureError(DaviesBouldin.self, inputs) == """
        error[outOfRange]: two clusters have the same mean, so the index is beyond all numbers
          rows:     4
          clusters: 2
          hint: ask for fewer clusters
        """)
  }
}
