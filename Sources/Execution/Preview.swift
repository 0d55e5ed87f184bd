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

  let plan: Plan
  let fates: [Fate]
  let outlooks: [Outlook]
  /// Why nodes would run; empty where nothing would.
  let reasons: Reasons

  /// Looks up what the store has.
  ///
  /// - Parameter earlier: the latest run of the same config, to say what changed since; not asked for where nothing
  ///   would run.
  public init(_ plan: Plan, store: Store?, earlier: @autoclosure () -> Manifest?) {
    self.init(plan, store: store, earlier: earlier()) { toRun in
      store.map { Self.outlooks(plan, toRun, $0) } ?? [:]
    }
  }

  /// - Parameter outlook: what is known of the nodes that would run.
  init(
    _ plan: Plan, store: Store?, earlier: @autoclosure () -> Manifest?,
    outlook: ([Plan.NodeID]) -> [Plan.NodeID: Outlook]
  ) {
    self.plan = plan
    fates = Self.fates(plan, store)
    let toRun = plan.nodes.map(\.id).filter { [fates] in fates[$0.index] == .runs }
    let manifest = toRun.isEmpty ? nil : earlier()
    reasons = Reasons(plan, toRun: toRun, earlier: manifest)
    outlooks = toRun.isEmpty ? [] : Self.completed(outlook(toRun), plan, manifest)
  }

  /// What the scheduler would do: it goes upwards only from what is missing.
  private static func fates(_ plan: Plan, _ store: Store?) -> [Fate] {
    var fates = plan.nodes.map { store?.entry(for: $0.key) == nil ? Fate.notNeeded : .stored }
    var isOpen = fates.map { _ in false }
    var open: [Plan.NodeID] = []
    func ask(for node: Plan.NodeID) {
      guard fates[node.index] == .notNeeded, !isOpen[node.index] else { return }
      isOpen[node.index] = true
      open.append(node)
    }
    for measured in plan.measured { ask(for: measured.node) }
    guard !open.isEmpty else { return fates }
    var known = store.map { KnownResults(plan, $0) }
    while let node = open.popLast() {
      if known?.entry(for: node) != nil {
        fates[node.index] = .stored
        continue
      }
      fates[node.index] = .runs
      for edge in plan[node].inputs { ask(for: edge.node) }
    }
    return fates
  }

  /// What is not known otherwise is taken from the earlier run: the mean of the stage there.
  private static func completed(
    _ known: [Plan.NodeID: Outlook], _ plan: Plan, _ earlier: Manifest?
  ) -> [Outlook] {
    var sums: [String: (seconds: Double, count: Int)] = [:]
    if let earlier {
      for (node, outcome) in zip(earlier.deterministic.nodes, earlier.volatile.nodes) {
        let seconds = outcome.state == .ran ? outcome.seconds : outcome.savedSeconds ?? 0
        guard seconds > 0 else { continue }
        sums[node.stage, default: (0, 0)].seconds += seconds
        sums[node.stage, default: (0, 0)].count += 1
      }
    }
    return plan.nodes.map { node in
      var outlook = known[node.id] ?? Outlook()
      outlook.seconds = outlook.seconds ?? sums[node.stage.name].map { $0.seconds / Double($0.count) }
      return outlook
    }
  }

  /// What is known of a node that would run.
  func outlook(of id: Plan.NodeID) -> Outlook { outlooks.isEmpty ? Outlook() : outlooks[id.index] }

  /// Whether anything would run.
  public var hasWork: Bool { fates.contains(.runs) }

  /// The nodes that would run, in the order of the plan.
  var toRun: [Plan.Node] { plan.nodes.filter { fates[$0.id.index] == .runs } }

  /// A node's fate in a word or two.
  func state(of id: Plan.NodeID) -> String {
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

  /// The nodes that somebody means: by a name, a stage, the start of either or of a key.
  ///
  /// - Throws: `unknownName` if there is none.
  public func nodes(named wanted: String) throws(Diagnostic) -> [Plan.NodeID] {
    let found = plan.nodes.filter { $0.name == wanted || $0.key.description == wanted }
    let loose = plan.nodes.filter { node in
      node.stage.type.name == wanted || node.name.hasPrefix(wanted) || node.key.description.hasPrefix(wanted)
    }
    let all = found.isEmpty ? loose : found
    guard all.isEmpty || wanted.isEmpty else { return all.map(\.id) }
    let names = Array(Set(plan.nodes.map(\.stage.type.name))).sorted()
    throw Diagnostic(
      .unknownName, "no node of the plan is named `\(wanted)`",
      fields: ["stages": names.joined(separator: ", ")],
      hint: suggestion(for: wanted, among: names + plan.nodes.map(\.name)))
  }
}
