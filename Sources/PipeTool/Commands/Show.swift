import Diagnostics
import Reporting
import RunRecords

/// `pipe show RUN`: one run again, as it ended.
enum Show: Command {
  static let name = "show"
  static let summary = "show a run: how it went, its tables, its failures"
  static let operands = "[RUN]"
  static let operandCount = 0...1
  static let options: [Option] = [.runs, .reasons, .json]
  static let discussion = "RUN is a run's folder, its name or the start of it, a config's name, or `latest`."

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let folder = try Session.runs(arguments).find(arguments.operands.first ?? "latest")
    let manifest = try folder.manifest()
    if arguments.has(.reasons), !arguments.has(.json) {
      tool.print(ReasonList(manifest).text, terminator: "")
      return .done
    }
    tool.print(
      arguments.has(.json)
        ? manifest.text
        : try RunSummary(manifest: manifest, folder: folder)
          .text(width: tool.width, color: tool.usesColor, showsAll: true),
      terminator: "")
    return .done
  }
}
