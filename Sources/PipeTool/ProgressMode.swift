import Diagnostics
import Execution
import Glibc
import Planning
import StageKit
import Synchronization

/// How progress is shown.
enum ProgressMode: String, CaseIterable {
  case auto, plain, json, none

  func observer(_ tool: Tool, _ arguments: Arguments) -> (any ProgressObserver)? {
    switch self {
    case .none: nil
    case .json: JSONProgress(tool)
    case .plain: PlainProgress(tool)
    case .auto: isatty(STDERR_FILENO) == 1 ? StatusLine(tool) : nil
    }
  }
}

/// Counts what happens in a run.
private struct Tally {
  var toRun = 0
  var ended = 0
  var failed = 0
  var running: [String] = []
  var lastPrinted = ContinuousClock.now - .seconds(10)
}

/// One line for each node that ends, on standard error.
final class PlainProgress: ProgressObserver {
  private let tool: Tool
  private let tally = Mutex(Tally())

  init(_ tool: Tool) { self.tool = tool }

  func started(_ outline: RunOutline) {
    tally.withLock { $0.toRun = outline.toRun.count }
    tool.printError(
      "\(outline.plan.config.name): \(outline.toRun.count) of \(outline.plan.nodes.count) nodes to run")
  }
  func started(_ node: Plan.Node) {}
  func ended(_ node: Plan.Node, _ outcome: NodeEnd) {
    let count = tally.withLock { tally -> String in
      tally.ended += 1
      return "[\(tally.ended)/\(max(tally.ended, tally.toRun))]"
    }
    switch outcome {
    case .ran(let seconds):
      tool.printError("\(count) \(node.name): ran in \((seconds * 1000).rounded() / 1000) s")
    case .failed(let error, _): tool.printError("\(count) \(node.name): failed: \(error.headline)")
    case .cached: tool.printError("\(count) \(node.name): taken from the store")
    case .cutOff: tool.printError("\(count) \(node.name): cut off, what goes in has the same bytes as before")
    case .blocked, .notRun: break
    }
  }
  func recovered(_ node: Plan.Node, _ error: Diagnostic) {
    tool.printError("\(node.name): stored result set aside and computed again (\(error.headline))")
  }
  func ended() {}
}

/// One JSON object a line for each event, on standard error.
final class JSONProgress: ProgressObserver {
  private let tool: Tool

  init(_ tool: Tool) { self.tool = tool }

  private func emit(_ event: String, _ members: [JSON.Member]) {
    tool.printError(JSON.object([JSON.Member("event", .string(event))] + members).text())
  }
  private func identity(_ node: Plan.Node) -> [JSON.Member] {
    [
      JSON.Member("node", .integer(node.id.index)), JSON.Member("name", .string(node.name)),
      JSON.Member("stage", .string(node.stage.name)),
    ]
  }

  func started(_ outline: RunOutline) {
    emit(
      "run-started",
      [
        JSON.Member("config", .string(outline.plan.config.name)),
        JSON.Member("nodes", .integer(outline.plan.nodes.count)),
        JSON.Member("toRun", .integer(outline.toRun.count)),
      ])
  }
  func started(_ node: Plan.Node) { emit("node-started", identity(node)) }
  func ended(_ node: Plan.Node, _ outcome: NodeEnd) {
    switch outcome {
    case .ran(let seconds): emit("node-ran", identity(node) + [JSON.Member("seconds", .number(seconds))])
    case .cached: emit("node-cached", identity(node))
    case .cutOff: emit("node-cut-off", identity(node))
    case .failed(let error, _):
      emit("node-failed", identity(node) + [JSON.Member("error", .string(error.description))])
    case .blocked, .notRun: break
    }
  }
  func recovered(_ node: Plan.Node, _ error: Diagnostic) {
    emit("node-recovered", identity(node) + [JSON.Member("error", .string(error.description))])
  }
  func ended() { emit("run-ended", []) }
}

/// One line that is written over again, on a terminal.
final class StatusLine: ProgressObserver {
  private let tool: Tool
  private let tally = Mutex(Tally())

  init(_ tool: Tool) { self.tool = tool }

  func started(_ outline: RunOutline) { tally.withLock { $0.toRun = outline.toRun.count } }
  func started(_ node: Plan.Node) { update { $0.running.append(node.name) } }
  func ended(_ node: Plan.Node, _ outcome: NodeEnd) {
    update { tally in
      tally.running.removeAll { $0 == node.name }
      if case .cached = outcome { return }
      tally.ended += 1
      if case .failed = outcome { tally.failed += 1 }
    }
  }
  func recovered(_ node: Plan.Node, _ error: Diagnostic) {
    tool.printError("\r\u{1B}[K\(node.name): stored result set aside and computed again (\(error.headline))")
  }
  func ended() {
    let wasShown = tally.withLock { $0.toRun > 0 }
    if wasShown { tool.printError("\r\u{1B}[K", terminator: "") }
  }

  /// At most ten times a second.
  private func update(_ change: (inout Tally) -> Void) {
    let line = tally.withLock { tally -> String? in
      change(&tally)
      let now = ContinuousClock.now
      guard now - tally.lastPrinted > .milliseconds(100) else { return nil }
      tally.lastPrinted = now
      let failed = tally.failed > 0 ? " · \(tally.failed) failed" : ""
      return "\(tally.ended)/\(tally.toRun)\(failed) · \(tally.running.first ?? "")"
    }
    if let line { tool.printError("\r\u{1B}[K\(String(line.prefix(tool.width - 1)))", terminator: "") }
  }
}
