import Artifacts
import Diagnostics
import Planning
import RunRecords
import StageKit
import Store

/// Why nodes would run: what changed since the latest run of the same config.
struct Reasons {
  private let plan: Plan
  /// The nodes of the earlier run that the plan no longer has, by stage.
  private var candidates: [String: [KeyComponents]] = [:]
  private let earlierKeys: Set<Key>
  /// Those of them that had a result after the earlier run.
  private let earlierResults: Set<Key>
  private let hasEarlier: Bool
  /// The stages furthest above each node that the earlier run did not have in this form.
  private var rootCauses: [[String]] = []

  init(_ plan: Plan, store: Store?, earlier: Manifest?) {
    self.plan = plan
    hasEarlier = earlier != nil
    let current = Set(plan.nodes.map(\.key))
    let nodes = earlier?.deterministic.nodes ?? []
    earlierKeys = Set(nodes.map(\.key))
    earlierResults = Set(nodes.filter { !$0.outputs.isEmpty }.map(\.key))
    for node in nodes where !current.contains(node.key) {
      guard let entry = store?.entry(for: node.key), let components = KeyComponents(entry.components) else {
        continue
      }
      candidates[node.stage, default: []].append(components)
    }
    for node in plan.nodes { rootCauses.append(causes(above: node)) }
  }

  private func causes(above node: Plan.Node) -> [String] {
    var found: [String] = []
    for edge in node.inputs where !earlierKeys.contains(plan[edge.node].key) {
      let above = rootCauses[edge.node.index]
      let name = plan[edge.node].stage.type.name
      for cause in above.isEmpty ? [name] : above where !found.contains(cause) { found.append(cause) }
    }
    return found
  }

  /// The reason in words.
  func text(of id: Plan.NodeID) -> String {
    let node = plan[id]
    if earlierResults.contains(node.key) { return "its stored result is gone" }
    guard hasEarlier, !earlierKeys.contains(node.key) else { return "no result so far" }
    let changes = ownChanges(of: node)
    if !changes.isEmpty { return changes.joined(separator: ", ") }
    let causes = rootCauses[id.index]
    if !causes.isEmpty { return "because \(causes.joined(separator: ", ")) changed" }
    return "new in the plan"
  }

  /// What differs, besides inputs, from the earlier node of the same stage that differs least.
  private func ownChanges(of node: Plan.Node) -> [String] {
    let own = node.components.records.filter { $0.tag != .input && $0.tag != .seed }
    var best: [String]?
    for candidate in candidates[node.stage.name] ?? [] {
      let changes = own.compactMap { record -> String? in
        let old = candidate.records.first { $0.tag == record.tag && $0.name == record.name }
        guard old?.value != record.value else { return nil }
        return describe(record, old: old?.value, node)
      }
      if best.map({ changes.count < $0.count }) ?? true { best = changes }
    }
    return best ?? []
  }

  private func describe(_ record: KeyComponents.Record, old: String?, _ node: Plan.Node) -> String {
    let place = node.location.map { " (\($0.short))" } ?? ""
    switch record.tag {
    case .content: return "the content of its input changed"
    case .revision: return "revision \(old ?? "none") → \(record.value)"
    default: return "\(record.name) \(old ?? "none") → \(record.value)\(place)"
    }
  }
}
