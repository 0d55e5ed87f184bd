import Artifacts
public import Diagnostics
public import Planning
public import RunRecords
import StageKit
public import Store
import Synchronization

/// Tells why a run works before it starts, and remembers why each node ran.
///
/// It stands before the observer that shows the progress and passes everything on.
public final class RunReasons: ProgressObserver {
  private let next: (any ProgressObserver)?
  private let earlier: @Sendable () -> Manifest?
  private let tell: @Sendable ([String]) -> Void
  private let state = Mutex<(plan: Plan?, reasons: Reasons?)>((nil, nil))

  /// Makes an observer.
  ///
  /// - Parameters:
  ///   - next: is told everything after this one.
  ///   - earlier: reads the latest run of the config; not called where nothing runs.
  ///   - tell: is given the lines that say why the run works, before anything runs.
  public init(
    before next: (any ProgressObserver)?, earlier: @escaping @Sendable () -> Manifest?,
    tell: @escaping @Sendable ([String]) -> Void
  ) {
    self.next = next
    self.earlier = earlier
    self.tell = tell
  }

  /// Why a node ended as it did, for the record: why it ran, or what was accepted; nil where there is no more to say.
  public func reason(of node: Plan.Node, _ end: NodeOutcome.State, in store: Store) -> String? {
    switch end {
    case .ran, .failed: return state.withLock { $0.reasons?[node.id].text }
    case .cached: return store.entry(for: node.key).flatMap { Acceptance.reason(of: $0, in: store) }
    case .cutOff:
      guard let plan = state.withLock({ $0.plan }) else { return nil }
      return Self.accepted(above: node, plan, store).map { "the earlier result of \($0) was accepted" }
    case .blocked, .notRun: return nil
    }
  }

  /// The nearest stage above a node whose earlier result was accepted.
  private static func accepted(above node: Plan.Node, _ plan: Plan, _ store: Store) -> String? {
    for edge in node.inputs {
      guard let link = store.entry(for: plan[edge.node].key)?.link else { continue }
      if link.reason == .accepted { return plan[edge.node].stage.type.name }
      if let found = accepted(above: plan[edge.node], plan, store) { return found }
    }
    return nil
  }

  public func started(_ outline: RunOutline) {
    state.withLock { $0.plan = outline.plan }
    if !outline.toRun.isEmpty {
      let reasons = Reasons(outline.plan, toRun: outline.toRun, earlier: earlier())
      state.withLock { $0.reasons = reasons }
      tell(reasons.summary(of: outline.toRun))
    }
    next?.started(outline)
  }

  public func started(_ node: Plan.Node) { next?.started(node) }
  public func ended(_ node: Plan.Node, _ outcome: NodeEnd) { next?.ended(node, outcome) }
  public func recovered(_ node: Plan.Node, _ error: Diagnostic) { next?.recovered(node, error) }
  public func ended() { next?.ended() }
}

extension Reasons {
  /// How many different reasons a summary tells.
  private static let mostTold = 3

  /// In a line or a few how many nodes run and why, by the root causes: `143 to run: kernel-pca: gamma 0.005 → 0.01`.
  public func summary(of toRun: [Plan.NodeID]) -> [String] {
    var counts: [(text: String, count: Int)] = []
    var places: [String: Int] = [:]
    for id in toRun {
      let text = root(of: id)
      if let place = places[text] {
        counts[place].count += 1
      } else {
        places[text] = counts.count
        counts.append((text, 1))
      }
    }
    guard counts.count > 1 else { return counts.map { "\($0.count) to run: \($0.text)" } }
    let most = counts.sorted { $0.count > $1.count }
    let width = String(most[0].count).count
    var lines = ["\(toRun.count) to run"]
    lines += most.prefix(Self.mostTold).map { item in
      let count = String(item.count)
      return "  \(String(repeating: " ", count: width - count.count))\(count): \(item.text)"
    }
    let rest = most.dropFirst(Self.mostTold)
    if !rest.isEmpty {
      let count = rest.reduce(0) { $0 + $1.count }
      lines.append("  and \(count) for \(rest.count) other reason\(rest.count == 1 ? "" : "s")")
    }
    return lines
  }
}
