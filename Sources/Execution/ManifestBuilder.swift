import Artifacts
import Diagnostics
import LinearAlgebra
public import Planning
public import RunRecords
import StageKit
import Store

/// Makes the record of a run.
public struct ManifestBuilder {
  private let plan: Plan
  private let report: RunReport
  private let reason: (Plan.Node, NodeOutcome.State) -> String?

  /// A builder for a plan and what its run came to.
  ///
  /// - Parameter reason: why a node ended in its state, if there is more to say than the state.
  public init(
    _ plan: Plan, _ report: RunReport,
    reason: @escaping (Plan.Node, NodeOutcome.State) -> String? = { _, _ in nil }
  ) {
    self.plan = plan
    self.report = report
    self.reason = reason
  }

  /// The numbers with their places in the experiment.
  public var results: [MeasuredValue] {
    zip(plan.measured, report.values).compactMap { measured, value in
      guard isNumber(measured.node) else { return nil }
      return MeasuredValue(
        choices: measured.choices, seed: measured.seed, fold: measured.fold, metric: measured.metric,
        value: value,
        key: plan[measured.node].key.digest.hex)
    }
  }

  private func isNumber(_ node: Plan.NodeID) -> Bool { plan[node].stage.type.metric != nil }

  /// What must be the same when the run is done again.
  public var deterministic: DeterministicRecord {
    var metrics: [MetricDirection] = []
    for measured in plan.measured where !metrics.contains(where: { $0.metric == measured.metric }) {
      guard let metric = plan[measured.node].stage.type.metric else { continue }
      metrics.append(MetricDirection(metric: measured.metric, better: better(metric.better)))
    }
    return DeterministicRecord(
      name: plan.config.name, title: plan.config.title, pipeline: plan.pipeline, config: resolvedConfig,
      origins: plan.config.origins.map { DeterministicRecord.Origin(path: $0.path, origin: $0.origin) },
      inputs: inputs, nodes: plan.nodes.map(record), results: results, tables: plan.tables, metrics: metrics)
  }

  private func better(_ direction: Metric.Direction) -> MetricDirection.Better {
    switch direction {
    case .higher: .higher
    case .lower: .lower
    case .neither: .neither
    }
  }

  private var resolvedConfig: JSON {
    let slots = plan.slots.map { JSON.Member($0.name, .array($0.alternatives)) }
    var members = (plan.config.json.members ?? []).filter { member in
      !plan.slots.contains { $0.name == member.key } && member.key != "$schema"
    }
    if !members.contains(where: { $0.key == "seeds" }) {
      members.append(JSON.Member("seeds", .integer(plan.seeds.count)))
    }
    return .object(members + slots)
  }

  private var inputs: [DeterministicRecord.Input] {
    plan.nodes.compactMap { node in
      guard node.stage.isSource, let source = node.stage.sources.first,
        let content = node.components.records.first(where: { $0.tag == .content }),
        let digest = Digest(hex: content.value)
      else { return nil }
      let file = node.stage.parameters["file"]?.string ?? source.file
      return DeterministicRecord.Input(file: file, parts: [source.parts], digest: digest)
    }
  }

  private func record(_ node: Plan.Node) -> RunRecords.NodeRecord {
    NodeRecord(
      id: node.id.index, name: node.name, stage: node.stage.name, revision: node.stage.type.revision,
      parameters: node.stage.parameters, seed: node.seed.map { Int(bitPattern: UInt($0)) }, key: node.key,
      place: node.location.map { "\($0.file.split(separator: "/").last ?? ""):\($0.line)" },
      inputs: node.inputs.map { NodeRecord.Input(port: $0.port, node: $0.node.index, output: $0.output) },
      outputs: isMeasured(node) ? outputs(of: node) : [])
  }

  /// Whether the run was about this node's result; that of another may be gone from the store without changing it.
  private func isMeasured(_ node: Plan.Node) -> Bool { node.stage.type.kind == .measure }

  private func outputs(of node: Plan.Node) -> [RunRecords.NodeRecord.Output] {
    let kinds = node.stage.outputs
    return report.outputs[node.id.index].sorted { $0.port < $1.port }.map { output in
      NodeRecord.Output(
        port: output.port, kind: kinds.first { $0.name == output.port }?.type.kind ?? "",
        digest: output.digest,
        bytes: output.byteCount)
    }
  }

  /// What may differ when the run is done again.
  public func volatile(
    run: String, started: Timestamp, seconds: Double, commandLine: [String], versions: Versions
  ) -> VolatileRecord {
    VolatileRecord(
      run: run, started: started, ended: .now(), seconds: seconds, host: Machine.host, cores: Machine.cores,
      commandLine: commandLine, versions: versions, gitCommit: Machine.gitCommit(around: plan.config.folder),
      configFolder: Machine.absolutePath(plan.config.folder), peakMemory: Machine.peakMemory,
      outcome: outcome, nodes: plan.nodes.map(outcome))
  }

  private var outcome: RunOutcome {
    if report.wasInterrupted { return .interrupted }
    return report.failedCount + report.blockedCount > 0 ? .failed : .done
  }

  private func outcome(of node: Plan.Node) -> NodeOutcome {
    var outcome = bareOutcome(of: node)
    if !isMeasured(node) { outcome.outputs = outputs(of: node) }
    if [.ran, .cached].contains(outcome.state) { outcome.isKept = report.isKept[node.id.index] }
    outcome.reason = reason(node, outcome.state) ?? outcome.reason
    return outcome
  }

  private func bareOutcome(of node: Plan.Node) -> NodeOutcome {
    let id = node.id.index
    switch report.outcomes[id] {
    case .ran(let seconds): return NodeOutcome(id: id, state: .ran, seconds: seconds)
    case .cached:
      return NodeOutcome(id: id, state: .cached, seconds: 0, savedSeconds: report.storedSeconds[id])
    case .cutOff(let cause):
      return NodeOutcome(
        id: id, state: .cutOff, seconds: 0, savedSeconds: report.storedSeconds[id],
        reason: cause.map { "\(plan[$0].stage.type.name) gave the same bytes" })
    case .failed(let error, _):
      return NodeOutcome(id: id, state: .failed, seconds: 0, error: error.description)
    case .blocked(let cause):
      return NodeOutcome(id: id, state: .blocked, seconds: 0, reason: "\(plan[cause].name) failed")
    case .notRun: return NodeOutcome(id: id, state: .notRun, seconds: 0)
    }
  }
}
