import Execution
import Planning
import StageKit

/// Where every node of a run stands, with the sums that progress is shown from.
///
/// An event costs a few additions: it may come from a thread that has better things to do.
struct RunTally {
  /// A node whose stage runs.
  struct Running: Equatable {
    /// The position in the plan.
    var node: Int
    /// When it started, in seconds since the run's start.
    var since: Double
  }

  /// The stages in the order of the plan.
  private(set) var stages: [StageTally] = []
  /// The nodes that run, who started first first.
  private(set) var running: [Running] = []
  /// Where each node of the plan stands.
  private(set) var phases: [NodePhase]
  private let stageOf: [Int]
  private let predictions: [Double?]
  private var weights: [Double]

  /// Counts the nodes of a plan.
  ///
  /// - Parameters:
  ///   - names: the stage of each node.
  ///   - toRun: the positions of those that will run.
  ///   - predicted: for each of these the seconds that it will take, if known.
  init(stages names: [String], toRun: [Int], predicted: [Double?]) {
    var indices: [String: Int] = [:]
    var found: [StageTally] = []
    stageOf = names.map { name in
      if let index = indices[name] { return index }
      indices[name] = found.count
      found.append(StageTally(name))
      return found.count - 1
    }
    stages = found
    phases = Array(repeating: .stored, count: names.count)
    var predictions = [Double?](repeating: nil, count: names.count)
    for (node, seconds) in zip(toRun, predicted) {
      guard let seconds, seconds.isFinite, seconds >= 0 else { continue }
      predictions[node] = seconds
      stages[stageOf[node]].predict(seconds)
    }
    self.predictions = predictions
    for node in toRun { phases[node] = .waiting }
    weights = RunTally.weights(predictions, stages, stageOf)
    for node in names.indices { stages[stageOf[node]].enter(phases[node], weight: weights[node]) }
  }

  /// Counts the nodes of a run that starts.
  init(_ outline: RunOutline) {
    self.init(
      stages: outline.plan.nodes.map(\.stage.name), toRun: outline.toRun.map(\.index),
      predicted: outline.predictedSeconds)
  }

  /// The predicted seconds of each node; where there are none, the mean of its stage, or of all.
  private static func weights(
    _ predictions: [Double?], _ stages: [StageTally], _ stageOf: [Int]
  ) -> [Double] {
    let known = predictions.compactMap(\.self)
    let mean = known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
    // What takes no time has a weight all the same: a bar ends where the nodes do.
    return predictions.indices.map { node in
      max(predictions[node] ?? stages[stageOf[node]].meanPrediction ?? mean, mean / 1000, 1e-9)
    }
  }

  /// A node's stage starts, at a time in seconds since the run's start.
  mutating func started(_ node: Int, at time: Double) {
    move(node, to: .running)
    running.append(Running(node: node, since: time))
  }

  /// A node ended.
  ///
  /// - Returns: whether that was news: a stored result that was read is none.
  @discardableResult
  mutating func ended(_ node: Int, _ end: NodeEnd) -> Bool {
    if let index = running.firstIndex(where: { $0.node == node }) { running.remove(at: index) }
    let old = phases[node]
    switch end {
    // What is there can be read any number of times, under its own key or another.
    case .cached, .cutOff: if old == .stored || old.isEnd { return false }
    case .ran where old == .ran: return false
    case .ran(let seconds): stages[stageOf[node]].took(seconds, predicted: predictions[node])
    case .notRun:
      if old == .running { move(node, to: .waiting) }
      return false
    default: break
    }
    guard let phase = NodePhase(end) else { return false }
    move(node, to: phase)
    return true
  }

  /// Every change of a node's phase goes through here.
  private mutating func move(_ node: Int, to phase: NodePhase) {
    let stage = stageOf[node]
    stages[stage].leave(phases[node], weight: weights[node])
    stages[stage].enter(phase, weight: weights[node])
    phases[node] = phase
  }

  /// How many nodes of the whole run are in a phase.
  subscript(phase: NodePhase) -> Int { stages.reduce(0) { $0 + $1[phase] } }

  /// How many nodes are to run, or have.
  var toRun: Int { stages.reduce(0) { $0 + $1.toRun } }
  /// How many of these have their result.
  var done: Int { stages.reduce(0) { $0 + $1.done } }
  /// How many of these have come to an end of any kind.
  var ended: Int { stages.reduce(0) { $0 + $1.done + $1.lost } }

  /// The position of a node's stage in `stages`.
  func stage(of node: Int) -> Int { stageOf[node] }

  /// What history says of a node, in seconds.
  func prediction(for node: Int) -> Double? { predictions[node] }

  /// How long a node will take, as far as is known by now.
  func estimate(of node: Int) -> Double? { stages[stageOf[node]].estimate(predictions[node]) }
}
