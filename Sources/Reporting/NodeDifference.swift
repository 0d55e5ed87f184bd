internal import Artifacts
internal import Diagnostics
internal import RunRecords

/// Nodes of one stage that differ between two runs in one way.
public struct NodeChange: Sendable, Equatable {
  /// The ways.
  public enum Kind: String, Sendable {
    /// Another key stands at the same place.
    case changed
    /// Only the new run has it.
    case added
    /// Only the old run has it.
    case removed
    /// The key is the same and the bytes are not: the machine or a library differs, or a stage is not deterministic.
    case otherBytes
  }
  /// The stage.
  public var stage: String
  /// The way.
  public var kind: Kind
  /// What changed, in words; nil for what was added or removed.
  public var reason: String?
  /// The names of the nodes.
  public var nodes: [String]
}

/// Compares the nodes of two runs.
struct NodeDifference {
  private(set) var sameCount = 0
  private(set) var changes: [NodeChange] = []
  private let oldContents: [Int: Digest]
  private let newContents: [Int: Digest]
  /// The stages that changed by themselves, at a node and above it.
  private var causes: [Int: [String]] = [:]

  init(_ old: Manifest, _ new: Manifest) {
    oldContents = old.deterministic.contentInputs.mapValues(\.digest)
    newContents = new.deterministic.contentInputs.mapValues(\.digest)
    let (oldNodes, newNodes) = (old.deterministic.nodes, new.deterministic.nodes)
    let oldKeys = Dictionary(oldNodes.map { ($0.key, $0) }) { first, _ in first }
    let newKeys = Set(newNodes.map(\.key))
    var left = Dictionary(oldNodes.filter { !newKeys.contains($0.key) }.map { ($0.name, $0) }) { a, _ in a }
    let (oldOutputs, newOutputs) = (old.outputDigests, new.outputDigests)
    var groups = Groups()
    for node in newNodes {
      if let same = oldKeys[node.key] {
        sameCount += 1
        if let a = oldOutputs[same.id], let b = newOutputs[node.id], a != b {
          groups.add(node, .otherBytes, "the same key, other bytes")
        }
      } else if let earlier = left.removeValue(forKey: node.name) {
        groups.add(node, .changed, reason(node, earlier))
      } else {
        causes[node.id] = causesAbove(node) + [node.stage]
        groups.add(node, .added, nil)
      }
    }
    for node in oldNodes where left[node.name]?.key == node.key { groups.add(node, .removed, nil) }
    // Stage by stage, in the order of the plans.
    let stages = distinct((newNodes + oldNodes).map(\.stage))
    changes = stages.flatMap { stage in groups.all.filter { $0.stage == stage } }
  }

  /// What changed in words, the causes above where nothing of the node itself did.
  private mutating func reason(_ node: NodeRecord, _ earlier: NodeRecord) -> String {
    let own = own(node, earlier)
    let above = causesAbove(node)
    causes[node.id] = own.isEmpty && !above.isEmpty ? above : above + [node.stage]
    if !own.isEmpty { return own.joined(separator: ", ") }
    if !above.isEmpty { return "because \(above.joined(separator: ", ")) changed" }
    return node.seed == earlier.seed ? "what goes in changed" : "another seed"
  }

  private func own(_ node: NodeRecord, _ earlier: NodeRecord) -> [String] {
    var changes: [String] = []
    if node.revision != earlier.revision {
      changes.append("revision \(earlier.revision) → \(node.revision)")
    }
    let (old, new) = (parameterLeaves(earlier.parameters), parameterLeaves(node.parameters))
    for path in distinct((old + new).map(\.path)) {
      let (a, b) = (old.first { $0.path == path }?.text, new.first { $0.path == path }?.text)
      if a != b { changes.append("\(path) \(a ?? "none") → \(b ?? "none")") }
    }
    if oldContents[earlier.id] != newContents[node.id] { changes.append("the content of its input changed") }
    return changes
  }

  /// The stages above that changed by themselves; the nodes above have been looked at already.
  private func causesAbove(_ node: NodeRecord) -> [String] {
    distinct(node.inputs.flatMap { causes[$0.node] ?? [] })
  }

  /// Nodes that are told of together.
  private struct Groups {
    private(set) var all: [NodeChange] = []
    private var positions: [String: Int] = [:]

    mutating func add(_ node: NodeRecord, _ kind: NodeChange.Kind, _ reason: String?) {
      let group = "\(node.stage)\n\(kind)\n\(reason ?? "")"
      if let known = positions[group] {
        all[known].nodes.append(node.name)
      } else {
        positions[group] = all.count
        all.append(NodeChange(stage: node.stage, kind: kind, reason: reason, nodes: [node.name]))
      }
    }
  }
}

extension Manifest {
  /// The digests of a node's outputs by its number, as far as they are known.
  var outputDigests: [Int: [Digest]] {
    var digests: [Int: [Digest]] = [:]
    func add(_ id: Int, _ outputs: [NodeRecord.Output]) {
      let known = outputs.compactMap(\.digest)
      if !known.isEmpty, known.count == outputs.count { digests[id] = known }
    }
    for node in volatile.nodes { add(node.id, node.outputs) }
    for node in deterministic.nodes { add(node.id, node.outputs) }
    return digests
  }
}
