import Diagnostics
import Execution
import Planning
import StageKit
import Synchronization

/// One JSON object a line for each event, on standard error; `Progress.md` lists them all.
final class JSONProgress: ProgressObserver {
  private struct State {
    var outline: RunOutline?
    /// When the run started; what is recovered before that is told at its time 0.
    var start: Double?
    var tally = RunTally(stages: [], toRun: [], predicted: [])
  }

  private let context: ProgressContext
  private let state = Mutex(State())

  init(_ context: ProgressContext) { self.context = context }

  func started(_ outline: RunOutline) {
    let tally = RunTally(outline)
    state.withLock { state in
      state.outline = outline
      state.start = context.now()
      state.tally = tally
    }
    let known = outline.predictedSeconds.compactMap(\.self)
    emit(
      "run-started", at: 0,
      [
        JSON.Member("config", .string(outline.plan.name)),
        JSON.Member("nodes", .integer(outline.plan.nodes.count)),
        JSON.Member("toRun", .integer(outline.toRun.count)),
        JSON.Member("jobs", .integer(outline.jobs)),
        JSON.Member("predictedSeconds", known.isEmpty ? .null : JSONProgress.seconds(known.reduce(0, +))),
        JSON.Member("predictedNodes", .integer(known.count)),
      ])
  }

  func started(_ node: Plan.Node) {
    let (time, prediction) = state.withLock { state in
      let time = context.now() - (state.start ?? 0)
      state.tally.started(node.id.index, at: time)
      return (time, state.tally.prediction(for: node.id.index))
    }
    emit(
      "node-started", at: time,
      identity(node) + [JSON.Member("predictedSeconds", prediction.map(JSONProgress.seconds) ?? .null)])
  }

  func ended(_ node: Plan.Node, _ outcome: NodeEnd) {
    let (isNews, time, done, toRun) = state.withLock { state in
      let isNews = state.tally.ended(node.id.index, outcome)
      return (isNews, context.now() - (state.start ?? 0), state.tally.done, state.tally.toRun)
    }
    if case .ran = outcome, !isNews { return }
    let (event, members): (String, [JSON.Member])
    switch outcome {
    case .ran(let seconds):
      (event, members) = ("node-ran", [JSON.Member("seconds", JSONProgress.seconds(seconds))])
    case .cached: (event, members) = ("node-cached", [])
    case .cutOff: (event, members) = ("node-cut-off", [])
    case .failed(let error, _): (event, members) = ("node-failed", JSONProgress.members(error))
    case .blocked(let cause):
      (event, members) = ("node-blocked", [JSON.Member("cause", .integer(cause.index))])
    case .notRun: return
    }
    let counts = [JSON.Member("done", .integer(done)), JSON.Member("toRun", .integer(toRun))]
    emit(event, at: time, identity(node) + members + counts)
  }

  func recovered(_ node: Plan.Node, _ error: Diagnostic) {
    emit("node-recovered", at: time, identity(node) + JSONProgress.members(error))
  }

  func ended() {
    let tally = state.withLock { $0.tally }
    let seconds = time
    let outcome =
      context.isInterrupted() ? "interrupted" : tally[.failed] + tally[.blocked] > 0 ? "failed" : "done"
    emit(
      "run-ended", at: seconds,
      [
        JSON.Member("outcome", .string(outcome)), JSON.Member("seconds", JSONProgress.seconds(seconds)),
        JSON.Member("ran", .integer(tally[.ran])),
        JSON.Member("cached", .integer(tally[.stored] + tally[.cached])),
        JSON.Member("cutOff", .integer(tally[.cutOff])), JSON.Member("failed", .integer(tally[.failed])),
        JSON.Member("blocked", .integer(tally[.blocked])),
        JSON.Member("notRun", .integer(tally[.waiting] + tally[.running])),
      ])
  }

  // MARK: Members

  private var time: Double {
    let now = context.now()
    return now - (state.withLock { $0.start } ?? now)
  }

  private func emit(_ event: String, at time: Double, _ members: [JSON.Member]) {
    let first = [JSON.Member("event", .string(event)), JSON.Member("time", JSONProgress.seconds(time))]
    context.write(JSON.object(first + members).text() + "\n")
  }

  private func identity(_ node: Plan.Node) -> [JSON.Member] {
    [
      JSON.Member("node", .integer(node.id.index)), JSON.Member("name", .string(node.name)),
      JSON.Member("stage", .string(node.stage.name)),
    ]
  }

  private static func members(_ error: Diagnostic) -> [JSON.Member] {
    [JSON.Member("code", .string(error.code.rawValue)), JSON.Member("error", .string(error.description))]
  }

  /// Seconds to the microsecond.
  private static func seconds(_ value: Double) -> JSON { .number((value * 1e6).rounded() / 1e6) }
}
