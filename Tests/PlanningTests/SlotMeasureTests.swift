import Diagnostics
import PipelineDSL
import Planning
import RunRecords
import StageKit
import Testing

/// Measures that a config puts into a slot, with parameters.
@Suite struct SlotMeasureTests {
  private func plan(_ members: String) throws -> Plan {
    let stages = StageCatalog([
      FakeSource.self, FakeFold.self, FakeCluster.self, FakeSpread.self, FakeLevel.self,
    ])
    let planner = Planner(stages: stages, pipelines: PipelineCatalog([PipelineType(FakeLevels.self)])) {
      (stage) throws(Diagnostic) in try stage.fingerprint()
    }
    let text = "{ \"pipeline\": \"levels\", \"data\": [\"source\"], \(members) }"
    return try planner.plan(try Config(SourceText(file: "configs/test.json", text)))
  }

  @Test func eachValueOfASweepIsACell() throws {
    let plan = try plan(#""measure": [{ "level": { "level": { "each": [1, 4] } } }]"#)
    #expect(plan.measured.map(\.metric) == ["level", "level"])
    #expect(plan.measured.map { $0.choices.map(\.slot) } == [["data", "measure"], ["data", "measure"]])
    #expect(plan.measured.map { $0.choices[1].swept.map(\.value) } == [["1"], ["4"]])
    #expect(
      plan.nodes(of: "level").map { $0.inputs.map(\.port).sorted() }
        == Array(repeating: ["features", "labels"], count: 2))
    #expect(plan.cellCount == 2)
  }

  @Test func oneThatIsAloneOfItsNameIsKnownByTheMetric() throws {
    let plan = try plan(#""measure": ["level"]"#)
    #expect(plan.measured.map(\.metric) == ["level"])
    #expect(plan.measured[0].choices.map(\.slot) == ["data"])
  }

  @Test func otherPlacesAreMeasuredAsEver() throws {
    let plan = try plan(#""measure": ["level"], "cluster": ["cluster"]"#)
    #expect(plan.measured.map(\.metric) == ["level", "spread"])
    // Asked for by name it still stands in its slot alone.
    let asked = try self.plan(
      #""measure": ["level"], "cluster": ["cluster"], "metrics": ["level", "spread"]"#)
    #expect(asked.measured.map(\.metric) == ["level", "spread"])
  }

  @Test func oneThatLacksAPortIsAnError() {
    #expect(throws: Diagnostics.self) { try plan(#""measure": ["spread"]"#) }
  }
}
