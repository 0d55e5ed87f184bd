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
    case passThrough(Connection)
    /// A problem was reported, here or above.
    case broken
  }

  /// What a source of the shape offers for one combination of alternatives.
  enum Offer {
    case given(Connection)
    /// The stage there does not give it.
    case absent
    /// A problem was reported there.
    case broken
  }

  /// An artifact that flows from a fan of nodes.
  struct Connection {
    var port: String
    var fan: Fan
    var output: Port
  }

  /// A node of the shape with its copies over the slots above it, the last slot fastest.
  struct Expanded {
    var axes: [Int]
    var instances: [Instance] = []
  }

  /// A stage that is put into the plan, with what is the same for all its nodes.
  struct Placed {
    var stage: ConfiguredStage
    var records: KeyComponents.OwnRecords
    var label: String
    var location: SourceLocation?

    init(_ stage: ConfiguredStage, label: String? = nil, at location: SourceLocation? = nil) {
      self.stage = stage
      records = KeyComponents.OwnRecords(
        stage: stage.name, revision: stage.type.revision, parameters: stage.keyParameters)
      self.label = label ?? stage.name
      self.location = location
    }
  }

  var plan: Plan
  let slots: [FilledSlot]
  let graph: PipelineGraph
  let request: Request
  let stages: StageCatalog
  let fingerprint: Planner.Fingerprint
  let report: ParameterReport

  /// The stage of each alternative of each slot; nil where the slot passes its input on.
  private let placed: [[Placed?]]
  /// Where the result of an alternative is cut from that of another; nil where it is not.
  private let cuts: [[Cut?]]
  /// What each alternative adds to the names of the nodes below it; nil where there is no other.
  private let labels: [[String]?]
  private var expanded: [Expanded] = []
  private var byKey: [Key: Plan.NodeID] = [:]
  private var lineages: [Plan.NodeID: Digest] = [:]
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
    placed = slots.map { slot in
      slot.alternatives.map { alternative in
        alternative.stage.map {
          Placed($0, label: NodeNames.text(alternative.choice), at: alternative.location)
        }
      }
    }
    cuts = slots.map(Self.cuts)
    labels = slots.map { $0.varies ? $0.alternatives.map { NodeNames.text($0.choice) } : nil }
  }

  /// How an alternative's result is cut from that of another of its slot.
  struct Cut {
    /// The alternative of the same family with the largest nested parameter.
    var fit: Int
    /// All values that this fit serves.
    var served: [Int]
    var slice: Placed
  }

  private static func cuts(_ slot: FilledSlot) -> [Cut?] {
    let nestings = slot.alternatives.map { $0.stage?.nesting }
    var families: [String: [Int]] = [:]
    for (index, nesting) in nestings.enumerated() {
      if let nesting { families[nesting.family, default: []].append(index) }
    }
    func value(_ index: Int) -> Int { nestings[index]?.value ?? 0 }
    return slot.alternatives.enumerated().map { index, alternative in
      guard let stage = alternative.stage, let family = stage.nesting.flatMap({ families[$0.family] }),
        let fit = family.max(by: { value($0) < value($1) }), fit != index
      else { return nil }
      return Cut(
        fit: fit, served: family.map(value).sorted(),
        slice: Placed(stage.slice, label: NodeNames.text(alternative.choice), at: alternative.location))
    }
  }

  mutating func expand() {
    for node in graph.nodes { expanded.append(expand(node)) }
    let measures = measures()
    var cells: Set<[Int]> = []
    for measured in graph.measured { measure(measured, measures, &cells) }
    if report.problems.isEmpty { requireMeasurements() }
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

  private func requireMeasurements() {
    for metric in request.metrics ?? [] where !metricsFound.contains(metric.name) {
      let needs =
        stages[metric.name]?.inputs.map { "\($0.name) (\($0.type.kind))" }.joined(separator: ", ") ?? ""
      report.add(
        Diagnostic(
          .missingPort, "nothing in this experiment can be measured by `\(metric.name)`",
          fields: ["needs": needs],
          hint: "fill the slot whose stages give this", at: metric.location))
    }
    if plan.measured.isEmpty, report.problems.isEmpty {
      report.add(
        Diagnostic(
          .badConfig, "nothing in this experiment is measured, so nothing would run",
          fields: [
            "slots": slots.map { "\($0.declaration.name) (\($0.alternatives.count))" }.joined(separator: ", ")
          ],
          hint: "fill a slot whose stages give what a metric takes",
          at: plan.config.json["pipeline"]?.location))
    }
  }

  // MARK: Nodes of the shape

  private mutating func expand(_ node: PipelineGraph.Node) -> Expanded {
    var axes = Set(node.offers.flatMap { expanded[$0.source.node.index].axes })
    if case .slot(let name) = node.filling, let slot = slotIndex(name) { axes.insert(slot) }
    var result = Expanded(axes: axes.sorted())
    for coordinate in coordinates(over: result.axes) {
      result.instances.append(instance(of: node, at: coordinate, axes: result.axes))
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
  ) -> Offer {
    var index = 0
    for axis in expanded[source.node.index].axes {
      index = index * slots[axis].alternatives.count + (axes.firstIndex(of: axis).map { coordinate[$0] } ?? 0)
    }
    switch expanded[source.node.index].instances[index] {
    case .stage(let fan, let stage, _):
      guard let output = stage.type.outputs.first(where: { $0.name == source.port }),
        !stage.absentOutputs.contains(output.name)
      else { return .absent }
      return .given(Connection(port: port, fan: fan, output: output))
    case .passThrough(let connection):
      return .given(Connection(port: port, fan: connection.fan, output: connection.output))
    case .broken: return .broken
    }
  }

  private mutating func instance(of node: PipelineGraph.Node, at coordinate: [Int], axes: [Int]) -> Instance {
    var offered: [Connection] = []
    for offer in node.offers {
      switch resolve(offer.source, at: coordinate, axes: axes, port: offer.port) {
      case .given(let connection): offered.append(connection)
      case .absent: continue
      // What went wrong above is said there; what it leads to here is not.
      case .broken: return .broken
      }
    }
    switch node.filling {
    case .foldRows:
      guard let folds = offered.first else { return .broken }
      return foldRows(of: folds, coordinate, axes)
    case .slot(let name):
      guard let slot = slotIndex(name), let position = axes.firstIndex(of: slot) else { return .broken }
      guard let placed = placed[slot][coordinate[position]] else {
        return offered.first.map { .passThrough($0) } ?? .broken
      }
      guard let connections = connect(placed.stage, offered, placed.location, slot: name) else {
        return .broken
      }
      let place = Place(axes: axes, coordinate: coordinate, own: slot)
      let fan =
        cuts[slot][coordinate[position]].map { addSlices($0, of: placed.stage, connections, place) }
        ?? addFan(placed, connections, place)
      return fan.map { .stage($0, placed.stage, connections: connections) } ?? .broken
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
    guard let selector = stages.stages(of: .selector).first else {
      let problem = Diagnostic(.internalFault, "the catalog has no stage that picks the rows of a fold")
      if !report.problems.contains(problem) { report.add(problem) }
      return .broken
    }
    let count = plan[folds.fan.nodes[0]].stage.foldCount
    var joined: Fan?
    var first: ConfiguredStage?
    for fold in 0..<count {
      do throws(Diagnostics) {
        let stage = try selector.configured(.object(["fold": .integer(fold)]))
        let place = Place(axes: axes, coordinate: coordinate)
        guard let fan = addFan(Placed(stage), [folds], place) else { return .broken }
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

  /// A combination of alternatives.
  struct Place {
    var axes: [Int]
    var coordinate: [Int]
    /// The slot that the stage itself fills, if it fills one.
    var own: Int?
  }

  private func choices(_ place: Place) -> [Choice] {
    zip(place.axes, place.coordinate).map { slots[$0].alternatives[$1].choice }
  }

  // MARK: Nodes of the plan

  private mutating func addFan(
    _ placed: Placed, _ connections: [Connection], _ place: Place
  ) -> Fan? {
    let inputs = connections.map(\.fan)
    let isSeeded = placed.stage.isRandom || inputs.contains(where: \.isSeeded)
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
        let seed = request.seeds[replicate]
        guard let (node, isNew) = addNode(placed, edges, replicate: seed) else { return nil }
        if isNew {
          plan.nodes[node.index].name = name(
            placed, place, fold: fan.hasFolds ? fold : nil, seed: isSeeded ? seed : nil)
        }
        fan.nodes.append(node)
      }
    }
    return fan
  }

  /// Cuts a stage's results from those of another alternative of its slot.
  private mutating func addSlices(
    _ cut: Cut, of stage: ConfiguredStage, _ connections: [Connection], _ place: Place
  ) -> Fan? {
    guard let slot = place.own, let position = place.axes.firstIndex(of: slot),
      let fit = placed[slot][cut.fit]
    else { return nil }
    var fitPlace = place
    fitPlace.coordinate[position] = cut.fit
    guard let fan = addFan(fit, connections, fitPlace) else { return nil }
    for node in fan.nodes { plan.nodes[node.index].fitsFor = cut.served }
    let outputs = fit.stage.type.outputs.filter { !fit.stage.absentOutputs.contains($0.name) }
      .map { Connection(port: $0.name, fan: fan, output: $0) }
    guard let slices = addFan(cut.slice, outputs, place) else { return nil }
    for (slice, fit) in zip(slices.nodes, fan.nodes) {
      let fit = plan.nodes[fit.index]
      plan.nodes[slice.index].alone = Plan.Alone(stage: stage, inputs: fit.inputs, seed: fit.seed)
    }
    return slices
  }

  private mutating func addNode(
    _ placed: Placed, _ edges: [Plan.Edge], replicate: Int
  ) -> (Plan.NodeID, isNew: Bool)? {
    let stage = placed.stage
    let inputs = edges.map { (port: $0.port, key: plan.nodes[$0.node.index].key, output: $0.output) }
    var content: Digest?
    if stage.isSource {
      guard let digest = digest(of: stage, placed.location) else { return nil }
      content = digest
    }
    let seed = stage.isRandom ? self.seed(of: stage, edges, replicate: replicate) : nil
    let components = KeyComponents(placed.records, seed: seed, inputs: inputs, content: content)
    let key = components.key
    if let same = byKey[key] { return (same, false) }
    let id = Plan.NodeID(index: plan.nodes.count)
    plan.nodes.append(
      Plan.Node(
        id: id, stage: stage, inputs: edges, seed: seed, key: key, components: components, name: "",
        location: placed.location))
    byKey[key] = id
    return (id, true)
  }

  private mutating func seed(of stage: ConfiguredStage, _ edges: [Plan.Edge], replicate: Int) -> UInt64 {
    let inputs = edges.map { (port: $0.port, lineage: lineage(of: $0.node), output: $0.output) }
    return KeyComponents.seed(
      run: request.runSeed, stage: stage.type.name, inputs: inputs, replicate: replicate)
  }

  /// Taken only where something random needs it: of most nodes never.
  private mutating func lineage(of id: Plan.NodeID) -> Digest {
    if let known = lineages[id] { return known }
    let node = plan[id]
    var inputs: [String: Digest] = [:]
    for edge in node.inputs { inputs[edge.port] = lineage(of: edge.node) }
    let lineage = node.components.lineage(inputs)
    lineages[id] = lineage
    return lineage
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
  private func name(_ placed: Placed, _ place: Place, fold: Int?, seed: Int?) -> String {
    var name = placed.label
    for (axis, position) in zip(place.axes, place.coordinate) where axis != place.own {
      if let labels = labels[axis] { name += " · " + labels[position] }
    }
    if let fold { name += " · fold \(fold)" }
    if let seed { name += " · seed \(seed)" }
    return name
  }

  // MARK: Measures

  private mutating func measure(
    _ measured: PipelineGraph.Measured, _ measures: [Placed], _ cells: inout Set<[Int]>
  ) {
    let subject = expanded[measured.node.index]
    for (coordinate, instance) in zip(coordinates(over: subject.axes), subject.instances) {
      guard case .stage(let fan, let stage, let connections) = instance else { continue }
      let own = stage.type.outputs.filter { !stage.absentOutputs.contains($0.name) }
        .map { Connection(port: $0.name, fan: fan, output: $0) }
      var available = own + connections
      for extra in measured.extras {
        let offer = resolve(extra.source, at: coordinate, axes: subject.axes, port: extra.port)
        if case .given(let connection) = offer { available.append(connection) }
      }
      let place = Place(axes: subject.axes, coordinate: coordinate)
      let choices = choices(place)
      for measure in measures {
        guard let inputs = inputs(of: measure.stage.type, among: available) else { continue }
        metricsFound.insert(measure.stage.type.name)
        cells.insert(subject.axes + [-1] + coordinate)
        add(measure, inputs, place, choices)
      }
    }
  }

  /// The measures that the config asks for, or all that are cheap.
  private func measures() -> [Placed] {
    let types: [StageType]
    if let asked = request.metrics {
      types = asked.compactMap { stages[$0.name] }
    } else {
      types = stages.stages(of: .measure).filter { !$0.traits.contains(.onRequest) }
    }
    return types.compactMap { type in
      do throws(Diagnostics) { return Placed(try type.configured(.object([]))) } catch {
        report.add(error)
        return nil
      }
    }
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

  private mutating func add(
    _ measure: Placed, _ inputs: [Connection], _ place: Place, _ choices: [Choice]
  ) {
    guard let fan = addFan(measure, inputs, place) else { return }
    for fold in 0..<fan.folds {
      for replicate in 0..<fan.replicates {
        plan.measured.append(
          Plan.PlannedMeasurement(
            choices: choices, seed: fan.isSeeded ? request.seeds[replicate] : nil,
            fold: fan.hasFolds ? fold : nil,
            metric: measure.stage.type.name, node: fan.node(fold: fold, replicate: replicate)))
      }
    }
  }
}
