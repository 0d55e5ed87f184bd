import Artifacts
import Diagnostics
import PipelineDSL
import RunRecords
import StageKit

/// Expands the shape of a pipeline over the alternatives of its slots.
///
/// A node of the shape is repeated only over the slots that stand above it, over folds if its splitter makes several,
/// and over replicates if something above it is random; so a shared prefix is there once.
struct Expansion {
  /// The copies of one stage: over folds and over replicates.
  struct Fan {
    var nodes: [Plan.NodeID]
    var folds: Int
    var hasFolds: Bool
    var replicates: Int
    var isSeeded: Bool

    func node(fold: Int, replicate: Int) -> Plan.NodeID {
      nodes[min(fold, folds - 1) * replicates + min(replicate, replicates - 1)]
    }
  }

  /// What stands at a node of the shape for one combination of alternatives.
  enum Instance {
    case stage(Fan, ConfiguredStage, connections: [Connection])
    /// The slot is empty there: who takes its output takes this instead.
    case passThrough(Connection?)
    /// A problem was reported.
    case broken
  }

  /// An artifact that flows from a fan of nodes.
  struct Connection {
    var port: String
    var fan: Fan
    var output: Port
  }

  /// A node of the shape with its copies over the slots above it.
  struct Expanded {
    var axes: [Int]
    var instances: [[Int]: Instance]
  }

  var plan: Plan
  let slots: [FilledSlot]
  let graph: PipelineGraph
  let request: Request
  let stages: StageCatalog
  let fingerprint: Planner.Fingerprint
  let report: ParameterReport

  private var expanded: [Expanded] = []
  private var byKey: [Key: Plan.NodeID] = [:]
  private var fingerprints: [String: Digest] = [:]
  private var metricsFound: Set<String> = []

  init(
    plan: Plan, slots: [FilledSlot], graph: PipelineGraph, request: Request, stages: StageCatalog,
    fingerprint: @escaping Planner.Fingerprint, report: ParameterReport
  ) {
    self.plan = plan
    self.slots = slots
    self.graph = graph
    self.request = request
    self.stages = stages
    self.fingerprint = fingerprint
    self.report = report
  }

  mutating func expand() {
    for node in graph.nodes { expanded.append(expand(node)) }
    var cells: Set<[Choice]> = []
    for measured in graph.measured { measure(measured, &cells) }
    // Where something above could not be made, what it would have given is not missing.
    guard report.problems.isEmpty else { return }
    for metric in request.metrics ?? [] where !metricsFound.contains(metric.name) {
      let needs =
        stages[metric.name]?.inputs.map { "\($0.name) (\($0.type.kind))" }.joined(separator: ", ") ?? ""
      report.add(
        Diagnostic(
          .missingPort, "nothing in this experiment can be measured by `\(metric.name)`",
          fields: ["needs": needs],
          hint: "fill the slot whose stages give this", at: metric.location))
    }
    plan.cellCount = cells.count
    plan.tables = request.tables
    plan.slots = slots.map { slot in
      (
        slot.declaration.name,
        slot.alternatives.map { alternative in
          guard let stage = alternative.stage else { return .string(passThroughName) }
          return .object([JSON.Member(stage.type.name, stage.parameters)])
        }
      )
    }
  }

  // MARK: Nodes of the shape

  private mutating func expand(_ node: PipelineGraph.Node) -> Expanded {
    var axes = Set(node.offers.flatMap { expanded[$0.source.node.index].axes })
    if case .slot(let name) = node.filling, let slot = slotIndex(name) { axes.insert(slot) }
    var result = Expanded(axes: axes.sorted(), instances: [:])
    for coordinate in coordinates(over: result.axes) {
      result.instances[coordinate] = instance(of: node, at: coordinate, axes: result.axes)
    }
    return result
  }

  private func slotIndex(_ name: String) -> Int? { slots.firstIndex { $0.declaration.name == name } }

  /// Every combination of the alternatives of some slots, the last slot fastest.
  private func coordinates(over axes: [Int]) -> [[Int]] {
    axes.reduce([[]]) { all, axis in
      all.flatMap { before in slots[axis].alternatives.indices.map { before + [$0] } }
    }
  }

  /// What stands at a source of the shape for a combination of alternatives.
  private func resolve(
    _ source: PipelineGraph.Source, at coordinate: [Int], axes: [Int], port: String
  ) -> Connection? {
    let target = expanded[source.node.index]
    let projected = target.axes.map { axis in axes.firstIndex(of: axis).map { coordinate[$0] } ?? 0 }
    switch target.instances[projected] {
    case .stage(let fan, let stage, _):
      guard let output = stage.type.outputs.first(where: { $0.name == source.port }),
        !stage.absentOutputs.contains(output.name)
      else { return nil }
      return Connection(port: port, fan: fan, output: output)
    case .passThrough(let connection):
      return connection.map { Connection(port: port, fan: $0.fan, output: $0.output) }
    case .broken, nil: return nil
    }
  }

