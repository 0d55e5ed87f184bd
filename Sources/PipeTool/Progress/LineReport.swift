import Diagnostics
import Execution
import Planning

/// What is said of a run in lines.
struct LineReport {
  /// Where the nodes stand.
  var tally: RunTally
  private let plan: Plan
  private let jobs: Int
  private var forecaster: Forecaster

  init(_ outline: RunOutline) {
    tally = RunTally(outline)
    plan = outline.plan
    jobs = outline.jobs
    forecaster = Forecaster(NodeGraph(outline.plan), jobs: outline.jobs)
  }

  /// What there is to do.
  var headline: String {
    mutating get {
      let name = TerminalText.clean(plan.name)
      let work = "\(name): \(tally.toRun) of \(counted(plan.nodes.count, "node")) to run"
      guard tally.toRun > 0, let forecast = forecaster.forecast(tally, at: 0) else { return work }
      let word = forecast.isLeast ? "at least" : "about"
      return "\(work), \(word) \(SpokenTime.rough(forecast.seconds)) on \(counted(jobs, "thread"))"
    }
  }

  /// How a node ended.
  func line(for node: Plan.Node, _ outcome: NodeEnd) -> String {
    let words =
      switch outcome {
      case .ran(let seconds): "ran in \(SpokenTime.measured(seconds))"
      case .failed(let error, _): "failed: \(TerminalText.clean(error.headline))"
      case .cached: "taken from the store"
      case .cutOff: "cut off, what goes in has the same bytes as before"
      case .blocked(let cause): "blocked, \(TerminalText.clean(plan[cause].name)) failed"
      case .notRun: "not run"
      }
    return "[\(tally.ended)/\(tally.toRun)] \(TerminalText.clean(node.name)): \(words)"
  }

  /// How far the run is at a time in seconds since its start.
  mutating func progress(at time: Double) -> String {
    var parts = ["\(tally.done) of \(tally.toRun) done"]
    if tally[.failed] > 0 { parts.append("\(tally[.failed]) failed") }
    if tally[.blocked] > 0 { parts.append("\(tally[.blocked]) blocked") }
    if tally.ended < tally.toRun, let forecast = forecaster.forecast(tally, at: time) {
      let word = forecast.isLeast ? "at least" : "about"
      parts.append("\(word) \(SpokenTime.rough(forecast.seconds)) left")
    }
    var text = "\(SpokenTime.exact(time)): \(parts.joined(separator: ", "))"
    if let longest = tally.running.first {
      let others = tally.running.count > 1 ? " and \(tally.running.count - 1) more" : ""
      let seconds = SpokenTime.exact(time - longest.since)
      text += "; running: \(TerminalText.clean(plan.nodes[longest.node].name)) (\(seconds))\(others)"
    }
    return text
  }
}
