import Diagnostics
public import Planning
public import RunRecords
import StageKit

/// Why the nodes of a plan run: what is different from the latest run of the same config.
public struct Reasons: Sendable {
  /// A node above another that changed, which made that one run.
  public struct Cause: Sendable, Equatable {
    /// The node.
    public var node: Plan.NodeID
    /// Its stage's name.
    public var stage: String
    /// What changed about it; empty where it is new, or nothing but its key is different.
    public var changes: [Change]
    /// The cause in words: `kernel-pca changed: gamma 0.005 → 0.01 (configs/a.json:10)`.
    public var text: String
  }

  /// Why one node runs.
  public struct Answer: Sendable, Equatable {
    /// The first reason that holds.
    public var reason: Reason
    /// The reason in words, with all that changed.
    public var text: String
    /// What changed about the node itself.
    public var changes: [Change]
    /// What changed above it: the root causes, the nearest first.
    public var causes: [Cause]
  }

  private let plan: Plan
  private let earlier: EarlierRun?
  /// What changed about each node itself; nil where it was nothing in the earlier run.
  private var changes: [[Change]?]
  /// The same in words.
  private var words: [String]
  /// The nodes above each node that changed themselves, the nearest first.
  private var causes: [[Plan.NodeID]]
  /// A node that runs and takes the node's result.
  private var consumers: [Plan.NodeID?]
  /// The parts of names that the earlier run had.
  private var knownParts: Set<Substring> = []

  /// Compares a plan with an earlier run.
  ///
  /// - Parameters:
  ///   - toRun: the nodes that run, or would.
  ///   - earlier: the latest run of the same config.
  public init(_ plan: Plan, toRun: [Plan.NodeID], earlier: Manifest?) {
    self.plan = plan
    self.earlier = earlier.map { EarlierRun($0, plan) }
    changes = Array(repeating: [], count: plan.nodes.count)
    words = Array(repeating: "", count: plan.nodes.count)
    causes = Array(repeating: [], count: plan.nodes.count)
    consumers = Array(repeating: nil, count: plan.nodes.count)
    for id in toRun.reversed() { for edge in plan[id].inputs { consumers[edge.node.index] = id } }
    guard let earlier = self.earlier else { return }
    for node in plan.nodes where !earlier.isSame(node.id) {
      guard let found = earlier.changes(of: node) else {
        changes[node.id.index] = nil
        continue
      }
      changes[node.id.index] = found
      words[node.id.index] = found.map(\.text).joined(separator: ", ")
      causes[node.id.index] = causes(above: node, found, earlier)
    }
    if earlier.pairing.partners.contains(nil) { knownParts = Self.parts(plan, earlier) }
  }

  private func causes(above node: Plan.Node, _ own: [Change], _ earlier: EarlierRun) -> [Plan.NodeID] {
    // What another node feeds now is a change of its own, whatever changed about that node.
    let rewired = own.filter { $0.kind == .input }.map(\.path)
    let changed = node.inputs.filter { !rewired.contains($0.port) }.map(\.node).filter { !earlier.isSame($0) }
    var found: [Plan.NodeID] = []
    for input in changed where changes[input.index]?.isEmpty != true || causes[input.index].isEmpty {
      if !found.contains(input) { found.append(input) }
    }
    for cause in changed.flatMap({ causes[$0.index] }) where !found.contains(cause) { found.append(cause) }
    return found
  }

  private static func parts(_ plan: Plan, _ earlier: EarlierRun) -> Set<Substring> {
    var parts: Set<Substring> = []
    for node in earlier.nodes { parts.formUnion(NodeName.parts(of: node.name)) }
    // Where a slot has more alternatives now, the names of what was there say more than they did.
    for node in plan.nodes where earlier.pairing.partners[node.id.index] != nil {
      parts.formUnion(NodeName.parts(of: node.name))
    }
    return parts
  }

  /// Whether there is a run to compare with.
  var hasEarlierRun: Bool { earlier != nil }

  /// Whether the earlier run had nothing with the same key.
  public func isChanged(_ id: Plan.NodeID) -> Bool { !(earlier?.isSame(id) ?? false) }

