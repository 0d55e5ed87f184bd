import Diagnostics
import Execution
import Planning
import Synchronization

/// Lines on standard error: one for each node that ends, or few enough for a log.
///
/// In a log nothing appears in the first second, so that a short run says what it has to say once, at its end. After
/// that come a line with the work to do, failures as they happen, and how far the run is: every 5 seconds in the first
/// minute, every 15 in the first ten, every minute then.
final class LineProgress: ProgressObserver {
  /// How much is said.
  enum Detail {
    /// A line for each node.
    case nodes
    /// Few lines.
    case summary
  }

  private struct State {
    var report: LineReport?
    var start = 0.0
    var notes = FailureNotes()
    /// What has been said and not been written.
    var lines: [String] = []
    /// When the run was last described, in seconds since its start.
    var lastReport = 0.0
    var saidInterrupted = false
  }

  /// How long a run must last to be talked about in a log, in seconds.
  private static let patience = 1.0
  /// Seconds between two looks at whether a line is due.
  private static let interval = 0.2

  private let context: ProgressContext
  private let detail: Detail
  private let state = Mutex(State())
  /// Taken while lines are written, in their order.
  private let writing = Mutex(())
  private let ticker: Mutex<Ticker?> = Mutex(nil)

  init(_ detail: Detail, _ context: ProgressContext) {
    self.context = context
    self.detail = detail
  }

  // MARK: Events

  func started(_ outline: RunOutline) {
    let hasWork = !outline.toRun.isEmpty
    state.withLock { state in
      state.start = context.now()
      var report = LineReport(outline)
      if hasWork || detail == .nodes { state.lines.append(report.headline) }
      state.report = report
    }
    if detail == .nodes { flush() }
    if hasWork {
      ticker.withLock { $0 = Ticker(every: LineProgress.interval) { [weak self] in self?.tick() } }
    }
  }

  func started(_ node: Plan.Node) {
    let now = context.now()
    state.withLock { $0.report?.tally.started(node.id.index, at: now - $0.start) }
  }

  func ended(_ node: Plan.Node, _ outcome: NodeEnd) {
    state.withLock { state in
      guard state.report?.tally.ended(node.id.index, outcome) == true else { return }
      switch (detail, outcome) {
      case (.nodes, _):
        if let line = state.report?.line(for: node, outcome) { state.lines.append(line) }
      case (.summary, .failed(let error, _)):
        if let line = state.notes.failed(node, error) { state.lines.append(line) }
      case (.summary, _): break
      }
    }
    if detail == .nodes { flush() }
  }

  func recovered(_ node: Plan.Node, _ error: Diagnostic) {
    // No end of a run tells of this, however short it is.
    let line = state.withLock { $0.notes.recovered(node, error) }
    writing.withLock { _ in context.write(line + "\n") }
  }

  func ended() {
    let ticker = ticker.withLock { ticker in
      defer { ticker = nil }
      return ticker
    }
    ticker?.stop()
    guard detail == .summary else { return }
    let now = context.now()
    state.withLock { state in
      let time = now - state.start
      if time < LineProgress.patience {
        state.lines = []
      } else if let line = state.report?.progress(at: time) {
        state.lines.append(line)
      }
    }
    flush()
  }

  // MARK: Lines

  /// Says what is due; a thread of its own calls it.
  func tick() {
    let now = context.now()
    let isDue = state.withLock { state in
      let time = now - state.start
      if !state.saidInterrupted, context.isInterrupted() {
        state.saidInterrupted = true
        state.lines.append(PanelLayout.notice)
      }
      guard detail == .summary else { return true }
      if time - state.lastReport >= interval(at: time), let line = state.report?.progress(at: time) {
        state.lastReport = time
        state.lines.append(line)
      }
      return time >= LineProgress.patience || state.saidInterrupted
    }
    if isDue { flush() }
  }

  /// Seconds between two lines about how far the run is.
  private func interval(at time: Double) -> Double { time < 60 ? 5 : time < 600 ? 15 : 60 }

  private func flush() {
    writing.withLock { _ in
      let lines = state.withLock { state in
        defer { state.lines = [] }
        return state.lines
      }
      if !lines.isEmpty { context.write(lines.map { $0 + "\n" }.joined()) }
    }
  }
}
