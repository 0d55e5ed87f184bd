import StageKit

/// The copies of one stage: over folds and over replicates.
struct Fan {
  /// The first of its nodes; the others follow it, unless they are listed.
  private var first: Int32
  private var count: Int32
  private var scattered: [Int32]?
  let folds: Int
  let replicates: Int
  let hasFolds: Bool
  let isSeeded: Bool

  /// A fan that has no nodes yet.
  init(folds: Int, replicates: Int, hasFolds: Bool, isSeeded: Bool) {
    first = 0
    count = 0
    self.folds = folds
    self.replicates = replicates
    self.hasFolds = hasFolds
    self.isSeeded = isSeeded
  }

  /// The nodes of several fans, a fold each.
  init(joining fans: [Fan]) {
    let seeded = fans.first
    self.init(
      folds: fans.count, replicates: seeded?.replicates ?? 1, hasFolds: fans.count > 1,
      isSeeded: seeded?.isSeeded ?? false)
    for fan in fans { for node in fan.nodes { append(node) } }
  }

  /// All nodes, those of one fold side by side.
  var nodes: some RandomAccessCollection<Plan.NodeID> { (0..<Int(count)).lazy.map { self[$0] } }

  private subscript(position: Int) -> Plan.NodeID {
    Plan.NodeID(index: Int(scattered?[position] ?? first + Int32(truncatingIfNeeded: position)))
  }

  /// The node that stands for a fold and a replicate; what is the same for all has one node.
  func node(fold: Int, replicate: Int) -> Plan.NodeID {
    self[min(fold, folds - 1) * replicates + min(replicate, replicates - 1)]
  }

  mutating func append(_ node: Plan.NodeID) {
    let index = Int32(truncatingIfNeeded: node.index)
    if count == 0 { first = index }
    if scattered == nil, index != first + count { scattered = Array(first..<first + count) }
    scattered?.append(index)
    count += 1
  }
}

/// An artifact that flows from a fan of nodes.
struct Connection {
  var port: String
  var fan: Fan
  var output: Port
}

/// What stands at a place of the pipeline for one combination of alternatives.
enum Instance {
  case stage(Fan, PlacedStage, connections: [Connection])
  /// The slot is empty there: who takes its output takes this instead.
  case passThrough(Connection)
  /// The config leaves this combination out.
  case skipped
  /// A problem was reported, here or above.
  case broken
}

/// What a source of the shape offers for one combination of alternatives.
enum Offer {
  case given(Connection)
  /// The stage there does not give it.
  case absent
  /// The config leaves this combination out.
  case skipped
  /// A problem was reported there.
  case broken
}

/// A place of the pipeline with what stands there, over the slots above it.
struct Expanded {
  /// The slots above it and its own, by position.
  let slots: [Int]
  private let counts: [Int]
  private var dense: [Instance] = []
  /// Where only some combinations are left in.
  private var sparse: [Int: Instance]?

  init(slots: [Int], rules: CellRules) {
    self.slots = slots
    counts = slots.map { rules.counts[$0] }
    if !rules.isEmpty { sparse = [:] }
  }

  /// Adds what stands at the next combination; without rules, all combinations come in order.
  mutating func append(_ instance: Instance, at place: Int) {
    if sparse == nil { dense.append(instance) } else { sparse?[place] = instance }
  }

  /// What stands there for a choice among the slots above it.
  func instance(at choice: [Int]) -> Instance {
    var place = 0
    for (slot, count) in zip(slots, counts) { place = place * count + max(0, choice[slot]) }
    if let sparse { return sparse[place] ?? .skipped }
    return dense[place]
  }
}
