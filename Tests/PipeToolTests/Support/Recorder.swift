import Execution
import Planning
import Synchronization

@testable import PipeTool

/// What a renderer wrote, under a clock that only the test moves.
final class Recorder: Sendable {
  private let state = Mutex((text: "", time: 1000.0, interrupted: false))

  var text: String { state.withLock { $0.text } }
  var lines: [String] { text.split(separator: "\n").map(String.init) }

  /// Moves the clock to a time in seconds since the recorder was made.
  func move(to time: Double) { state.withLock { $0.time = 1000 + time } }

  func interrupt() { state.withLock { $0.interrupted = true } }

  /// What was written since the last call.
  func take() -> String {
    state.withLock { state in
      defer { state.text = "" }
      return state.text
    }
  }

  func context(color: Bool = false) -> ProgressContext {
    ProgressContext(
      write: { text in self.state.withLock { $0.text += text } }, now: { self.state.withLock { $0.time } },
      isInterrupted: { self.state.withLock { $0.interrupted } }, color: color)
  }
}

extension ProgressObserver {
  /// Starts the sample plan with all its nodes to run.
  func start(_ plan: Plan, toRun: [Int] = Array(0..<5), predicted: [Double?] = [0.5, 4, 4, nil, nil]) {
    started(
      RunOutline(
        plan: plan, toRun: toRun.map { plan.nodes[$0].id }, predictedSeconds: predicted, jobs: 2))
  }
}
