import Diagnostics
import Planning
import RunRecords
import StageKit
import Testing

@Suite struct PathTests {
  private func sweep(_ values: String) -> String {
    """
    "reduce": [{ "path": { "strength": { "each": \(values) } } }], "cluster": ["cluster"]
    """
  }

  @Test func aSweepIsFittedTogetherAndEachValueTakesItsPart() throws {
    let plan = try Fakes.plan(sweep("[2, 0.5, 1]"), with: FakePath.self)
    let fits = plan.nodes.filter { $0.stage.name == "path (path)" }
    let slices = plan.nodes.filter { $0.stage.name == "path (slice)" }
    #expect(fits.map(\.name) == ["path, strength [0.5,1,2]"])
    #expect(fits[0].fitsFor == [0.5, 1, 2])
    #expect(fits[0].stage.parameters["strength"]?.items?.compactMap(\.number) == [0.5, 1, 2])
    #expect(slices.map(\.name) == ["path, strength 2", "path, strength 0.5", "path, strength 1"])
    #expect(slices.allSatisfy { $0.inputs.map(\.node) == [fits[0].id] && $0.inputs[0].port == "embedding" })
    #expect(slices.map { $0.inputs[0].output } == ["embedding at 2", "embedding at 0.5", "embedding at 1"])
    #expect(plan.counts["cluster"] == 3)
  }

  @Test func oneValueIsNoPath() throws {
    let plan = try Fakes.plan(sweep("[2]"), with: FakePath.self)
    #expect(plan.nodes(of: "path").map(\.stage.name) == ["path"])
    #expect(plan.nodes(of: "path")[0].fitsFor == [])
  }

  @Test func theOrderOfTheValuesIsInNoKey() throws {
    let some = Set(try Fakes.plan(sweep("[0.5, 1]"), with: FakePath.self).nodes.map(\.key))
    #expect(Set(try Fakes.plan(sweep("[1, 0.5]"), with: FakePath.self).nodes.map(\.key)) == some)
  }

  @Test func oneMoreValueFitsAllAnew() throws {
    let before = Set(try Fakes.plan(sweep("[0.5, 1]"), with: FakePath.self).nodes.map(\.key))
    let after = try Fakes.plan(sweep("[0.5, 1, 2]"), with: FakePath.self)
    #expect(after.nodes(of: "path").allSatisfy { !before.contains($0.key) })
  }

  @Test func onlyWhatIsLeftInIsFitted() throws {
    let plan = try Fakes.plan(
      sweep("[0.5, 1, 2]") + #", "skip": [{ "reduce.path.strength": 2 }]"#, with: FakePath.self)
    #expect(plan.nodes(of: "path").map { $0.fitsFor } == [[0.5, 1], [], []])
    let alone = try Fakes.plan(
      sweep("[0.5, 1]") + #", "skip": [{ "reduce.path.strength": 1 }]"#, with: FakePath.self)
    #expect(alone.nodes(of: "path").map(\.stage.name) == ["path"])
  }

  @Test func otherParametersMakePathsOfTheirOwn() throws {
    let plan = try Fakes.plan(
      """
      "reduce": [{ "path": { "ridge": { "each": [0.1, 0.2] }, "strength": { "each": [1, 2] } } }],
      "cluster": ["cluster"]
      """, with: FakePath.self)
    let fits = plan.nodes.filter { $0.stage.name == "path (path)" }
    #expect(fits.map(\.name) == ["path, ridge 0.1, strength [1,2]", "path, ridge 0.2, strength [1,2]"])
    #expect(plan.nodes.count { $0.stage.isSlice } == 4)
  }

  @Test func whereThePathFailsAValueIsFittedByItself() throws {
    let plan = try Fakes.plan(sweep("[1, 2]"), with: FakePath.self)
    let (fit, slice) = (plan.nodes(of: "path")[0], plan.nodes(of: "path")[1])
    #expect(slice.alone?.stage.name == "path")
    #expect(slice.alone?.stage.parameters["strength"]?.number == 1)
    #expect(slice.alone?.inputs.map(\.node) == fit.inputs.map(\.node))
  }

  @Test func aRecordNamesTheSameStages() throws {
    let type = StageType(FakePath.self)
    let stage = try type.configured(.object(["strength": 1]))
    let path = stage.along([1, 2])
    let read = try type.recorded(as: path.name, path.parameters, folder: ".")
    #expect(read.name == "path (path)" && read.parameters == path.parameters)
    #expect(read.outputs.map(\.name) == ["embedding at 1", "embedding at 2"])
    #expect(try type.recorded(as: "path (slice)", stage.parameters, folder: ".").isSlice)
    #expect(try type.recorded(as: "path", stage.parameters, folder: ".").name == "path")
  }
}
