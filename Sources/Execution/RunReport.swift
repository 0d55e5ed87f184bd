public import Artifacts
public import Diagnostics
public import Planning
import Store

/// How a node of a run ended.
public enum NodeEnd: Sendable {
  /// It was computed in this run.
  case ran(seconds: Double)
  /// Its result was found in the store, or nothing that had to run needed it.
  case cached
  /// A node above it was computed again with the same bytes as before, so its earlier result holds.
  ///
  /// `because` is the node whose key changed and whose bytes did not.
  case cutOff(because: Plan.NodeID?)
  /// Its stage threw an error.
  case failed(Diagnostic, log: [String])
  /// A node above it failed.
  case blocked(by: Plan.NodeID)
  /// The run ended before it was its turn.
  case notRun
}

/// What a run is about to do.
public struct RunOutline: Sendable {
  /// The whole plan.
  public var plan: Plan
  /// The nodes that have no result in the store and are needed, in the order of the plan.
  public var toRun: [Plan.NodeID]
  /// How long each of them will take by itself, in seconds, by earlier runs; nil where nothing is known.
  public var predictedSeconds: [Double?]
  /// How many threads may be busy.
  public var jobs: Int

  /// Makes an outline; `predictedSeconds` has an element for each of `toRun`.
  public init(plan: Plan, toRun: [Plan.NodeID], predictedSeconds: [Double?], jobs: Int) {
    self.plan = plan
    self.toRun = toRun
    self.predictedSeconds = predictedSeconds
    self.jobs = jobs
  }
}

/// What is told while a run goes on; called from several threads, one call at a time.
public protocol ProgressObserver: AnyObject, Sendable {
  /// The run starts.
  func started(_ outline: RunOutline)
  /// A node's stage starts.
  func started(_ node: Plan.Node)
  /// A node ended.
  func ended(_ node: Plan.Node, _ outcome: NodeEnd)
  /// A stored result could not be read and is computed again.
  func recovered(_ node: Plan.Node, _ error: Diagnostic)
  /// The run is over.
  func ended()
}

/// What a run came to.
public struct RunReport: Sendable {
  /// One output of a node.
  public struct Output: Sendable {
    /// The output's port.
    public let port: String
    /// The digest of the artifact.
    public let digest: Digest
    /// Bytes of the artifact's arrays.
    public let byteCount: Int
  }

  /// How each node ended, by its position in the plan.
  public var outcomes: [NodeEnd]
  /// The outputs of each node, as far as their digests are known.
  public var outputs: [[Output]]
  /// Whether the store has each node's result, so that nothing has to be computed to read it again.
  public var isKept: [Bool]
  /// How long each node's stored result took to compute, in seconds.
  public var storedSeconds: [Double?]
  /// The numbers, in the order of the plan's measurements; nil where none could be had.
  public var values: [Double?]
  /// What measuring stages gave that is more than a number, such as a confusion matrix, by node.
  public var exhibits: [Plan.NodeID: any Artifact]
  /// What the stages wrote into their logs, by node.
  public var logs: [Plan.NodeID: [String]] = [:]
  /// Wall-clock seconds.
  public var seconds = 0.0
  /// Seconds that earlier computations took whose results were used again.
  public var savedSeconds = 0.0
  /// Whether the run was asked to end early.
  public var wasInterrupted = false

  /// How many nodes were computed.
  public var ranCount: Int { outcomes.count { if case .ran = $0 { true } else { false } } }
  /// How many nodes had a result already.
  public var cachedCount: Int { outcomes.count { if case .cached = $0 { true } else { false } } }
  /// How many nodes were cut off.
  public var cutOffCount: Int { outcomes.count { if case .cutOff = $0 { true } else { false } } }
  /// How many nodes failed.
  public var failedCount: Int { outcomes.count { if case .failed = $0 { true } else { false } } }
  /// How many nodes were blocked by a failure above them.
  public var blockedCount: Int { outcomes.count { if case .blocked = $0 { true } else { false } } }
}

extension RunReport {
  /// What the nodes of a plan came to.
  init(of plan: Plan, _ nodes: [NodeProgress], _ store: Store) {
    // What another process computed may have become known only now.
    store.refresh()
    let entries = zip(plan.nodes, nodes).map { $1.entry ?? store.entry(for: $0.key) }
    outcomes = nodes.map(\.outcome)
    outputs = zip(entries, nodes).map { entry, node in
      entry?.outputs.map { Output(port: $0.port, digest: $0.digest, byteCount: $0.byteCount) }
        ?? node.digests
    }
    isKept = entries.map { $0 != nil }
    storedSeconds = entries.map { $0?.seconds }
    values = plan.measured.map { (nodes[$0.node.index].outputs?["measurement"] as? Measurement)?.value }
    exhibits = [:]
    for measured in plan.measured {
      let others = nodes[measured.node.index].outputs?.values.filter { !($0 is Measurement) }
      if let other = others?.first { exhibits[measured.node] = other }
    }
    for (node, progress) in zip(plan.nodes, nodes) where !progress.log.isEmpty {
      logs[node.id] = progress.log
    }
    savedSeconds = Self.saved(outcomes, storedSeconds)
  }
}

extension RunReport {
  /// What one of several plans came to that ran together; its seconds are those of its stages that ran.
  public func part(_ part: JointPlan.Part, of joint: JointPlan) -> RunReport {
    guard joint.parts.count > 1 else { return self }
    var numbers: [Plan.NodeID: Plan.NodeID] = [:]
    for (index, place) in part.places.enumerated() { numbers[place] = part.plan.nodes[index].id }
    var report = self
    report.outcomes = part.places.map { outcomes[$0.index].moved(to: numbers) }
    report.outputs = part.places.map { outputs[$0.index] }
    report.isKept = part.places.map { isKept[$0.index] }
    report.storedSeconds = part.places.map { storedSeconds[$0.index] }
    report.values = Array(values[part.measured])
    report.exhibits = Dictionary(
      exhibits.compactMap { id, exhibit in numbers[id].map { ($0, exhibit) } },
      uniquingKeysWith: { one, _ in one })
    report.logs = Dictionary(
      logs.compactMap { id, lines in numbers[id].map { ($0, lines) } }, uniquingKeysWith: { one, _ in one })
    report.seconds = report.outcomes.reduce(0) { sum, end in
      if case .ran(let own) = end { sum + own } else { sum }
    }
    report.savedSeconds = Self.saved(report.outcomes, report.storedSeconds)
    return report
  }

  /// Seconds that earlier computations took whose results were used again.
  private static func saved(_ outcomes: [NodeEnd], _ storedSeconds: [Double?]) -> Double {
    zip(outcomes, storedSeconds).reduce(0) { sum, node in
      if case .cached = node.0 { sum + (node.1 ?? 0) } else { sum }
    }
  }
}

extension NodeEnd {
  /// The same among nodes with other numbers.
  fileprivate func moved(to numbers: [Plan.NodeID: Plan.NodeID]) -> NodeEnd {
    switch self {
    case .cutOff(let cause): .cutOff(because: cause.flatMap { numbers[$0] })
    case .blocked(let cause): numbers[cause].map { .blocked(by: $0) } ?? self
    case .ran, .cached, .failed, .notRun: self
    }
  }
}