  /// Whether a source of the shape could not be made for a combination; the reason was reported.
  private func isBroken(_ source: PipelineGraph.Source, at coordinate: [Int], axes: [Int]) -> Bool {
    let target = expanded[source.node.index]
    let projected = target.axes.map { axis in axes.firstIndex(of: axis).map { coordinate[$0] } ?? 0 }
    if case .broken = target.instances[projected] { return true }
    return false
  }

  private mutating func instance(of node: PipelineGraph.Node, at coordinate: [Int], axes: [Int]) -> Instance {
    if node.offers.contains(where: { isBroken($0.source, at: coordinate, axes: axes) }) { return .broken }
    let offered = node.offers.compactMap { offer in
      resolve(offer.source, at: coordinate, axes: axes, port: offer.port)
    }
    switch node.filling {
    case .foldRows:
      guard let folds = offered.first else { return .broken }
      return foldRows(of: folds, coordinate, axes)
    case .slot(let name):
      guard let slot = slotIndex(name), let position = axes.firstIndex(of: slot) else { return .broken }
      let alternative = slots[slot].alternatives[coordinate[position]]
      guard let stage = alternative.stage else { return .passThrough(offered.first) }
      guard let connections = connect(stage, offered, alternative.location, slot: name) else {
        return .broken
      }
      let fan = addFan(stage, connections, choices(coordinate, axes), alternative.location)
      return fan.map { .stage($0, stage, connections: connections) } ?? .broken
    }
  }

  /// The offered artifacts that a stage takes; nil, with a report, if it needs one that is not there.
  private func connect(
    _ stage: ConfiguredStage, _ offered: [Connection], _ location: SourceLocation?, slot: String
  ) -> [Connection]? {
    var connections: [Connection] = []
    for port in stage.type.inputs {
      if let offer = offered.first(where: { $0.port == port.name && $0.output.type == port.type }) {
        connections.append(offer)
      } else if !port.isOptional {
        let problem = Diagnostic(
          .missingPort, "`\(stage.type.name)` needs \(port.name), and nothing here gives them",
          fields: ["slot": slot, "port": "\(port.name) (\(port.type.kind))"],
          hint: port.name == "labels" || port.name == "groups" || port.name == "given"
            ? "name the data set in the loader, such as \"\(port.name == "given" ? "split" : port.name)\": \"…\""
            : nil, at: location)
        if !report.problems.contains(problem) { report.add(problem) }
        return nil
      }
    }
    return connections.sorted { $0.port < $1.port }
  }

  private mutating func foldRows(of folds: Connection, _ coordinate: [Int], _ axes: [Int]) -> Instance {
    guard let selector = stages.stages(of: .selector).first else { return .broken }
    let count = plan[folds.fan.nodes[0]].stage.foldCount
    var joined: Fan?
    var first: ConfiguredStage?
    for fold in 0..<count {
      do throws(Diagnostics) {
        let stage = try selector.configured(.object(["fold": .integer(fold)]))
        guard let fan = addFan(stage, [folds], choices(coordinate, axes), nil) else { return .broken }
        first = first ?? stage
        var all =
          joined
          ?? Fan(nodes: [], folds: 0, hasFolds: count > 1, replicates: fan.replicates, isSeeded: fan.isSeeded)
        all.nodes += fan.nodes
        all.folds += 1
        joined = all
      } catch {
        for problem in error.all { report.add(problem) }
        return .broken
      }
    }
    guard let joined, let first else { return .broken }
    return .stage(joined, first, connections: [folds])
  }

  private func choices(_ coordinate: [Int], _ axes: [Int]) -> [Choice] {
    zip(axes, coordinate).map { slots[$0].alternatives[$1].choice }
  }

  // MARK: Nodes of the plan

  private mutating func addFan(
    _ stage: ConfiguredStage, _ connections: [Connection], _ choices: [Choice], _ location: SourceLocation?
  ) -> Fan? {
    let inputs = connections.map(\.fan)
    let isSeeded = stage.isRandom || inputs.contains(where: \.isSeeded)
    var fan = Fan(
      nodes: [], folds: inputs.map(\.folds).max() ?? 1, hasFolds: inputs.contains(where: \.hasFolds),
      replicates: isSeeded ? request.seeds.count : 1, isSeeded: isSeeded)
    for fold in 0..<fan.folds {
      for replicate in 0..<fan.replicates {
        let edges = connections.map { connection in
          Plan.Edge(
            port: connection.port, node: connection.fan.node(fold: fold, replicate: replicate),
            output: connection.output.name)
        }
        let name = name(
          stage, choices, fold: fan.hasFolds ? fold : nil, seed: isSeeded ? request.seeds[replicate] : nil)
        guard let node = addNode(stage, edges, replicate: request.seeds[replicate], name, location) else {
          return nil
        }
        fan.nodes.append(node)
      }
    }
    return fan
  }

