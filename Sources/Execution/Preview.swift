import Artifacts
public import Diagnostics
public import Planning
public import RunRecords
import StageKit
public import Store

/// What a run of a plan would do, and why.
public struct Preview {
  /// What would happen to a node.
  public enum Fate: Sendable, Equatable {
    /// It would be computed.
    case runs
    /// The store has its result.
    case stored
    /// The store lacks its result, and nothing that would run needs it.
    case notNeeded
  }

  private let plan: Plan
  private let fates: [Fate]
  private let reasons: Reasons
  private let predicted: [Double?]

  /// Looks up what the store has.
  ///
  /// - Parameter earlier: the latest run of the same config, to say what changed since.
  public init(_ plan: Plan, store: Store?, earlier: Manifest?) {
    self.plan = plan
    var fates = plan.nodes.map { store?.entry(for: $0.key) == nil ? Fate.notNeeded : .stored }
    var open = Set(plan.measured.map(\.node)).filter { fates[$0.index] == .notNeeded }
    while let node = open.popFirst() {
      fates[node.index] = .runs
      for edge in plan[node].inputs where fates[edge.node.index] == .notNeeded { open.insert(edge.node) }
    }
    self.fates = fates
    reasons = Reasons(plan, store: store, earlier: earlier)
    predicted = Self.predict(plan, earlier)
  }

  /// Seconds that each node took in the earlier run, or the mean of its stage there.
  private static func predict(_ plan: Plan, _ earlier: Manifest?) -> [Double?] {
    guard let earlier else { return plan.nodes.map { _ in nil } }
    var sums: [String: (seconds: Double, count: Int)] = [:]
    for (node, outcome) in zip(earlier.deterministic.nodes, earlier.volatile.nodes) {
      let seconds = outcome.state == .ran ? outcome.seconds : outcome.savedSeconds ?? 0
      guard seconds > 0 else { continue }
      sums[node.stage, default: (0, 0)].seconds += seconds
      sums[node.stage, default: (0, 0)].count += 1
    }
    return plan.nodes.map { node in sums[node.stage.name].map { $0.seconds / Double($0.count) } }
  }

  /// Whether anything would run.
  public var hasWork: Bool { fates.contains(.runs) }

  private func count(_ fate: Fate) -> Int { fates.count { $0 == fate } }

  private var headline: String {
    let runs = plan.nodes.filter { fates[$0.id.index] == .runs }
    let known = runs.compactMap { predicted[$0.id.index] }
    let time =
      known.isEmpty || runs.isEmpty
      ? ""
      : ", about \(Self.seconds(known.reduce(0, +) * Double(runs.count) / Double(known.count))) of one core"
    return "\(plan.config.name): \(runs.count) to run, \(plan.nodes.count - runs.count) done\(time)"
  }

  /// What would run, with the reasons, grouped by stage and reason.
  public var text: String {
    var groups: [(stage: String, reason: String, names: [String])] = []
    var index: [String: Int] = [:]
    for node in plan.nodes where fates[node.id.index] == .runs {
      var reason = reasons.text(of: node.id)
      if !node.fitsFor.isEmpty {
        reason += " (fits once for \(node.fitsFor.map(String.init).joined(separator: ", ")))"
      }
      let group = "\(node.stage.name)\n\(reason)"
      if let known = index[group] {
        groups[known].names.append(node.name)
      } else {
        index[group] = groups.count
        groups.append((node.stage.name, reason, [node.name]))
      }
    }
    var lines = [headline]
    for group in groups {
      let name = group.names.count == 1 ? group.names[0] : "\(group.stage) × \(group.names.count)"
      lines.append("  \(name): \(group.reason)")
    }
    return lines.joined(separator: "\n")
  }

  /// The whole plan as JSON: the same nodes with the same keys that a run works with.
  public var json: JSON {
    .object([
      "config": .string(plan.config.file), "pipeline": .string(plan.pipeline),
      "toRun": .integer(count(.runs)),
      "nodes": .array(
        plan.nodes.map { node in
          .object([
            "id": .integer(node.id.index), "name": .string(node.name), "stage": .string(node.stage.name),
            "revision": .integer(node.stage.type.revision), "parameters": node.stage.parameters,
            "key": .string(node.key.description),
            "inputs": .array(
              node.inputs.map {
                .object([
                  "port": .string($0.port), "node": .integer($0.node.index), "output": .string($0.output),
                ])
              }), "state": .string(state(of: node.id)),
            "reason": fates[node.id.index] == .runs ? .string(reasons.text(of: node.id)) : .null,
            "predictedSeconds": predicted[node.id.index].map(JSON.number) ?? .null,
          ])
        }),
    ])
  }

  private func state(of id: Plan.NodeID) -> String {
    switch fates[id.index] {
    case .runs: "runs"
    case .stored: "stored"
    case .notNeeded: "not needed"
    }
  }

  /// Every node with its key and what would happen to it.
  public var listing: String {
    let width = plan.nodes.map(\.name.count).max() ?? 0
    return plan.nodes.map { node in
      let padding = String(repeating: " ", count: width - node.name.count)
      return "\(node.key.digest.short)  \(node.name)\(padding)  \(state(of: node.id))"
    }.joined(separator: "\n")
  }

  /// What one node's key is made of, and why the node would run.
  ///
  /// - Throws: `unknownName` if no node, or nodes of several stages, are named so.
  public func explanation(of wanted: String) throws(Diagnostic) -> String {
    let found = plan.nodes.filter { node in
      node.name == wanted || node.key.description == wanted
    }
    let loose = plan.nodes.filter { node in
      node.stage.type.name == wanted || node.name.hasPrefix(wanted) || node.key.description.hasPrefix(wanted)
    }
    let all = found.isEmpty ? loose : found
    guard !all.isEmpty else {
      let names = Array(Set(plan.nodes.map(\.stage.type.name))).sorted()
      throw Diagnostic(
        .unknownName, "no node of the plan is named `\(wanted)`",
        fields: ["stages": names.joined(separator: ", ")],
        hint: suggestion(for: wanted, among: names + plan.nodes.map(\.name)))
    }
    return all.map(explanation).joined(separator: "\n\n")
  }

  private func explanation(_ node: Plan.Node) -> String {
    var lines = [node.name, "  key       \(node.key)"]
    if let location = node.location { lines.append("  config    \(location.short)") }
    let state = state(of: node.id)
    lines.append(
      "  state     \(state)\(fates[node.id.index] == .runs ? ": \(reasons.text(of: node.id))" : "")")
    let inputs = Dictionary(node.inputs.map { ($0.port, $0) }) { first, _ in first }
    for record in node.components.records where record.tag != .format {
      let label = record.tag.rawValue.padded(to: 9)
      if record.tag == .input, let edge = inputs[record.name] {
        lines.append("  \(label) \(record.name) = \(edge.output) of \(plan[edge.node].name)")
      } else if record.tag == .parameter || record.tag == .input {
        lines.append("  \(label) \(record.name) = \(record.value)")
      } else {
        lines.append("  \(label) \(record.value)")
      }
    }
    return lines.joined(separator: "\n")
  }

  static func seconds(_ value: Double) -> String {
    value < 10 ? "\((value * 100).rounded() / 100) s" : "\(Int(value.rounded())) s"
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
