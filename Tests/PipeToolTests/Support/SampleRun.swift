import Diagnostics
import Execution

@testable import PipeTool

/// Runs of several sizes at several moments, for the layout.
struct SampleRun {
  var tally: RunTally
  var view: PanelView

  static let error = Diagnostic(.tooManyComponents, "there are too few rows for 60 components")

  /// A run whose stages have that many nodes each; history knows the seconds of each node where given.
  init(_ stages: [(name: String, count: Int, seconds: Double?)], stored: Int = 0, title: String = "sample") {
    let names = stages.flatMap { Array(repeating: $0.name, count: $0.count) }
    let seconds = stages.flatMap { Array(repeating: $0.seconds, count: $0.count) }
    tally = RunTally(
      stages: names, toRun: Array(stored..<names.count), predicted: Array(seconds.dropFirst(stored)))
    view = PanelView(title: title, stages: tally.stages)
  }

  /// Nodes run and end well.
  mutating func run(_ nodes: Range<Int>, seconds: Double) {
    for node in nodes {
      tally.started(node, at: 0)
      tally.ended(node, .ran(seconds: seconds))
    }
  }

  /// Nodes have run since a time, under names.
  mutating func start(_ nodes: [Int], at time: Double) {
    for node in nodes { tally.started(node, at: time) }
  }

  mutating func end(_ nodes: Range<Int>, _ end: NodeEnd) { for node in nodes { tally.ended(node, end) } }

  /// The lines at a moment.
  func lines(
    at time: Double, left: Forecast? = nil, interrupted: Bool = false, width: Int, height: Int = 23,
    color: Bool = false
  ) -> [PanelLine] {
    let running = tally.running.map { node in
      PanelView.Running(
        stage: tally.stage(of: node.node), label: "rbf gamma 0.005, components 32 · seed \(node.node)",
        seconds: time - node.since, estimate: tally.estimate(of: node.node))
    }
    let view = PanelView(
      title: view.title, stages: tally.stages, running: running, elapsed: time, forecast: left,
      isInterrupted: interrupted)
    return PanelLayout(view, width: width, height: height, color: color).lines
  }
}
