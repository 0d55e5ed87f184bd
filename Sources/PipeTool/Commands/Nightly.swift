import Diagnostics
import Planning
import Reporting
import RunRecords

/// `pipe nightly CONFIG… --baseline DIR`: runs configs and compares them with references.
enum Nightly: Command {
  static let name = "nightly"
  static let summary = "run configs and compare numbers, claims and times with references"
  static let operands = "CONFIG…"
  static let operandCount = 1...1_000
  static let options: [Option] =
    [.baseline, .update, .reason]
    + Run.options.filter { ![Option.strict.name, Option.json.name].contains($0.name) }
  static let discussion = """
    Listed, with exit code 3, are metrics that became worse than the spread of their replicates allows, claims that
    held and no longer do, cells that are missing, and stages that became slower by more than their noise (only where
    the reference comes from the same kind of machine). --update writes this run as the new reference, with the reason.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    guard let path = arguments.value(of: .baseline) else {
      throw Diagnostic(
        .badUsage, "`nightly` needs the folder of its references", hint: "write --baseline runs/reference")
    }
    let references = ReferenceFolder(path: path)
    let reason = arguments.value(of: .reason)
    guard arguments.has(.update) == (reason != nil) else {
      throw Diagnostic(
        .badUsage, "`--update` and `--reason` go together", hint: "write --update --reason \"why it changed\""
      )
    }
    let execution = try Run.execution(arguments, tool)
    // A reference that cannot be read should be known before hours of work, not after.
    var known: [String: Manifest] = [:]
    if reason == nil {
      for plan in execution.plans { known[plan.name] = try references.manifest(of: plan.name) }
    }
    let (manifests, code) = try execution.run()
    guard code == .done || code == .stageFailed else { return code }
    if let reason {
      try update(references, manifests, reason, tool)
      return code
    }
    var found = !execution.missing.isEmpty
    for config in execution.missing { tool.print("\(config.config): its data are not there") }
    for manifest in manifests {
      let report = NightlyReport(known[manifest.deterministic.name], manifest)
      tool.print(report.text, terminator: "")
      found = found || !report.findings.isEmpty
    }
    return found ? .doesNotHold : code
  }

  private static func update(
    _ references: ReferenceFolder, _ manifests: [Manifest], _ reason: String, _ tool: Tool
  ) throws {
    for manifest in manifests where manifest.volatile.outcome == .done {
      let tables = try ResultTable.tables(of: manifest).map {
        RunFolder.File("tables/\($0.name).md", $0.text(.markdown))
      }
      try references.write(manifest, tables: tables, reason: reason)
      tool.print("\(manifest.deterministic.name): new reference in \(references.path)")
      if manifest.volatile.versions.openBLASCore == nil {
        tool.print(
          "  (nothing was computed, so its times will not be compared: an empty --store computes all)")
      }
    }
    for manifest in manifests where manifest.volatile.outcome != .done {
      tool.printError("\(manifest.deterministic.name): no new reference, as it failed")
    }
  }
}

extension Option {
  fileprivate static let baseline = Option(
    name: "--baseline", value: "DIR", help: "the folder of the references, one a config's name")
  fileprivate static let update = Option(name: "--update", help: "write this run as the new reference")
  fileprivate static let reason = Option(
    name: "--reason", value: "TEXT", help: "why the reference changes; kept beside it")
}
