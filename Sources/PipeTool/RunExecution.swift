import Diagnostics
import Execution
import Glibc
import Planning
import Reporting
import RunRecords
import Store
import Synchronization

/// Runs one plan, records it and prints how it ended.
struct RunExecution {
  let plan: Plan
  let session: Session
  let runs: RunStore
  let options: Scheduler.Options
  /// Whether standard error gets lines that say why the run works.
  let tellsReasons: Bool

  func run() throws -> ExitCode {
    guard let store = session.store else { return .badUsage }
    let started = Timestamp.now()
    let clock = ContinuousClock.now
    // That a first run has everything to do goes without saying.
    let isFirst = Mutex(false)
    let reasons = RunReasons(
      before: options.observer,
      earlier: {
        let earlier = Session.earlier(plan, session.arguments)
        isFirst.withLock { $0 = earlier == nil }
        return earlier
      },
      tell: { lines in
        if tellsReasons, !isFirst.withLock({ $0 }) {
          session.tool.printError(lines.joined(separator: "\n"))
        }
      })
    var options = options
    options.observer = reasons
    options.inputs = session.inputs
    do {
      var report = try Scheduler(plan, store: store, options: options).run()
      try store.flush()
      report.seconds = (ContinuousClock.now - clock) / .seconds(1)
      let recording = RunRecording(plan: plan, report: report, started: started) {
        reasons.reason(of: $0, $1, in: store)
      }
      let (manifest, folder, tables) = try recording.write(to: runs)
      printEnd(manifest, folder, tables)
      return switch manifest.volatile.outcome {
      case .done: .done
      case .failed: .stageFailed
      case .interrupted: .interrupted
      }
    } catch {
      throw Failure(code: .stageFailed, error: error)
    }
  }

  private func printEnd(_ manifest: Manifest, _ folder: RunFolder, _ tables: [ResultTable]) {
    if session.arguments.has(.json) {
      session.tool.print(manifest.text, terminator: "")
    } else if !session.arguments.has(.quiet) {
      let summary = RunSummary(manifest: manifest, folder: folder, tables: tables)
      session.tool.print(
        summary.text(width: session.tool.width, color: session.tool.usesColor), terminator: "")
    } else if manifest.volatile.outcome == .failed {
      for node in manifest.volatile.nodes { if let error = node.error { session.tool.printError(error) } }
    }
  }
}
