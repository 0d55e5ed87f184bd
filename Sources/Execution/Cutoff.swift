import Artifacts
import Diagnostics
import Planning
import StageKit
import Store
import Synchronization

/// Early cut-off: where a node was computed again with the same bytes as before, what stands below keeps its results.
///
/// Two keys are equivalent when their results have the same bytes. The first of them is *canonical*. A node's result may
/// then be had under the key that it would have if its inputs had their canonical keys: the bytes that go in, the
/// parameters and the seed are the same, so what comes out is.
extension Scheduler {
  /// The key of a node with its inputs under their canonical keys; nil where that is its own.
  private func canonicalName(of id: Plan.NodeID, _ state: inout RunState) -> Key? {
    guard !state.nodes[id.index].isAlone else { return nil }
    var replaced: [Plan.NodeID: Key] = [:]
    for edge in plan[id].inputs {
      let canonical = canonicalKey(of: edge.node, &state)
      // Two nodes of one plan that happen to give the same bytes stay two.
      if canonical != plan[edge.node].key, !state.planKeys.contains(canonical) {
        replaced[edge.node] = canonical
      }
    }
    return replaced.isEmpty ? nil : plan[id].key { replaced[$0] ?? plan[$0].key }
  }

  /// The first key whose result has the same bytes as this node's has or will have.
  private func canonicalKey(of id: Plan.NodeID, _ state: inout RunState) -> Key {
    if let known = state.nodes[id.index].canonical { return known }
    let key = plan[id].key
    var canonical = equivalences.canonical(key)
    if canonical == key, let name = canonicalName(of: id, &state) { canonical = equivalences.canonical(name) }
    state.nodes[id.index].canonical = canonical
    return canonical
  }

  /// The stored result of the same stage, parameters, seed and bytes that go in, if there is one; from now on it can be
  /// had under the node's own key.
  func cutOff(_ id: Plan.NodeID, _ state: inout RunState) -> Entry? {
    guard let name = canonicalName(of: id, &state), let entry = store.entry(for: name) else { return nil }
    let node = plan[id]
    let linked = try? store.link(
      node.key, to: name, as: .sameBytes, components: node.components.json, stage: node.stage.name)
    state.nodes[id.index].take(linked ?? entry)
    state.nodes[id.index].canonical = entry.link?.target ?? name
    if case .idle = state.nodes[id.index].state {
      state.nodes[id.index].outcome = .cutOff(because: changedNameOnly(id, state))
    }
    return linked ?? entry
  }

  /// An input that has another key than the result with the same bytes.
  func changedNameOnly(_ id: Plan.NodeID, _ state: borrowing RunState) -> Plan.NodeID? {
    for edge in plan[id].inputs {
      guard let canonical = state.nodes[edge.node.index].canonical, canonical != plan[edge.node].key,
        !state.planKeys.contains(canonical)
      else { continue }
      if case .cutOff(let cause) = state.nodes[edge.node.index].outcome { return cause ?? edge.node }
      return edge.node
    }
    return nil
  }

  /// Whether a node need not run: its result is there, or nobody who waits for it needs it.
  func canBeCutOff(_ id: Plan.NodeID, _ state: inout RunState) -> Bool {
    if let name = canonicalName(of: id, &state), store.entry(for: name) != nil { return true }
    let node = state.nodes[id.index]
    if node.isTarget || node.waiters.isEmpty { return false }
    return node.waiters.allSatisfy { canBeCutOff($0, &state) }
  }

  /// Finds out whether a result has the bytes of an earlier one, and remembers it.
  func findSameBytes(_ node: Plan.Node, _ digests: [Digest]?) {
    let name = state.withLock { canonicalName(of: node.id, &$0) }
    if let name, store.entry(for: name) == nil {
      // Should the old keys come back, the result is there under the name that it will have then.
      _ = try? store.link(
        name, to: node.key, as: .sameBytes, components: node.components.json, stage: node.stage.name)
    }
    guard node.stage.type.kind != .measure else { return }
    var canonical =
      digests.map { equivalences.first(with: $0, of: node.stage.name, else: node.key) } ?? node.key
    if canonical == node.key, let name { canonical = equivalences.canonical(name) }
    if canonical != node.key { equivalences.remember(node.key, as: canonical) }
    state.withLock { state in
      state.nodes[node.id.index].canonical = canonical
      if canonical != node.key { forgetNames(below: node.id, &state) }
    }
  }

  /// The canonical keys of what waits were looked up before this one was known.
  private func forgetNames(below id: Plan.NodeID, _ state: inout RunState) {
    for waiter in state.nodes[id.index].waiters where state.nodes[waiter.index].canonical != nil {
      state.nodes[waiter.index].canonical = nil
      forgetNames(below: waiter, &state)
    }
  }
}

/// Which keys have results with the same bytes; kept in the store.
struct Equivalences: Sendable {
  private let store: Store

  init(_ store: Store) { self.store = store }

  /// The first key that had the bytes of this key's result; the key itself where no other is known.
  func canonical(_ key: Key) -> Key {
    if let link = store.entry(for: key)?.link { return link.target }
    return store.note(for: noteKey("same bytes as 1", key.digest.hex)).flatMap(Self.key) ?? key
  }

  func remember(_ key: Key, as canonical: Key) {
    store.remember([(noteKey("same bytes as 1", key.digest.hex), canonical.digest.bytes)], about: nil)
  }

  /// The first key of a stage whose outputs had these digests; that is `key` if there was none.
  func first(with digests: [Digest], of stage: String, else key: Key) -> Key {
    let name = noteKey("first with bytes 1", stage, digests.map(\.hex).joined(separator: " "))
    if let first = store.note(for: name).flatMap(Self.key) { return first }
    store.remember([(name, key.digest.bytes)], about: nil)
    return key
  }

  private static func key(_ bytes: [UInt8]) -> Key? {
    bytes.withUnsafeBytes { Digest(bytes: $0) }.map { Key($0) }
  }
}

/// The key of a note, from words that tell it apart from all others.
func noteKey(_ words: String...) -> Key { Key(Digest(of: Array(words.joined(separator: "\n").utf8))) }
