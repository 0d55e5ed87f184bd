import Artifacts
import Diagnostics
import PipelineDSL
import Planning
import RunRecords
import StageKit
import Testing

/// Clusters are measured in the features that a slot of its own chooses.
@Suite struct SpaceTests {
  private func plan(_ members: String) throws -> Plan {
    let stages = StageCatalog([
      FakeSource.self, FakeReduce.self, FakeNested.self, FakeCluster.self, FakeFold.self,
      FakeReducedSpace.self,
      FakeInputSpace.self, FakeSpread.self, FakeCompactness.self,
    ])
    let text = """
      { "pipeline": "spaces", "data": { "source": {} },
        "reduce": [{ "reduce": { "components": { "each": [2, 3] } } }, "nested"], "cluster": ["cluster"],
        \(members) }
      """
    return try Planner(stages: stages, pipelines: PipelineCatalog([PipelineType(SpacePipeline.self)])) {
      (stage) throws(Diagnostic) in try stage.fingerprint()
    }.plan(Config(SourceText(file: "configs/test.json", text)))
  }

  private func spaces(_ plan: Plan, _ metric: String) -> [String] {
    plan.measured.filter { $0.metric == metric }.map { measured in
      measured.choices.filter { ["reduce", "space"].contains($0.slot) }.map(\.stage).joined(separator: " ")
    }
  }

  @Test func everyClusteringIsMeasuredInEachSpace() throws {
    let plan = try plan(#""metrics": ["compactness", "spread"]"#)
    let expected = ["reduce", "reduce", "nested"].flatMap { ["\($0) reduced-space", "\($0) input-space"] }
    #expect(spaces(plan, "compactness") == expected && spaces(plan, "spread") == expected)
    // The input is one for all reducers; what takes no features is measured once.
    #expect(plan.counts["input-space"] == 1 && plan.counts["reduced-space"] == 3)
    #expect(plan.counts["compactness"] == 6 && plan.counts["spread"] == 3)
    #expect(plan.cellCount == 6)
  }

  @Test func measuresTakeTheFeaturesOfTheSpace() throws {
    let plan = try plan(#""space": "input-space", "metrics": ["compactness"]"#)
    for node in plan.nodes(of: "compactness") {
      let stages = node.inputs.map { "\($0.port) \(plan[$0.node].stage.type.name)" }
      #expect(stages == ["assignment cluster", "features input-space"])
    }
  }

  @Test func spacesCanBeSkippedForSomeReducers() throws {
    let plan = try plan(
      #""skip": [{ "reduce": "nested", "space": "input-space" }], "metrics": ["compactness"]"#)
    #expect(
      spaces(plan, "compactness") == [
        "reduce reduced-space", "reduce input-space", "reduce reduced-space", "reduce input-space",
        "nested reduced-space",
      ])
  }
}

private struct SpacePipeline: Pipeline {
  static let name = "spaces"
  static let summary = "Measures in spaces."

  @Slot var data: Loader
  @Slots var reduce: [Reducer]
  @Slots var cluster: [Clusterer]
  @Slots var space: [Space] = [.reduced, .input]

  var flow: some Flow {
    let table = data.table
    each(reduce, cluster, space) { reduce, cluster, space in
      let embedding = table.features.then(reduce)
      embedding.then(cluster).measured(in: space.features(reduced: embedding, input: table.features))
    }
  }
}

private struct FakeReducedSpace: Stage {
  struct Input: Ports { var embedding: Features }
  struct Output: Ports { var features: Features }
  static let name = "reduced-space"
  static let summary = "Takes the reduced features."
  static let kind = StageKind.space
  static let revision = 1
  let parameters: NoParameters
  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(features: input.embedding)
  }
}

private struct FakeInputSpace: Stage {
  struct Input: Ports { var features: Features }
  struct Output: Ports { var features: Features }
  static let name = "input-space"
  static let summary = "Takes the features."
  static let kind = StageKind.space
  static let revision = 1
  let parameters: NoParameters
  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(features: input.features)
  }
}

private struct FakeCompactness: MeasureStage {
  struct Input: Ports {
    var features: Features
    var assignment: Assignment
  }
  static let name = "compactness"
  static let summary = "Measures clusters in a space."
  static let revision = 1
  static let metric = Metric(better: .lower)
  let parameters: NoParameters
  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput { MeasureOutput(0) }
}
