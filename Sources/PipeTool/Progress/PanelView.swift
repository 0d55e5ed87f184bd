import Execution
import Planning

/// What there is to see of a run at one moment.
struct PanelView {
  /// A node that runs.
  struct Running {
    /// The position of its stage in `stages`.
    var stage: Int
    /// Its name without that of its stage.
    var label: String
    /// For how many seconds it has run.
    var seconds: Double
    /// How many seconds it will run, if known.
    var estimate: Double?
  }

  /// The config's name.
  var title: String
  /// The stages of the plan.
  var stages: [StageTally]
  /// The nodes that run, the one that runs longest first.
  var running: [Running] = []
  /// Seconds since the run's start.
  var elapsed = 0.0
  /// How long it will take yet.
  var forecast: Forecast?
  /// Whether the run was asked to end.
  var isInterrupted = false
}

extension PanelView {
  /// What there is to see of a run at a time in seconds since its start.
  init(_ tally: RunTally, of plan: Plan, at time: Double, forecast: Forecast?, isInterrupted: Bool) {
    self.init(
      title: TerminalText.clean(plan.name), stages: tally.stages,
      running: tally.running.map { running in
        let stage = tally.stage(of: running.node)
        return Running(
          stage: stage, label: PanelView.label(of: plan.nodes[running.node], in: tally.stages[stage].name),
          seconds: max(0, time - running.since), estimate: tally.estimate(of: running.node))
      },
      elapsed: time, forecast: forecast, isInterrupted: isInterrupted)
  }

  /// A node's name without that of its stage, which stands at the start of its line.
  private static func label(of node: Plan.Node, in stage: String) -> String {
    let name = TerminalText.clean(node.name)
    guard name.hasPrefix(stage) else { return name }
    return String(name.dropFirst(stage.count).drop { $0 == "," || $0 == "·" || $0 == " " })
  }

  /// The part of a stage's weight that is done; what runs counts for what it has probably done by now.
  func doneWeight(of stage: Int) -> Double {
    let tally = stages[stage]
    guard tally.toRun > 0 else { return 0 }
    let perNode = tally.weight / Double(tally.toRun)
    let started = running.reduce(0) { sum, node in
      guard node.stage == stage, let estimate = node.estimate, estimate > 0 else { return sum }
      return sum + perNode * min(node.seconds / estimate, 0.95)
    }
    return min(tally.doneWeight + started, tally.weight - tally.lostWeight)
  }
}
