import Artifacts
import Diagnostics
import Planning
import RunRecords
import StageKit

/// The latest run of a config, paired with the plan node by node.
struct EarlierRun {
  let nodes: [NodeRecord]
  let pairing: Pairing
  private let plan: Plan
  private let outcomes: [NodeOutcome]
  private let inputs: [DeterministicRecord.Input]
  private let runSeed: Int
  private let places: ConfigPlaces

  init(_ manifest: Manifest, _ plan: Plan) {
    self.plan = plan
    nodes = manifest.deterministic.nodes
    outcomes = manifest.volatile.nodes
    inputs = manifest.deterministic.inputs
    runSeed = manifest.deterministic.config["seed"]?.integer ?? 0
    pairing = Pairing(plan, nodes)
    places = ConfigPlaces(plan.config)
  }

  /// The node that a node was.
  func partner(of id: Plan.NodeID) -> NodeRecord? { pairing.partners[id.index].map { nodes[$0] } }

  /// Whether the run had a node with the same key.
  func isSame(_ id: Plan.NodeID) -> Bool { pairing.isSame[id.index] }

  /// How the node that a node was ended.
  func outcome(of id: Plan.NodeID) -> NodeOutcome? {
    pairing.partners[id.index].flatMap { outcomes.indices.contains($0) ? outcomes[$0] : nil }
  }

  /// Whether the run kept the result of the node that a node was.
  func kept(_ id: Plan.NodeID) -> Bool {
    guard let outcome = outcome(of: id), outcome.isKept else { return false }
    return ((partner(of: id)?.outputs ?? []) + outcome.outputs).contains { $0.digest != nil }
  }

  /// What about a node is different from what it was, apart from what changed above it; nil where it was none.
  func changes(of node: Plan.Node) -> [Change]? {
    guard let partner = partner(of: node.id) else { return nil }
    if isSame(node.id) { return [] }
    var changes: [Change] = []
    if partner.revision != node.stage.type.revision {
      changes.append(
        Change(
          .revision, "revision", old: .integer(partner.revision), new: .integer(node.stage.type.revision)))
    }
    if let change = contentChange(node, partner) { changes.append(change) }
    changes += parameterChanges(node, partner)
    if let change = seedChange(node, partner) { changes.append(change) }
    return changes + inputChanges(node, partner)
  }

  private func contentChange(_ node: Plan.Node, _ partner: NodeRecord) -> Change? {
    guard node.stage.isSource, let source = node.stage.sources.first,
      let content = node.components.records.first(where: { $0.tag == .content })?.value
    else { return nil }
    let file = partner.parameters["file"]?.string ?? source.file
    let read = inputs.filter { $0.file == file }
    let old = (read.first { $0.parts == [source.parts] } ?? read.first)?.digest
    if old?.hex == content { return nil }
    return Change(
      .content, node.stage.parameters["file"]?.string ?? source.file, old: (old?.short).map(JSON.string),
      new: .string(String(content.prefix(12))))
  }

  private func parameterChanges(_ node: Plan.Node, _ partner: NodeRecord) -> [Change] {
    let new = node.stage.keyParameters
    // Names of files are no part of a key.
    let others = (node.stage.parameters.members ?? []).map(\.key).filter { new[$0] == nil }
    let old = JSON.object((partner.parameters.members ?? []).filter { !others.contains($0.key) })
    return Change.parameters(from: old, to: new) { places.place(of: $0, $1, in: node.location) }
  }

  /// Seeds follow from what goes in, so only where that is the same has the seed itself changed.
  private func seedChange(_ node: Plan.Node, _ partner: NodeRecord) -> Change? {
    let seed = node.seed.map { Int(bitPattern: UInt($0)) }
    guard seed != partner.seed, node.inputs.allSatisfy({ isSame($0.node) }) else { return nil }
    let given = plan.config.json["seed"]
    let new = given?.integer ?? 0
    guard new == runSeed else {
      return Change(
        .seed, "seed", name: "the run's seed", old: .integer(runSeed), new: .integer(new),
        place: given?.location?.short ?? (given == nil ? "default" : "command line"))
    }
    return Change(
      .seed, "seed", old: partner.seed.map(JSON.integer), new: seed.map(JSON.integer))
  }

  /// The ports that another stage feeds, or another output of it.
  private func inputChanges(_ node: Plan.Node, _ partner: NodeRecord) -> [Change] {
    var changes: [Change] = []
    for edge in node.inputs {
      let old = partner.inputs.first { $0.port == edge.port }
      if let old, isFed(edge, as: old) { continue }
      changes.append(rewiring(edge.port, old, edge))
    }
    for old in partner.inputs where !node.inputs.contains(where: { $0.port == old.port }) {
      changes.append(rewiring(old.port, old, nil))
    }
    return changes
  }

  /// Whether a port takes the same as before, or what became of it.
  private func isFed(_ edge: Plan.Edge, as old: NodeRecord.Input) -> Bool {
    guard edge.output == old.output, nodes.indices.contains(old.node) else { return false }
    if pairing.partners[edge.node.index] == old.node { return true }
    return !isSame(edge.node) && plan[edge.node].stage.name == nodes[old.node].stage
  }

  /// Names what feeds a port by its stage, or by as much more as tells the old from the new.
  private func rewiring(_ port: String, _ old: NodeRecord.Input?, _ new: Plan.Edge?) -> Change {
    let before = old.flatMap { nodes.indices.contains($0.node) ? nodes[$0.node] : nil }
    let after = new.map { plan[$0.node] }
    var words = (old: before?.stage, new: after?.stage.name)
    if words.old == words.new { words = (before?.name, after?.name) }
    if words.old == words.new { words = (old?.output, new?.output) }
    return Change(.input, port, old: words.old.map(JSON.string), new: words.new.map(JSON.string))
  }
}
