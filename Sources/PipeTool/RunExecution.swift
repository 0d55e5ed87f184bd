import Diagnostics
import Execution
import Planning
import Reporting
import RunRecords
import StageKit
import Store
import Synchronization

/// Runs one plan or several as one, records each and prints how they ended.
struct RunExecution {
  let plans: [Plan]
  /// Configs that are left out.
  var missing: [MissingData] = []
  let session: Session
  let runs: RunStore
  let options: Scheduler.Options
  /// Whether standard error gets lines that say why the run works.
  let tellsReasons: Bool

  /// Runs and records the plans, prints how they ended, and gives their records with what the program ends with.
  func run() throws -> (manifests: [Manifest], code: ExitCode) {
    guard let store = session.store else { return ([], .badUsage) }
    guard !plans.isEmpty else {
      for config in missing { session.tool.printError(config.error.description) }
      return ([], .badUsage)
    }
    let started = Timestamp.now()
    let clock = ContinuousClock.now
    let joint = JointPlan(plans)
    let reasons = reasons(of: joint)
    var options = options
    options.observer = reasons
    options.inputs = session.inputs
    do {
      var report = try Scheduler(joint.plan, store: store, options: options).run()
      try store.flush()
      report.seconds = (ContinuousClock.now - clock) / .seconds(1)
      var (summary, manifests) = (JointSummary(missing: missing), [Manifest]())
      for part in joint.parts {
        let own = report.part(part, of: joint)
        let why = plans.count == 1 ? reasons : recorded(own, part.plan)
        let recording = RunRecording(plan: part.plan, report: own, started: started) {
          why.reason(of: $0, $1, in: store)
        }
        let (manifest, folder, tables) = try recording.write(to: runs)
        printEnd(manifest, folder, tables)
        summary.add(manifest)
        manifests.append(manifest)
      }
      if plans.count + missing.count > 1 { printEnd(summary, report) }
      return (manifests, summary.code(isStrict: session.arguments.has(.strict)))
    } catch {
      throw Failure(code: .stageFailed, error: error)
    }
  }

  /// What tells why the run works, before anything runs.
  private func reasons(of joint: JointPlan) -> RunReasons {
    // That a first run has everything to do goes without saying.
    let isFirst = Mutex(joint.parts.count > 1)
    return RunReasons(
      before: options.observer,
      earlier: {
        guard joint.parts.count == 1 else { return nil }
        let earlier = Session.earlier(joint.plan, session.arguments)
        isFirst.withLock { $0 = earlier == nil }
        return earlier
      },
      tell: { lines in
        if tellsReasons, !isFirst.withLock({ $0 }) {
          session.tool.printError(lines.joined(separator: "\n"))
        }
      })
  }

  /// Why the nodes of one of several plans ran.
  private func recorded(_ report: RunReport, _ plan: Plan) -> RunReasons {
    let reasons = RunReasons(
      before: nil, earlier: { Session.earlier(plan, session.arguments) }, tell: { _ in })
    let ran = zip(plan.nodes, report.outcomes).compactMap { node, end in
      switch end {
      case .ran, .failed: node.id
      case .cached, .cutOff, .blocked, .notRun: nil
      }
    }
    reasons.started(
      RunOutline(plan: plan, toRun: ran, predictedSeconds: ran.map { _ in nil }, jobs: options.jobs))
    return reasons
  }

  private func printEnd(_ manifest: Manifest, _ folder: RunFolder, _ tables: [ResultTable]) {
    if session.arguments.has(.json) {
      session.tool.print(manifest.text, terminator: "")
    } else if !session.arguments.has(.quiet) {
      // Of several configs those with claims are about them.
      let showsTables = plans.count == 1 || manifest.deterministic.claims.isEmpty
      let summary = RunSummary(manifest: manifest, folder: folder, tables: showsTables ? tables : [])
      session.tool.print(
        summary.text(width: session.tool.width, color: session.tool.usesColor),
        terminator: plans.count == 1 ? "" : "\n")
    } else if manifest.volatile.outcome == .failed {
      for node in manifest.volatile.nodes { if let error = node.error { session.tool.printError(error) } }
    }
  }

  private func printEnd(_ summary: JointSummary, _ report: RunReport) {
    guard !session.arguments.has(.json), !session.arguments.has(.quiet) else { return }
    session.tool.print(
      summary.text(seconds: report.seconds, ran: report.ranCount, cached: report.cachedCount))
  }
}
