import Artifacts
import Diagnostics
import Execution
import Foundation
import RunRecords
import StageKit
import Store

@testable import Planning

/// The mixer after it was mended.
struct MendedMix: Stage {
  static let name = Mix.name
  static let summary = Mix.summary
  static let kind = Mix.kind
  static let revision = 2

  let parameters: Mix.Parameters

  func run(_ input: Mix.Input, in context: StageContext) throws(StageError) -> Mix.Output {
    try Mix(parameters: parameters).run(input, in: context)
  }
}

/// A mixer by another name.
struct Stir: Stage {
  static let name = "stir"
  static let summary = Mix.summary
  static let kind = Mix.kind
  static let revision = 1

  let parameters: Mix.Parameters

  func run(_ input: Mix.Input, in context: StageContext) throws(StageError) -> Mix.Output {
    try Mix(parameters: parameters).run(input, in: context)
  }
}

/// A source: what it reads is what its parameter says, and its file's name means nothing.
struct Well: SourceStage {
  struct Parameters: StageParameters {
    @Parameter("The lab that watches.") var lab = 0
    @Parameter("The file.", .notEmpty) var file: Locator = "well.h5"
    @Parameter("What it holds.", .notEmpty) var content: Locator = "water"
  }
  typealias Input = NoPorts
  typealias Output = Mix.Output

  static let name = "well"
  static let summary = "Gives a grain."
  static let kind = Mix.kind
  static let revision = 1

  let parameters: Parameters

  var sources: [SourceDescription] { [SourceDescription(file: parameters.file.text, parts: "all")] }
  func fingerprint() throws(StageError) -> Digest { Digest(of: Array(parameters.content.text.utf8)) }
  func resolved(against folder: String) -> Well { self }
  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    Output(out: Grain(parameters.content.text.utf8.count, lab: parameters.lab))
  }
}

extension Bench {
  /// Adds a node with everything that tells it from others.
  @discardableResult
  mutating func place(
    _ stage: any Stage.Type, _ given: KeyValuePairs<String, JSON> = [:], on inputs: [Int] = [],
    name: String? = nil, seed: UInt64? = nil, line: Int? = nil
  ) throws -> Int {
    let index = plan.nodes.count
    let type = StageType(stage)
    let parameters = JSON.object(
      [JSON.Member("lab", .integer(lab.number))] + given.map { JSON.Member($0.key, $0.value) })
    let stage = try type.configured(parameters)
    let edges = zip(["a", "b", "c"], inputs).map {
      Plan.Edge(port: $0, node: Plan.NodeID(index: $1), output: "out")
    }
    let own = KeyComponents.OwnRecords(
      stage: stage.name, revision: type.revision, parameters: stage.keyParameters)
    let components = KeyComponents(
      own, seed: seed, inputs: edges.map { ($0.port, plan[$0.node].key, $0.output) },
      content: stage.isSource ? try stage.fingerprint() : nil)
    plan.nodes.append(
      Plan.Node(
        id: Plan.NodeID(index: index), stage: stage, inputs: edges, seed: seed, key: components.key,
        components: components, name: name ?? "\(stage.name) \(index)",
        location: SourceLocation(file: "configs/bench.json", line: line ?? index + 1, column: 5, text: "")))
    if type.kind == .measure {
      plan.measured.append(
        Plan.PlannedMeasurement(
          choices: [Choice(slot: "mix", stage: String(index))], seed: nil, fold: nil, metric: type.name,
          node: Plan.NodeID(index: index)))
    }
    return index
  }

  /// Another experiment in the same folder with the same lab: an empty plan of another config.
  func again(config: String = "{}") throws -> Bench {
    var bench = self
    bench.plan = Plan(
      config: try Config(SourceText(file: "configs/bench.json", config)), pipeline: "bench", seeds: [0])
    return bench
  }

  /// What would run after an earlier run.
  func preview(_ earlier: Manifest?) throws -> Preview {
    Preview(plan, store: try store(), earlier: earlier)
  }

  /// Why each node would run if all did.
  func answers(_ earlier: Manifest?) -> [Reasons.Answer] {
    let reasons = Reasons(plan, toRun: plan.nodes.map(\.id), earlier: earlier)
    return plan.nodes.map { reasons[$0.id] }
  }
}
