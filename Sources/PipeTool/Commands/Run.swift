import Diagnostics
import Execution
import Planning
import RunRecords
import Store

/// `pipe run CONFIG…`: computes what is missing and writes the tables.
enum Run: Command {
  static let name = "run"
  static let summary = "run an experiment: compute what is missing, record it, print its tables"
  static let operands = "CONFIG…"
  static let operandCount = 1...1_000
  static let options: [Option] = [
    .set, .jobs, .memory, .keepGoing, .failFast, .timeout, .keepAll, .store, .storeLimit, .runs, .strict,
    .progress, .quiet, .json,
  ]
  static let discussion = """
    CONFIG is a file, or a folder whose configs are all run (but for those whose names start with `_`). Several are one
    plan: what they share is computed once. Those whose data are not there are left out, and named at the end.

    What was computed before is not computed again; to rerun is to resume. Ctrl-C ends at a safe point, a second one
    at once; the store is whole in both cases.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    try execution(arguments, tool).run().code
  }

  /// What the command line asks to run; every config is checked before the first stage runs.
  static func execution(_ arguments: Arguments, _ tool: Tool) throws -> RunExecution {
    var options = try options(arguments)
    let mode = try arguments.choice(of: .progress, default: ProgressMode.auto)
    let session = try Session(arguments, tool, readOnly: false)
    if let limit = try arguments.bytes(of: .storeLimit) { try session.store?.keepBelow(limit) }
    let (plans, missing) = try session.plans(try ConfigFiles.all(arguments.operands))
    let runs = Session.runs(arguments)
    do { try runs.checkWritable() } catch { throw Failure(code: .badUsage, error: error) }
    options.interruption = Signals.install()
    options.observer = arguments.has(.quiet) ? nil : mode.observer(tool, options.interruption)
    return RunExecution(
      plans: plans, missing: missing, session: session, runs: runs, options: options,
      tellsReasons: !arguments.has(.quiet) && [.auto, .plain].contains(mode))
  }

  static func options(_ arguments: Arguments) throws(Diagnostic) -> Scheduler.Options {
    var options = Scheduler.Options(jobs: try arguments.count(of: .jobs, in: 1...1024) ?? Machine.cores)
    options.memory = try arguments.bytes(of: .memory) ?? Machine.memory / 5 * 4
    options.timeout = try arguments.seconds(of: .timeout)
    options.keepsEverything = arguments.has(.keepAll)
    options.endsAtFailure = arguments.has(.failFast)
    if options.endsAtFailure, arguments.has(.keepGoing) {
      throw Diagnostic(.badUsage, "`--keep-going` and `--fail-fast` exclude each other")
    }
    return options
  }
}