  /// The node that a node was in the earlier run.
  func partner(of id: Plan.NodeID) -> NodeRecord? { earlier?.partner(of: id) }

  /// Whether the earlier run kept the result of that node.
  func partnerWasKept(_ id: Plan.NodeID) -> Bool { earlier?.kept(id) ?? false }

  /// Why a node runs, or would.
  public subscript(id: Plan.NodeID) -> Answer { answer(for: id) }

  /// Why a node runs, or would.
  ///
  /// - Parameter isTold: whether it is said elsewhere what changed about a node, so that a text need but name it.
  func answer(for id: Plan.NodeID, isTold: (Plan.NodeID) -> Bool = { _ in false }) -> Answer {
    let reason = Reason.first(for: comparison(of: id))
    let causes = causes[id.index].map(cause)
    let texts = causes.map { isTold($0.node) ? "\($0.stage) changed" : $0.text }
    return Answer(
      reason: reason, text: text(reason, id, texts), changes: changes[id.index] ?? [], causes: causes)
  }

  /// Where the reasons of a node begin, in words: with the node itself, or with what changed above it.
  func root(of id: Plan.NodeID) -> String {
    let answer = self[id]
    switch answer.reason {
    case .above: return answer.causes.map(\.text).first ?? answer.text
    case .revision, .content, .parameters, .seed, .rewired, .keys: return cause(id).text
    case .notKept: return consumers[id.index].map(root) ?? answer.text
    default: return answer.text
    }
  }

  private func comparison(of id: Plan.NodeID) -> NodeComparison {
    guard let earlier else { return NodeComparison() }
    return NodeComparison(
      hasEarlierRun: true, earlier: earlier.isSame(id) ? earlier.outcome(of: id)?.state ?? .notRun : nil,
      wasKept: earlier.kept(id), changes: changes[id.index], hasCauses: !causes[id.index].isEmpty)
  }

  private func cause(_ id: Plan.NodeID) -> Cause {
    let name = plan[id].stage.type.name
    guard let changes = changes[id.index] else {
      return Cause(node: id, stage: name, changes: [], text: "\(name) is new")
    }
    let words = words[id.index]
    return Cause(
      node: id, stage: name, changes: changes,
      text: words.isEmpty ? "\(name) has another key" : "\(name) changed: \(words)")
  }

  private func text(_ reason: Reason, _ id: Plan.NodeID, _ causes: [String]) -> String {
    switch reason {
    case .firstRun: return "no earlier run of this config"
    case .failed:
      let error = earlier?.outcome(of: id)?.error?.split(separator: "\n").first
      return "it failed in the latest run\(error.map { ": \($0)" } ?? "")"
    case .blocked: return "a node above it failed in the latest run"
    case .interrupted: return "the latest run was stopped before it"
    case .gone: return "its stored result is gone"
    case .notKept:
      let consumer = consumers[id.index].map { "; \(plan[$0].stage.type.name) needs it" } ?? ""
      return "not kept, as computing it again is cheaper\(consumer)"
    case .keys: return "this version makes keys in another way"
    case .new: return "new in the plan" + newParts(of: id)
    case .revision, .content, .parameters, .seed, .rewired, .above:
      return [words[id.index], Self.because(causes)].filter { !$0.isEmpty }
        .joined(separator: "; ")
    }
  }

  /// Causes in words; what changed in the same way in several nodes is said once.
  private static func because(_ causes: [String]) -> String {
    var texts: [String] = []
    for cause in causes where !texts.contains(cause) { texts.append(cause) }
    let shown = texts.prefix(3).joined(separator: "; ")
    return texts.isEmpty ? "" : "because \(shown)" + (texts.count > 3 ? "; and \(texts.count - 3) more" : "")
  }

  /// The choices in a node's name that the earlier run did not have.
  private func newParts(of id: Plan.NodeID) -> String {
    let parts = NodeName.parts(of: plan[id].name).filter { !knownParts.contains($0) }
    return parts.isEmpty ? "" : ": " + parts.joined(separator: " · ")
  }
}
