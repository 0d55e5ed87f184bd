import Diagnostics
import Execution
import Glibc
import Planning
import Reporting
import RunRecords
import Store

/// `pipe reproduce RUN`: does a run again from its manifest, and compares.
enum Reproduce: Command {
  static let name = "reproduce"
  static let summary = "do a run again from its manifest alone, and compare every result"
  static let operands = "RUN"
  static let operandCount = 1...1
  static let options: [Option] = [
    .tolerance, .record, .folder, .keptStore, .jobs, .memory, .timeout, .runs, .progress, .quiet, .json,
  ]
  static let discussion = """
    Neither the config nor what the store holds is asked: every node of the manifest is computed, in a temporary
    store. A result is identical if its bytes are; a number that differs is held against the tolerance. Nothing is
    written into the folder of the runs without --record.
    Exit code 0: identical or within tolerance. 1: different, or it cannot be done again, with the reason.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let tolerance = try tolerance(arguments)
    var options = try Run.options(arguments)
    options.keepsEverything = true
    let mode = try arguments.choice(of: .progress, default: ProgressMode.auto)
    let runs = Session.runs(arguments)
    let manifest = try runs.find(arguments.operands[0]).manifest()
    if arguments.has(.record) { try runs.checkWritable() }
    let run = RecordedRun(manifest, folder: arguments.value(of: .folder))
    let plan: Plan
    do {
      plan = try run.plan(tool)
      try run.checkInputs(of: plan, InputFingerprints(nil)) { _ in true }
    } catch { throw Failure(code: .stageFailed, error: error) }
    options.interruption = Signals.install()
    options.observer = arguments.has(.quiet) ? nil : mode.observer(tool, options.interruption)
    let started = Timestamp.now()
    let report = try FreshStore.with(arguments.value(of: .keptStore)) { store in
      do { return try Scheduler(plan, store: store, options: options).run() } catch {
        throw Failure(code: .stageFailed, error: error)
      }
    }
    guard !report.wasInterrupted else {
      tool.printError("interrupted: nothing was compared")
      return .interrupted
    }
    let recording = RunRecording(
      plan: plan, report: report, started: started, repeated: manifest.deterministic)
    let reproduction = Reproduction(old: manifest, new: recording.manifest(run: ""), tolerance: tolerance)
    if arguments.has(.json) {
      tool.print(reproduction.json.text(pretty: true))
    } else if !arguments.has(.quiet) || reproduction.verdict == .different {
      tool.print(reproduction.text, terminator: "")
    }
    if arguments.has(.record) {
      let (_, folder, _) = try recording.write(to: runs)
      if !arguments.has(.quiet), !arguments.has(.json) { tool.print("recorded as \(folder.path)") }
    }
    return reproduction.verdict == .different ? .stageFailed : .done
  }

  private static func tolerance(_ arguments: Arguments) throws(Diagnostic) -> Double {
    guard let text = arguments.value(of: .tolerance) else { return 1e-6 }
    guard let number = Double(text), number >= 0, number < 1 else {
      throw Diagnostic(
        .badUsage, "`--tolerance` takes a relative difference from 0 to less than 1, such as 1e-6",
        fields: ["given": text])
    }
    return number
  }
}

extension Option {
  fileprivate static let tolerance = Option(
    name: "--tolerance", value: "SHARE",
    help: "how much a number may differ, relative to itself (default: 1e-6)")
  fileprivate static let record = Option(name: "--record", help: "record what was computed as a run")
  fileprivate static let keptStore = Option(
    name: "--store", value: "DIR", help: "keep what is computed in this new folder (default: a temporary one)"
  )
  static let folder = Option(
    name: "--folder", value: "DIR",
    help: "where relative paths of inputs start (default: the config's folder at the time of the run)")
}
