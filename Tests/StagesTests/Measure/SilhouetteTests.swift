import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct SilhouetteTests {
  @Test func isThatOfScikitLearn() throws {
    let cases = try Fixture.json("measure/silhouettes.json").items ?? []
    #expect(cases.count == 3)
    for item in cases {
      let name = try #require(item["name"]?.string)
      let found = try measure(
        Silhouette.self,
        [
          "features": FixtureData.load(name).features,
          "assignment": assignment(item["clusters"]?.integers ?? []),
        ])
      #expect(abs(found - (item["silhouette"]?.number ?? .nan)) < 1e-6, "\(name)")
    }
  }

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

  @Test func oneClusterIsAnError() {
    let features = Features(Matrix([[0], [1], [10]]))
    #expect(
      measureError(Silhouette.self, ["features": features, "assignment": assignment([1, 1, 1])])
        == "error[tooFewClasses]: all rows are in one cluster, so there is no other to compare with")
  }

  @Test func singletonsAreAnError() {
    let features = Features(Matrix([[0], [1], [10]]))
    #expect(
      measureError(Silhouette.self, ["features": features, "assignment": assignment([0, 1, 2])]) == """
        error[tooFewRows]: every row is a cluster of its own
          rows:     3
          clusters: 3
        """)
  }

  @Test func aValueThatIsNotFiniteIsAnError() {
    let features = Features(Matrix([[0, 1], [1, .infinity], [10, 0]]))
    #expect(
      measureError(Silhouette.self, ["features": features, "assignment": assignment([0, 0, 1])]) == """
        error[notFinite]: the features hold a value that is not finite
          value:  inf
          row:    1, counted from 0
          column: 1, counted from 0
          hint: remove the row, or replace the value
        """)
  }
}
