import Artifacts
import Diagnostics
import Testing

@testable import Stages

@Suite struct AdjustedRandIndexTests {
  @Test func isThatOfScikitLearn() throws { try expectClusterMeasure(AdjustedRandIndex.self) }

  @Test func keepsItsGoldenResult() throws { try Golden.check(AdjustedRandIndex.self) }

  @Test func rowsLeftOutAsNoiseCountAsDocumented() throws {
    let inputs: [String: any Artifact] = [
      "labels": Labels(integers: [0, 0, 1, 1, 2, 2]),
      "assignment": assignment([0, 0, 1, 1, -1, -1], count: 4),
    ]
    #expect(try isClose(measure(AdjustedRandIndex.self, inputs), 1, 1e-12))
  }

  @Test func noRowsAreAnError() {
    let inputs: [String: any Artifact] = ["labels": Labels.empty, "assignment": Assignment.empty]
    #expect(
      measureError(AdjustedRandIndex.self, inputs) == "error[tooFewRows]: there are no rows to measure on")
  }

  @Test func lengthsThatDifferAreAnError() {
    let inputs: [String: any Artifact] = [
      "labels": Labels(integers: [0, 1, 2]), "assignment": assignment([0, 1]),
    ]
    #expect(
      measureError(AdjustedRandIndex.self, inputs) == """
        error[lengthMismatch]: `assignment` and `labels` differ in their number of rows
          assignment: 2 rows
          labels:     3 rows
        """)
  }
}
