import Diagnostics
import StageKit

@testable import Planning

/// A plan of five nodes: one is loaded, two are fitted to it, each fit gets a score.
enum SamplePlan {
  static let plan: Plan? = try? make()

  private static func make() throws -> Plan {
    let config = try Config(SourceText(file: "configs/sample.json", "{}"))
    var plan = Plan(config: config, pipeline: "sample", seeds: [0, 1])
    add(Load(parameters: NoParameters()), "load", [], to: &plan)
    add(Fit(parameters: NoParameters()), "fit · seed 0", [0], to: &plan)
    add(Fit(parameters: NoParameters()), "fit · seed 1", [0], to: &plan)
    add(Score(parameters: NoParameters()), "score · fit · seed 0", [1], to: &plan)
    add(Score(parameters: NoParameters()), "score · fit · seed 1", [2], to: &plan)
    return plan
  }

  private static func add(_ stage: some Stage, _ name: String, _ inputs: [Int], to plan: inout Plan) {
    let id = Plan.NodeID(index: plan.nodes.count)
    let stage = ConfiguredStage(stage)
    let own = KeyComponents.OwnRecords(
      stage: stage.type.name, revision: 1, parameters: .object(["node": .integer(id.index)]))
    let components = KeyComponents(own, seed: nil, inputs: [], content: nil)
    plan.nodes.append(
      Plan.Node(
        id: id, stage: stage,
        inputs: inputs.map {
          Plan.Edge(port: "in", node: Plan.NodeID(index: $0), output: "measurement")
        }, seed: nil, key: components.key, components: components, name: name, location: nil))
  }
}

struct NoParameters: StageParameters {}

private struct Load: MeasureStage {
  static let name = "load"
  static let summary = "Loads."
  static let revision = 1
  static let metric = Metric(better: .neither)
  let parameters: NoParameters
  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> MeasureOutput {
    MeasureOutput(0)
  }
}

private struct Fit: MeasureStage {
  static let name = "fit"
  static let summary = "Fits."
  static let revision = 1
  static let metric = Metric(better: .neither)
  let parameters: NoParameters
  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> MeasureOutput {
    MeasureOutput(0)
  }
}

private struct Score: MeasureStage {
  static let name = "score"
  static let summary = "Scores."
  static let revision = 1
  static let metric = Metric(better: .higher)
  let parameters: NoParameters
  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> MeasureOutput {
    MeasureOutput(0)
  }
}
