import Artifacts
import Diagnostics
import Execution
import Glibc
import HDF5
import LinearAlgebra
import Planning
import Reporting
import RunRecords
import Store

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
    let reasons = RunReasons(before: options.observer, earlier: { Session.earlier(plan, session.arguments) })
    {
      if tellsReasons { session.tool.printError($0.joined(separator: "\n")) }
    }
    var options = options
    options.observer = reasons
    do {
      var report = try Scheduler(plan, store: store, options: options).run()
      try store.flush()
      report.seconds = (ContinuousClock.now - clock) / .seconds(1)
      let (manifest, folder, tables) = try record(report, started) { reasons.reason(of: $0, $1, in: store) }
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

  /// Writes the run's folder; the manifest comes last.
  private func record(
    _ report: RunReport, _ started: Timestamp, reason: @escaping (Plan.Node, NodeOutcome.State) -> String?
  ) throws -> (Manifest, RunFolder, [ResultTable]) {
    let builder = ManifestBuilder(plan, report, reason: reason)
    let folder = try runs.create(name: plan.config.name, at: started)
    let manifest = Manifest(
      deterministic: builder.deterministic,
      volatile: builder.volatile(
        run: folder.name, started: started, seconds: report.seconds, commandLine: CommandLine.arguments,
        versions: versions(ranSomething: report.ranCount > 0)))
    var files = [RunFolder.File("results.csv", ResultsCSV(manifest.deterministic.results).text)]
    let tables = try ResultTable.tables(of: manifest)
    for table in tables {
      for format in [TableFormat.markdown, .csv, .latex] {
        files.append(RunFolder.File("tables/\(table.name).\(format.fileExtension)", table.text(format)))
      }
    }
    for exhibit in ExhibitFile.all(plan, report) { files.append(RunFolder.File(exhibit.path, exhibit.text)) }
    for (node, lines) in report.logs {
      files.append(RunFolder.File("log/\(node.index).log", lines.joined(separator: "\n") + "\n"))
    }
    try runs.finish(folder, manifest, with: files)
    return (manifest, folder, tables)
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

  /// Libraries that a run did not need are not loaded to ask for their version.
  private func versions(ranSomething: Bool) -> Versions {
    Versions(
      tool: PipeTool.version, swift: swiftVersion, hdf5: HDF5Library.loadedVersion,
      openBLAS: ranSomething ? BLAS.version : nil, openBLASCore: ranSomething ? BLAS.core : nil,
      zstd: ObjectFormat.zstdVersion)
  }
}

#if swift(>=6.4)
  private let swiftVersion = "6.4 or later"
#elseif swift(>=6.3)
  private let swiftVersion = "6.3"
#else
  private let swiftVersion = "6.2"
#endif
