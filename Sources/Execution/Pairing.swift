import Artifacts
import Diagnostics
import Planning
import RunRecords
import StageKit

/// Finds for each node of a plan the node that it was in an earlier run.
///
/// A node with the same key is the same. Of the rest, each earlier node is taken once: by a node of the same stage with
/// the same name, or else with the same replicate, fed by the same nodes, and with as few other parameters as
/// possible. Everything is looked up by hashes, so the time grows with the number of nodes and not with its square.
struct Pairing {
  /// The earlier node of each node, by position; nil where there is none.
  private(set) var partners: [Int?]
  /// Whether the earlier node has the same key.
  private(set) var isSame: [Bool]
  private let plan: Plan
  private let earlier: [NodeRecord]
  /// Whether an earlier node is some node's partner.
  private var isTaken: [Bool]

  init(_ plan: Plan, _ earlier: [NodeRecord]) {
    self.plan = plan
    self.earlier = earlier
    var byKey = [Key: Int](minimumCapacity: earlier.count)
    for (index, node) in earlier.enumerated() { byKey[node.key] = index }
    partners = plan.nodes.map { byKey[$0.key] }
    isSame = partners.map { $0 != nil }
    isTaken = Array(repeating: false, count: earlier.count)
    for case let partner? in partners { isTaken[partner] = true }
    guard isSame.contains(false), isTaken.contains(false) else { return }
    pairByName()
    pairCopies()
    pairByLikeness()
  }

  private mutating func pairByName() {
    var table = Table()
    for (index, node) in earlier.enumerated().reversed() where !isTaken[index] {
      table.add(index, under: Self.hash(node.stage, node.name))
    }
    for node in plan.nodes where !isSame[node.id.index] {
      take(table.first(under: Self.hash(node.stage.name, node.name)) { !isTaken[$0] }, for: node.id)
    }
  }

  private static func hash(_ stage: String, _ name: String) -> Int {
    var hasher = Hasher()
    hasher.combine(stage)
    hasher.combine(name)
    return hasher.finalize()
  }

  /// What is repeated over seeds or folds now, and was not then, or the other way round.
  private mutating func pairCopies() {
    guard partners.contains(nil), isTaken.contains(false) else { return }
    var table = Table()
    for (index, node) in earlier.enumerated().reversed() where !isTaken[index] {
      table.add(index, under: Self.hash(node.stage, String(Substring(NodeName(node.name).choices))))
    }
    for node in plan.nodes where partners[node.id.index] == nil {
      let name = NodeName(node.name)
      // One earlier node stands for all its copies.
      partners[node.id.index] = table.positions(
        under: Self.hash(node.stage.name, String(Substring(name.choices))), most: 64
      ).first { NodeName(earlier[$0].name).isCopy(of: name) }
    }
    for case let partner? in partners { isTaken[partner] = true }
  }

  private mutating func take(_ partner: Int?, for node: Plan.NodeID) {
    guard let partner else { return }
    partners[node.index] = partner
    isTaken[partner] = true
  }

  private mutating func pairByLikeness() {
    guard partners.contains(nil), isTaken.contains(false) else { return }
    var table = Table()
    for (index, node) in earlier.enumerated().reversed() where !isTaken[index] {
      let traits = Traits(node)
      for hash in traits.all { table.add(index, under: hash) }
    }
    // What feeds a node stands before it, and has its partner already.
    for node in plan.nodes where partners[node.id.index] == nil {
      guard let traits = Traits(node, partners) else { continue }
      for hash in traits.all where partners[node.id.index] == nil {
        take(table.first(under: hash) { !isTaken[$0] }, for: node.id)
      }
    }
  }
}

/// What two nodes can have in common, as hashes: the fewer parameters are left out, the more alike they are.
private struct Traits {
  private var place: Int
  private var parameters: [(path: Int, value: Int)] = []

  init(_ node: NodeRecord) {
    place = Self.place(node.stage, node.name, node.inputs.map { ($0.port, $0.node, $0.output) })
    walk(node.parameters, 0)
  }

  /// Nil where something that had no partner feeds the node: it is as new as that.
  init?(_ node: Plan.Node, _ partners: [Int?]) {
    var inputs: [(String, Int, String)] = []
    for edge in node.inputs {
      guard let partner = partners[edge.node.index] else { return nil }
      inputs.append((edge.port, partner, edge.output))
    }
    place = Self.place(node.stage.name, node.name, inputs)
    walk(node.stage.parameters, 0)
  }

  /// The hashes to look under, the likest first: with all parameters, with all but one, with none.
  var all: [Int] {
    let sum = parameters.reduce(0) { $0 &+ $1.value }
    var hashes = [hash(sum, 0)]
    hashes.reserveCapacity(parameters.count + 2)
    for parameter in parameters { hashes.append(hash(sum &- parameter.value, parameter.path)) }
    hashes.append(hash(0, 1))
    return hashes
  }

  private func hash(_ parameters: Int, _ other: Int) -> Int {
    var hasher = Hasher()
    hasher.combine(place)
    hasher.combine(parameters)
    hasher.combine(other)
    return hasher.finalize()
  }

  /// The stage, the replicate, and what feeds it.
  private static func place(_ stage: String, _ name: String, _ inputs: [(String, Int, String)]) -> Int {
    var hasher = Hasher()
    hasher.combine(stage)
    let name = NodeName(name)
    for part in [name.fold, name.seed] { hasher.combine(part.map { Substring($0) }) }
    // The same in whatever order the ports stand.
    var sum = 0
    for input in inputs {
      var inner = Hasher()
      inner.combine(input.0)
      inner.combine(input.1)
      inner.combine(input.2)
      sum &+= inner.finalize()
    }
    hasher.combine(sum)
    return hasher.finalize()
  }

  private mutating func walk(_ json: JSON, _ path: Int) {
    for member in json.members ?? [] {
      var hasher = Hasher()
      hasher.combine(path)
      hasher.combine(member.key)
      let inner = hasher.finalize()
      if member.value.members?.isEmpty == false {
        walk(member.value, inner)
      } else {
        hasher.combine(member.value.text())
        parameters.append((inner, hasher.finalize()))
      }
    }
  }
}

/// Positions under hashes, without an allocation for each.
private struct Table {
  private var heads: [Int: Int] = [:]
  private var items: [(position: Int, next: Int)] = []

  /// Adds a position before those that are there.
  mutating func add(_ position: Int, under hash: Int) {
    items.append((position, heads[hash] ?? -1))
    heads[hash] = items.count - 1
  }

  /// The first positions under a hash.
  func positions(under hash: Int, most: Int) -> [Int] {
    var positions: [Int] = []
    var place = heads[hash] ?? -1
    while place >= 0, positions.count < most {
      positions.append(items[place].position)
      place = items[place].next
    }
    return positions
  }

  /// The first position that will do; those before it that will not are not looked at again.
  mutating func first(under hash: Int, where isGood: (Int) -> Bool) -> Int? {
    guard var place = heads[hash] else { return nil }
    while place >= 0 {
      let (position, next) = items[place]
      if isGood(position) {
        heads[hash] = place
        return position
      }
      place = next
    }
    heads[hash] = nil
    return nil
  }
}