  private mutating func addNode(
    _ stage: ConfiguredStage, _ edges: [Plan.Edge], replicate: Int, _ name: String,
    _ location: SourceLocation?
  ) -> Plan.NodeID? {
    let inputs = edges.map { (port: $0.port, key: plan[$0.node].key, output: $0.output) }
    var content: Digest?
    if stage.isSource {
      guard let digest = digest(of: stage, location) else { return nil }
      content = digest
    }
    let seed =
      stage.isRandom
      ? KeyComponents.seed(run: request.runSeed, stage: stage.type.name, inputs: inputs, replicate: replicate)
      : nil
    let components = KeyComponents(
      stage: stage.type.name, revision: stage.type.revision, parameters: stage.keyParameters, seed: seed,
      inputs: inputs, content: content)
    let key = components.key
    if let same = byKey[key] { return same }
    let id = Plan.NodeID(index: plan.nodes.count)
    plan.nodes.append(
      Plan.Node(
        id: id, stage: stage, inputs: edges, seed: seed, key: key, components: components, name: name,
        location: location))
    byKey[key] = id
    return id
  }

  private mutating func digest(of stage: ConfiguredStage, _ location: SourceLocation?) -> Digest? {
    let identity = stage.type.name + stage.parameters.text()
    if let known = fingerprints[identity] { return known }
    do throws(Diagnostic) {
      let digest = try fingerprint(stage)
      fingerprints[identity] = digest
      return digest
    } catch {
      report.add(error.at(location))
      return nil
    }
  }

  /// A node's name: its stage, the choices above it that could have been others, fold and seed.
  private func name(_ stage: ConfiguredStage, _ choices: [Choice], fold: Int?, seed: Int?) -> String {
    let varying = choices.filter { choice in
      slots.first { $0.declaration.name == choice.slot }?.varies ?? false
    }
    let own = choices.last.flatMap { $0.stage == stage.type.name ? $0 : nil }
    var parts = [own.map { NodeNames.text($0) } ?? stage.type.name]
    parts += varying.filter { $0 != own }.map { NodeNames.text($0) }
    if let fold { parts.append("fold \(fold)") }
    if let seed { parts.append("seed \(seed)") }
    return parts.joined(separator: " · ")
  }

  // MARK: Measures

  private mutating func measure(_ measured: PipelineGraph.Measured, _ cells: inout Set<[Choice]>) {
    let subject = expanded[measured.node.index]
    for coordinate in coordinates(over: subject.axes) {
      guard case .stage(let fan, let stage, let connections) = subject.instances[coordinate] else { continue }
      let own = stage.type.outputs.filter { !stage.absentOutputs.contains($0.name) }
        .map { Connection(port: $0.name, fan: fan, output: $0) }
      let extras = measured.extras.compactMap {
        resolve($0.source, at: coordinate, axes: subject.axes, port: $0.port)
      }
      let choices = choices(coordinate, subject.axes)
      for type in measures {
        guard let inputs = inputs(of: type, among: own + connections + extras) else { continue }
        metricsFound.insert(type.name)
        cells.insert(choices)
        add(type, inputs, choices)
      }
    }
  }

  /// The measures that the config asks for, or all that are cheap.
  private var measures: [StageType] {
    let all = stages.stages(of: .measure)
    guard let asked = request.metrics else { return all.filter { !$0.traits.contains(.onRequest) } }
    return asked.compactMap { stages[$0.name] }
  }

  private func inputs(of type: StageType, among available: [Connection]) -> [Connection]? {
    var taken: [Connection] = []
    for port in type.inputs {
      if let found = available.first(where: { $0.port == port.name && $0.output.type == port.type }) {
        taken.append(found)
      } else if !port.isOptional {
        return nil
      }
    }
    return taken.sorted { $0.port < $1.port }
  }

  private mutating func add(_ type: StageType, _ inputs: [Connection], _ choices: [Choice]) {
    do throws(Diagnostics) {
      let stage = try type.configured(.object([]))
      guard let fan = addFan(stage, inputs, choices, nil) else { return }
      for fold in 0..<fan.folds {
        for replicate in 0..<fan.replicates {
          plan.measured.append(
            Plan.PlannedMeasurement(
              choices: choices, seed: fan.isSeeded ? request.seeds[replicate] : nil,
              fold: fan.hasFolds ? fold : nil,
              metric: type.name, node: fan.node(fold: fold, replicate: replicate)))
        }
      }
    } catch {
      for problem in error.all { report.add(problem) }
    }
  }
}
