public import Artifacts
public import Diagnostics
public import Planning
public import RunRecords
import StageKit
public import Store

/// Keeps stored results of nodes whose stage has another revision, though what it gives means the same.
///
/// An accepted result becomes the result of the node's new key. What stands below is then looked up under the key that
/// it had, so nothing of it runs either.
public struct Acceptance {
  /// A node that keeps its earlier result.
  public struct Accepted: Sendable {
    /// The node.
    public var node: Plan.Node
    /// The key of the result.
    public var target: Key
    /// The stage's revision then.
    public var revision: Int
  }

  /// The nodes that keep their results, in the order of the plan.
  public private(set) var accepted: [Accepted] = []
  /// Why others of the nodes that were meant cannot keep theirs, once for all that cannot for the same reason.
  ///
  /// Nodes that have a result, and those that did not change, are left out.
  public private(set) var refusals: [Diagnostic] = []
  private let plan: Plan
  private let store: Store
  private let reasons: Reasons
  private var known: KnownResults
  private var seenRefusals: Set<String> = []

  /// Finds what can be accepted; changes nothing.
  ///
  /// - Parameters:
  ///   - wanted: what names the nodes, as for ``Preview/nodes(named:)``; all replicates of a stage, for instance.
  ///   - preview: what a run of the plan would do.
  ///   - earlier: the latest run of the same config, to say what else changed.
  /// - Throws: `unknownName`, or why none of the nodes can be accepted.
  public init(
    of wanted: String, in preview: Preview, earlier: Manifest?, store: Store
  ) throws(Diagnostics) {
    plan = preview.plan
    self.store = store
    reasons = Reasons(plan, toRun: [], earlier: earlier)
    known = KnownResults(preview.plan, store)
    let nodes: [Plan.NodeID]
    do throws(Diagnostic) { nodes = try preview.nodes(named: wanted) } catch { throw Diagnostics([error]) }
    for id in nodes where preview.fates[id.index] != .stored { consider(plan[id]) }
    guard accepted.isEmpty else { return }
    guard refusals.isEmpty else { throw Diagnostics(refusals) }
    throw Diagnostics([
      Diagnostic(
        .badUsage, "there is nothing to accept of `\(wanted)`",
        fields: ["nodes": "\(nodes.count), of which none has changed without a result"])
    ])
  }

  private mutating func consider(_ node: Plan.Node) {
    for revision in earlierRevisions(of: node) {
      let keys = [
        known.key(of: node.id, revision: revision),
        node.key(withInputKeys: { plan[$0].key }, revision: revision),
      ]
      if let entry = keys.compactMap({ store.entry(for: $0) }).first {
        let target = entry.link?.target ?? entry.key
        known.replace(node.id, by: target)
        return accepted.append(Accepted(node: node, target: target, revision: revision))
      }
    }
    guard let refusal = refusal(of: node) else { return }
    let what = ([refusal.headline] + refusal.fields.dropFirst().map(\.value)).joined(separator: "\n")
    if seenRefusals.insert(what).inserted { refusals.append(refusal) }
  }

  /// The revision of the latest run, and those below the present one, the latest first.
  private func earlierRevisions(of node: Plan.Node) -> [Int] {
    let present = node.stage.type.revision
    let recorded = [reasons.partner(of: node.id)?.revision].compactMap(\.self)
    let lower = (max(0, present - 100)..<max(0, present)).reversed()
    return (recorded + lower).filter { $0 != present }
  }

  /// Why a node without a result cannot be accepted; nil where nothing about it has changed.
  private func refusal(of node: Plan.Node) -> Diagnostic? {
    guard reasons.isChanged(node.id) else { return nil }
    let answer = reasons[node.id]
    let stage = node.stage.type.name
    guard reasons.partner(of: node.id) != nil else {
      return Diagnostic(
        .badUsage, "`\(stage)` has no earlier result to accept",
        fields: ["node": node.name, "why it runs": answer.text])
    }
    let others = answer.changes.filter { $0.kind != .revision }.map(\.text) + answer.causes.map(\.text)
    guard others.isEmpty else {
      let isOnlyAbove = answer.changes.allSatisfy { $0.kind == .revision }
      return Diagnostic(
        .badUsage, "more than the revision of `\(stage)` has changed",
        fields: ["node": node.name, "changed": others.joined(separator: "; ")],
        hint: isOnlyAbove ? "accept what changed above it first, if its results mean the same" : nil)
    }
    return Diagnostic(
      .badUsage, "the earlier result of `\(stage)` is not in the store",
      fields: [
        "node": node.name, "changed": answer.changes.map(\.text).joined(separator: ", "),
        "earlier result": reasons.partnerWasKept(node.id)
          ? "gone" : "not kept, as computing it again is cheaper",
      ], hint: "run the config: what gives the same bytes as before is not computed again below it")
  }

  /// Lets the accepted results stand under the nodes' new keys.
  ///
  /// - Throws: `noSpace`, `notWritable` or `storeUnusable`; what was accepted before stays so.
  public func apply() throws(Diagnostic) {
    for result in accepted {
      try store.link(
        result.node.key, to: result.target, as: .accepted, components: result.node.components.json,
        stage: result.node.stage.name)
    }
    try store.flush()
  }
}

extension Acceptance {
  /// What is accepted, in words: how many nodes of which stages, with their revisions, and their names.
  public var text: String {
    var lines: [String] = []
    var stages: [String] = []
    for result in accepted where !stages.contains(result.node.stage.type.name) {
      stages.append(result.node.stage.type.name)
    }
    for stage in stages {
      let nodes = accepted.filter { $0.node.stage.type.name == stage }
      let revisions = Set(nodes.map(\.revision)).sorted().map(String.init).joined(separator: ", ")
      let count = nodes.count == 1 ? "1 result" : "\(nodes.count) results"
      lines.append("\(count) of \(stage): revision \(revisions) → \(nodes[0].node.stage.type.revision)")
      lines += nodes.prefix(10).map { "  \($0.node.name)" }
      if nodes.count > 10 { lines.append("  and \(nodes.count - 10) more") }
    }
    return lines.joined(separator: "\n")
  }

  /// How an accepted result is recorded: `accepted: revision 1 → 2`; nil where a result was not accepted.
  public static func reason(of entry: Entry, in store: Store) -> String? {
    guard let link = entry.link, link.reason == .accepted else { return nil }
    let new = revision(of: entry)
    guard let old = store.entry(for: link.target).flatMap(revision), let new else { return "accepted" }
    return "accepted: revision \(old) → \(new)"
  }

  private static func revision(of entry: Entry) -> String? {
    KeyComponents(entry.components)?.records.first { $0.tag == .revision }?.value
  }
}
