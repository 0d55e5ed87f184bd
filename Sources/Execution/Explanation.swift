import Artifacts
public import Diagnostics
public import Planning
import StageKit

/// What nodes depend on and why they would run, down to the root causes.
public struct Explanation {
  private let preview: Preview
  private let nodes: [Plan.NodeID]
  /// How far above a node its causes are followed.
  private let depth: Int

  /// Explains some nodes of a plan.
  ///
  /// - Parameter depth: how many nodes above another are looked at; all by default.
  public init(_ nodes: [Plan.NodeID], in preview: Preview, depth: Int = .max) {
    self.preview = preview
    self.nodes = nodes
    self.depth = depth
  }

  private var plan: Plan { preview.plan }

  /// The explanation in words.
  public var text: String { nodes.map { text(plan[$0]) }.joined(separator: "\n\n") }

  private func text(_ node: Plan.Node) -> String {
    var lines = [node.name, "  key       \(node.key)"]
    if let location = node.location { lines.append("  config    \(location.short)") }
    let reason = runs(node.id) ? ": \(preview.reasons[node.id].text)" : ""
    lines.append("  state     \(preview.state(of: node.id))\(reason)")
    if !node.fitsFor.isEmpty {
      let values = node.fitsFor.map { SharedFit.json($0).text() }
      lines.append("  fits      once for \(values.joined(separator: ", "))")
    }
    for record in node.components.records where record.tag != .format {
      let edge = record.tag == .input ? node.inputs.first { $0.port == record.name } : nil
      let value = edge.map { "\($0.output) of \(plan[$0.node].name)" } ?? record.value
      let isNamed = record.tag == .parameter || record.tag == .input
      lines.append("  \(record.tag.rawValue.padded(to: 9)) \(isNamed ? "\(record.name) = " : "")\(value)")
    }
    var seen: Set<Plan.NodeID> = []
    let causes = causes(above: node.id, left: depth, indent: 4, &seen)
    if !causes.isEmpty { lines += ["  causes"] + causes }
    return lines.joined(separator: "\n")
  }

  private func runs(_ id: Plan.NodeID) -> Bool { preview.fates[id.index] == .runs }

  /// What feeds a node and changed or would run itself, which is why the node would.
  private func causes(of id: Plan.NodeID) -> [Plan.Edge] {
    let isCompared = preview.reasons.hasEarlierRun
    guard isCompared, runs(id) || preview.reasons.isChanged(id) else { return [] }
    return plan[id].inputs.filter { runs($0.node) || (runs(id) && preview.reasons.isChanged($0.node)) }
  }

  private func causes(
    above id: Plan.NodeID, left: Int, indent: Int, _ seen: inout Set<Plan.NodeID>
  ) -> [String] {
    guard left > 0 else { return [] }
    var lines: [String] = []
    for edge in causes(of: id) {
      let isNew = seen.insert(edge.node).inserted
      let state = runs(edge.node) ? "" : " (\(preview.state(of: edge.node)))"
      let reason = isNew ? preview.reasons[edge.node].text : "as above"
      lines.append(
        String(repeating: " ", count: indent) + "\(edge.port) ← \(plan[edge.node].name)\(state): \(reason)")
      if isNew { lines += causes(above: edge.node, left: left - 1, indent: indent + 2, &seen) }
    }
    return lines
  }

  /// The explanation as JSON.
  public var json: JSON {
    .array(
      nodes.map { id in
        var seen: Set<Plan.NodeID> = []
        return json(id, left: depth, &seen)
      })
  }

  private func json(_ id: Plan.NodeID, left: Int, _ seen: inout Set<Plan.NodeID>) -> JSON {
    let node = plan[id]
    seen.insert(id)
    var causes: [JSON] = []
    for edge in left > 0 ? self.causes(of: id) : [] {
      let members = [
        JSON.Member("port", .string(edge.port)), JSON.Member("output", .string(edge.output)),
        JSON.Member("id", .integer(edge.node.index)),
      ]
      // What was explained before is only named.
      let inner = seen.contains(edge.node) ? [] : json(edge.node, left: left - 1, &seen).members ?? []
      causes.append(.object(members + inner.filter { $0.key != "id" }))
    }
    let components = node.components.records.map {
      JSON.array([.string($0.tag.rawValue), .string($0.name), .string($0.value)])
    }
    return .object(
      [
        JSON.Member("id", .integer(id.index)), JSON.Member("name", .string(node.name)),
        JSON.Member("key", .string(node.key.description)),
        JSON.Member("place", node.location.map { .string($0.short) } ?? .null),
      ] + preview.fateMembers(of: id) + [
        JSON.Member("components", .array(components)), JSON.Member("causes", .array(causes)),
      ])
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
