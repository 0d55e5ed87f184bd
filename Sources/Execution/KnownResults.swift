import Artifacts
import Planning
import Store

/// Finds what the store has for the nodes of a plan, under their own keys or those of results with the same bytes.
struct KnownResults {
  private let plan: Plan
  private let store: Store
  private let equivalences: Equivalences
  private let planKeys: Set<Key>
  private var canonicalKeys: [Key?]

  init(_ plan: Plan, _ store: Store) {
    self.plan = plan
    self.store = store
    equivalences = Equivalences(store)
    planKeys = Set(plan.nodes.map(\.key))
    canonicalKeys = Array(repeating: nil, count: plan.nodes.count)
  }

  /// The stored result that a run would take for a node.
  mutating func entry(for id: Plan.NodeID) -> Entry? {
    store.entry(for: plan[id].key) ?? canonicalName(of: id).flatMap { store.entry(for: $0) }
  }

  /// The first key whose result has the same bytes as the node's, or was accepted in its place.
  mutating func canonicalKey(of id: Plan.NodeID) -> Key {
    if let known = canonicalKeys[id.index] { return known }
    var canonical = equivalences.canonical(plan[id].key)
    if canonical == plan[id].key, let name = canonicalName(of: id) {
      canonical = equivalences.canonical(name)
    }
    canonicalKeys[id.index] = canonical
    return canonical
  }

  /// Takes a key in place of a node's from now on.
  mutating func replace(_ id: Plan.NodeID, by key: Key) { canonicalKeys[id.index] = key }

  /// The key of a node with its inputs under their canonical keys; nil where that is its own.
  private mutating func canonicalName(of id: Plan.NodeID) -> Key? {
    let name = key(of: id, revision: nil)
    return name == plan[id].key ? nil : name
  }

  /// The key that a node would have with another revision of its stage, its inputs under their canonical keys.
  mutating func key(of id: Plan.NodeID, revision: Int?) -> Key {
    var replaced: [Plan.NodeID: Key] = [:]
    for edge in plan[id].inputs {
      let canonical = canonicalKey(of: edge.node)
      // Two nodes of one plan that happen to give the same bytes stay two.
      if canonical != plan[edge.node].key, !planKeys.contains(canonical) { replaced[edge.node] = canonical }
    }
    if replaced.isEmpty, revision == nil { return plan[id].key }
    return plan[id].key(withInputKeys: { replaced[$0] ?? plan[$0].key }, revision: revision)
  }
}
