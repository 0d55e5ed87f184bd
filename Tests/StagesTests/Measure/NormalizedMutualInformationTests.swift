import Artifacts
import Diagnostics
import Testing

@testable import Stages

@Suite struct NormalizedMutualInformationTests {
  @Test func isThatOfScikitLearn() throws { try expectClusterMeasure(NormalizedMutualInformation.self) }

  @Test func keepsItsGoldenResult() throws { try Golden.check(NormalizedMutualInformation.self) }

  @Test func rowsLeftOutAsNoiseCountAsDocumented() throws {
    let inputs: [String: any Artifact] = [
      "labels": Labels(integers: [0, 0, 1, 1, 2, 2]),
      "assignment": assignment([0, 0, 1, 1, -1, -1], count: 4),
    ]
    #expect(try isClose(measure(NormalizedMutualInformation.self, inputs), 1, 1e-12))
  }

  @Test func noRowsAreAnError() {
    let inputs: [String: any Artifact] = ["labels": Labels.empty, "assignment": Assignment.empty]
    #expect(
      measureError(NormalizedMutualInformation.self, inputs)
        == "error[tooFewRows]: there are no rows to measure on")
  }

  @Test func lengthsThatDifferAreAnError() {
    let inputs: [String: any Artifact] = [
      "labels": Labels(integers: [0, 1, 2]), "assignment": assignment([0, 1]),
    ]
    #expect(
      measureError(NormalizedMutualInformation.self, inputs) == """
        error[lengthMismatch]: `assignment` and `labels` differ in their number of rows
          assignment: 2 rows
          labels:     3 rows
        """)
  }
}
