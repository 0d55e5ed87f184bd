import Artifacts
import Diagnostics
import Testing

@testable import Stages

@Suite struct PurityTests {
  @Test func isThatOfScikitLearn() throws { try expectClusterMeasure(Purity.self) }

  @Test func keepsItsGoldenResult() throws { try Golden.check(Purity.self) }

  @Test func rowsLeftOutAsNoiseCountAsDocumented() throws {
    let inputs: [String: any Artifact] = [
      "labels": Labels(integers: [0, 0, 1, 1, 2, 2]),
      "assignment": assignment([0, 0, 1, 1, -1, -1], count: 4),
    ]
    #expect(try isClose(measure(Purity.self, inputs), 2.0 / 3, 1e-12))
  }

  @Test func noRowsAreAnError() {
    let inputs: [String: any Artifact] = ["labels": Labels.empty, "assignment": Assignment.empty]
    #expect(measureError(Purity.self, inputs) == "error[tooFewRows]: there are no rows to measure on")
  }

  @Test func lengthsThatDifferAreAnError() {
    let inputs: [String: any Artifact] = [
      "labels": Labels(integers: [0, 1, 2]), "assignment": assignment([0, 1]),
    ]
    #expect(
      measureError(Purity.self, inputs) == """
        error[lengthMismatch]: `assignment` and `labels` differ in their number of rows
          assignment: 2 rows
          labels:     3 rows
        """)
  }
}
