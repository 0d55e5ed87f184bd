import Artifacts
import Diagnostics
import PipelineDSL
import RunRecords
import StageKit

/// Expands the shape of a pipeline over the alternatives of its slots.
///
/// A node of the shape is repeated only over the slots that stand above it, over folds if its splitter makes several,
/// and over replicates if something above it is random; so a shared prefix is there once.
final class Expansion {
  var plan: Plan
  let slots: [FilledSlot]
  let graph: PipelineGraph
  let request: Request
  let stages: StageCatalog
  let fingerprint: Planner.Fingerprint
  let report: ParameterReport
  let rules: CellRules

  /// The stage of each alternative of each slot; nil where the slot passes its input on.
  let placed: [[PlacedStage?]]
  /// The alternatives of each slot whose results one fit can give.
  let families: [[SharedFamily?]]
  /// What each alternative adds to the names of the nodes below it; nil where there is no other.
  let labels: [[String]?]
  var expanded: [Expanded] = []
  var byKey: [Key: Plan.NodeID] = [:]
  var lineages: [Plan.NodeID: Digest] = [:]
  /// Sources with the digest of what they read.
  var sources: [String: PlacedStage] = [:]
  var foldStages: [PlacedStage] = []
  var metricsFound: Set<String> = []
  /// The combinations that are measured, by their slots.
  var cells: [[Int]: Set<Int>] = [:]
  var bytes = KeyBytes()

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
    rules = request.rules ?? CellRules(counts: slots.map(\.alternatives.count))
    placed = slots.map { slot in
      slot.alternatives.map { alternative in
        alternative.stage.map {
          PlacedStage(
            $0, label: NodeNames.text(alternative.choice), at: alternative.location,
            conduct: alternative.conduct)
        }
      }
    }
    families = zip(placed, slots).map { SharedFamily.families($0, $1.alternatives.map(\.choice)) }
    labels = slots.map { $0.varies ? $0.alternatives.map { NodeNames.text($0.choice) } : nil }
  }

  func expand() {
    let above = graph.slotsAbove(slots)
    guard (above + graph.measured.map { $0.slots(above) }).allSatisfy(rules.isSmall) else {
      return reportSize()
    }
    for (node, slots) in zip(graph.nodes, above) { expand(node, over: slots) }
    let measures = measures()
    for measured in graph.measured { measure(measured, measures) }
    if report.problems.isEmpty { requireMeasurements() }
    dropUnneeded()
    plan.cellCount = cells.values.reduce(0) { $0 + $1.count }
    plan.tables = request.tables
    if report.problems.isEmpty { plan.claims = claims() }
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

  private func reportSize() {
    let counts = slots.filter(\.varies).map { "\($0.declaration.name) (\($0.alternatives.count))" }
    report.add(
      Diagnostic(
        .badConfig, "this experiment has more than \(CellRules.limit) combinations",
        fields: ["slots": counts.joined(separator: ", ")],
        hint: "sweep fewer values, or pair sweeps by \"zip\"", at: plan.config.json["pipeline"]?.location))
  }

  // MARK: Places of the pipeline

  /// Fills one place for every combination of the slots above it.
  private func expand(_ node: PipelineGraph.Node, over slots: [Int]) {
    var own: Int?
    if case .slot(let name) = node.filling { own = self.slots.firstIndex { $0.declaration.name == name } }
    let names = names(over: slots, own: own)
    var result = Expanded(slots: slots, rules: rules)
    rules.forEach(over: slots) { choice, place in
      let spot = Spot(choice: choice, own: own, names: names, place: place)
      result.append(fill(node, at: spot), at: place)
    }
    expanded.append(result)
  }

  /// One combination at a place of the pipeline.
  struct Spot {
    /// The alternative of each slot above, below 0 for the others.
    var choice: [Int]
    /// The slot that the stage itself fills, if it fills one.
    var own: Int?
    var names: NodeNames.Choices
    var place: Int
  }

  func names(over slots: [Int], own: Int? = nil) -> NodeNames.Choices {
    NodeNames.Choices(slots.map { (rules.counts[$0], $0 == own ? nil : labels[$0]) })
  }

  /// What a source of the shape offers for a combination of alternatives.
  func resolve(_ source: PipelineGraph.Source, at choice: [Int], port: String) -> Offer {
    switch expanded[source.node.index].instance(at: choice) {
    case .stage(let fan, let placed, _):
      guard let output = placed.outputs.first(where: { $0.name == source.port }) else { return .absent }
      return .given(Connection(port: port, fan: fan, output: output))
    case .passThrough(let connection):
      return .given(Connection(port: port, fan: connection.fan, output: connection.output))
    case .skipped: return .skipped
    case .broken: return .broken
    }
  }

  private func fill(_ node: PipelineGraph.Node, at spot: Spot) -> Instance {
    var offered: [Connection] = []
    for offer in node.offers {
      switch resolve(offer.source, at: spot.choice, port: offer.port) {
      case .given(let connection): offered.append(connection)
      case .absent: continue
      case .skipped: return .skipped
      // What went wrong above is said there; what it leads to here is not.
      case .broken: return .broken
      }
    }
    switch node.filling {
    case .foldRows:
      guard let folds = offered.first else { return .broken }
      return foldRows(of: folds, spot)
    case .part(let part): return take(part, of: offered, spot)
    case .slot(let name):
      guard let slot = spot.own else { return .broken }
      let alternative = spot.choice[slot]
      guard let stage = placed[slot][alternative] else {
        return offered.first.map { .passThrough($0) } ?? .broken
      }
      guard let connections = connect(stage, offered, slot: name) else { return .broken }
      let fan =
        families[slot][alternative].map { addShared(stage, $0, connections, spot) }
        ?? addFan(stage, connections, spot)
      return fan.map { .stage($0, stage, connections: connections) } ?? .broken
    }
  }

  /// The offered artifacts that a stage takes; nil, with a report, if it needs one that is not there.
  private func connect(_ placed: PlacedStage, _ offered: [Connection], slot: String) -> [Connection]? {
    var connections: [Connection] = []
    connections.reserveCapacity(placed.inputs.count)
    for port in placed.inputs {
      if let offer = offered.first(where: { $0.port == port.name && $0.output.type == port.type }) {
        connections.append(offer)
      } else if !port.isOptional {
        let problem = Diagnostic(
          .missingPort, "`\(placed.stage.type.name)` needs \(port.name), and nothing here gives them",
          fields: ["slot": slot, "port": "\(port.name) (\(port.type.kind))"],
          hint: port.name == "labels" || port.name == "groups" || port.name == "given"
            ? "name the data set in the loader, such as \"\(port.name == "given" ? "split" : port.name)\": \"…\""
            : nil, at: placed.location)
        if !report.problems.contains(problem) { report.add(problem) }
        return nil
      }
    }
    return connections
  }

  // MARK: Parts and folds

  /// Takes the rows that are fitted on, or those that are held out.
  private func take(_ part: PipelineGraph.Part, of offered: [Connection], _ spot: Spot) -> Instance {
    guard let type = stages.stages(of: .part).first else {
      reportOnce(Diagnostic(.internalFault, "the catalog has no stage that takes a part of the rows"))
      return .broken
    }
    do throws(Diagnostics) {
      let parameters = JSON.object([
        "part": .string(part.isHeldOut ? "held-out" : "fit"), "assignment": .bool(part.hasClusters),
      ])
      let placed = PlacedStage(try type.configured(parameters))
      guard let connections = connect(placed, offered, slot: "data"),
        let fan = addFan(placed, connections, spot)
      else { return .broken }
      return .stage(fan, placed, connections: connections)
    } catch {
      for problem in error.all { reportOnce(problem) }
      return .broken
    }
  }

  private func reportOnce(_ problem: Diagnostic) {
    if !report.problems.contains(problem) { report.add(problem) }
  }

  private func foldRows(of folds: Connection, _ spot: Spot) -> Instance {
    let count = plan.nodes[folds.fan.node(fold: 0, replicate: 0).index].placed.stage.foldCount
    guard let stages = foldStages(count), let first = stages.first else { return .broken }
    var fans: [Fan] = []
    for stage in stages {
      guard let fan = addFan(stage, [folds], spot) else { return .broken }
      fans.append(fan)
    }
    return .stage(Fan(joining: fans), first, connections: [folds])
  }

  /// The stages that pick the first folds.
  private func foldStages(_ count: Int) -> [PlacedStage]? {
    guard let selector = stages.stages(of: .selector).first else {
      reportOnce(Diagnostic(.internalFault, "the catalog has no stage that picks the rows of a fold"))
      return nil
    }
    while foldStages.count < count {
      do throws(Diagnostics) {
        let stage = try selector.configured(.object(["fold": .integer(foldStages.count)]))
        foldStages.append(PlacedStage(stage))
      } catch {
        for problem in error.all { report.add(problem) }
        return nil
      }
    }
    return Array(foldStages.prefix(count))
  }
}
