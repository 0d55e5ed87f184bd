import Artifacts
import Diagnostics
import StageKit
import Testing

@testable import Stages

@Suite struct BalancedHungarianAccuracyTests {
  @Test func isThatOfScikitLearn() throws {
    let cases = try Fixture.json("measure/clusters.json").items ?? []
    let expected = try Fixture.json("discovery/balanced.json").items ?? []
    #expect(cases.count == 14 && expected.count == 14)
    for (item, value) in zip(cases, expected) {
      let found = try measure(
        BalancedHungarianAccuracy.self,
        [
          "labels": Labels(integers: item["classes"]?.integers ?? []),
          "assignment": assignment(item["clusters"]?.integers ?? []),
        ])
      #expect(abs(found - (try #require(value["value"]?.number))) < 1e-9, "\(item["name"]?.string ?? "")")
    }
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(BalancedHungarianAccuracy.self) }

  @Test func classesCountAlike() throws {
    let inputs: [String: any Artifact] = [
      "labels": Labels(indices: [0, 0, 0, 0, 1, 1], names: ["a", "b", "c"]),
      "assignment": assignment([1, 1, 1, 0, 0, -1]),
    ]
    #expect(try measure(BalancedHungarianAccuracy.self, inputs) == 0.625)
    #expect(isClose(try measure(HungarianAccuracy.self, inputs), 4.0 / 6, 1e-12))
  }

  @Test func noRowsAreRefused() {
    #expect(
      measureError(BalancedHungarianAccuracy.self, ["labels": Labels.empty, "assignment": Assignment.empty])
        == "error[tooFewRows]: there are no rows to measure on")
  }
}
