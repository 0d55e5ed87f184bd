import Diagnostics
import Execution
import Planning
import Synchronization

/// A panel of fixed height on a terminal, which goes when the run ends.
///
/// An event changes counters and nothing else. A thread of its own looks at them ten times a second and writes what
/// has changed, in one go.
final class TerminalPanel: ProgressObserver {
  /// The terminal that the panel stands on.
  struct Screen: Sendable {
    /// How large it is at the moment.
    var size: @Sendable () -> TerminalSize
    /// Whether another program has it at the moment.
    var isTaken: @Sendable () -> Bool = { false }
    /// How often the program was stopped and went on, after which the cursor is anywhere.
    var resumptions: @Sendable () -> Int = { 0 }
    /// Is told what to write if the program ends at once.
    var keepFarewell: @Sendable (String) -> Void = { _ in }
  }

  private struct State {
    var start = 0.0
    var tally = RunTally(stages: [], toRun: [], predicted: [])
    var messages: [String] = []
    var notes: FailureNotes
  }

  /// Seconds between two frames.
  private static let interval = 0.1

  private let context: ProgressContext
  private let screen: Screen
  private let state: Mutex<State>
  private let painter: Mutex<PanelPainter?> = Mutex(nil)
  private let ticker: Mutex<Ticker?> = Mutex(nil)

  init(_ context: ProgressContext, on screen: Screen) {
    self.context = context
    self.screen = screen
    state = Mutex(State(notes: FailureNotes(color: context.color)))
  }

  func started(_ outline: RunOutline) {
    state.withLock { state in
      state.start = context.now()
      state.tally = RunTally(outline)
    }
    painter.withLock { $0 = PanelPainter(outline.plan, jobs: outline.jobs, context, on: screen) }
    // Reading what is there takes no time worth showing.
    guard !outline.toRun.isEmpty else { return }
    ticker.withLock { $0 = Ticker(every: TerminalPanel.interval) { [weak self] in self?.draw() } }
  }

  func started(_ node: Plan.Node) {
    let now = context.now()
    state.withLock { $0.tally.started(node.id.index, at: now - $0.start) }
  }

  func ended(_ node: Plan.Node, _ outcome: NodeEnd) {
    state.withLock { state in
      state.tally.ended(node.id.index, outcome)
      if case .failed(let error, _) = outcome, let message = state.notes.failed(node, error) {
        state.messages.append(message)
      }
    }
  }

  func recovered(_ node: Plan.Node, _ error: Diagnostic) {
    state.withLock { $0.messages.append($0.notes.recovered(node, error)) }
  }

  func ended() {
    let ticker = ticker.withLock { ticker in
      defer { ticker = nil }
      return ticker
    }
    ticker?.stop()
    let (_, messages) = take()
    painter.withLock { painter in
      painter?.clear(messages)
      painter = nil
    }
  }

  /// Brings the terminal up to date; the panel's own thread calls it.
  func draw() {
    let (tally, messages) = take()
    painter.withLock { painter in painter?.draw(tally, messages) }
  }

  private func take() -> (RunTally, [String]) {
    state.withLock { state in
      defer { state.messages = [] }
      return (state.tally, state.messages)
    }
  }
}
