import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct PartOfRowsTests {
  private func run(
    _ part: PartOfRows.Part, clusters: Bool = false, mask: [Bool] = [true, false, true, false],
    assignment: Assignment? = nil
  ) throws -> PartOfRows.Output {
    var parameters = PartOfRows.Parameters()
    (parameters.part, parameters.assignment) = (part, clusters)
    let input = PartOfRows.Input(
      fitRows: RowMask(mask), features: Features(Matrix([[0], [1], [2], [3]])),
      labels: Labels(indices: [2, 0, 2, 1], names: ["a", "b", "c"]), assignment: assignment)
    return try PartOfRows(parameters: parameters).run(input, in: StageContext())
  }

  @Test func goldenResult() throws {
    try Golden.check(
      PartOfRows.self,
      cases: ["default": "{}", "held out": #"{"part": "held-out", "assignment": true}"#])
  }

  @Test func keepsTheLawsWithClusters() throws {
    let parameters = try JSON.parse(SourceText(file: "test", #"{"assignment": true}"#))
    #expect(Laws.check(PartOfRows.self, parameters: parameters) == [])
  }

  @Test func partsKeepTheirClassesAndClusters() throws {
    let assignment = Assignment(clusters: [0, 3, -1, 1], count: 4)
    let held = try run(.heldOut, clusters: true, assignment: assignment)
    #expect(held.features.matrix == Matrix([[1], [3]]))
    #expect(held.labels == Labels(indices: [0, 1], names: ["a", "b"]))
    #expect(held.assignment == Assignment(clusters: [3, 1], count: 4))
    let fit = try run(.fit, assignment: assignment)
    #expect(fit.features.matrix == Matrix([[0], [2]]) && fit.assignment == nil)
    #expect(fit.labels == Labels(indices: [0, 0], names: ["c"]))
  }

  @Test func errorsSayWhatIsMissing() throws {
    func error(_ body: () throws -> PartOfRows.Output) -> String {
      do { return "no error: \(try body())" } catch { return "\(error)" }
    }
    #expect(
      error { try run(.heldOut, mask: [true, true, true, true]) }
        == "error[tooFewRows]: no row is held out\n  rows: 4")
    #expect(
      error { try run(.fit, clusters: true) }
        == "error[missingPort]: the clusters of a part of the rows are wanted, but there are none")
  }
}
