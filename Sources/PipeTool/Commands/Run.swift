import Diagnostics
import Execution
import Planning
import RunRecords
import Store

/// `pipe run CONFIG`: computes what is missing and writes the tables.
enum Run: Command {
  static let name = "run"
  static let summary = "run an experiment: compute what is missing, record it, print its tables"
  static let operands = "CONFIG…"
  static let operandCount = 1...1_000
  static let options: [Option] = [.set, .jobs, .store, .runs, .progress, .quiet, .json]
  static let discussion = """
    What was computed before is not computed again; to rerun is to resume. Ctrl-C ends at a safe point, a second one
    at once; the store is whole in both cases.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let jobs = try arguments.count(of: .jobs, in: 1...1024) ?? Machine.cores
    let mode = try arguments.choice(of: .progress, default: ProgressMode.auto)
    // Every config is checked before the first one runs.
    let session = try Session(arguments, tool, readOnly: false)
    let plans = try session.plans(arguments.operands)
    let runs = Session.runs(arguments)
    do { try runs.checkWritable() } catch { throw Failure(code: .badUsage, error: error) }
    let interruption = Signals.install()
    var code = ExitCode.done
    for plan in plans where !interruption.isRequested {
      let execution = RunExecution(
        plan: plan, session: session, runs: runs, jobs: jobs, interruption: interruption,
        observer: arguments.has(.quiet) ? nil : mode.observer(tool, arguments),
        tellsReasons: !arguments.has(.quiet) && [.auto, .plain].contains(mode))
      let outcome = try execution.run()
      if outcome != .done { code = outcome }
    }
    return code
  }
}
