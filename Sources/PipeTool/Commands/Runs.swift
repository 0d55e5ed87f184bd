import Diagnostics
import Reporting
import RunRecords

/// `pipe runs`: the recorded runs.
enum Runs: Command {
  static let name = "runs"
  static let summary = "list the recorded runs, newest first"
  static let options: [Option] = [.runs, .json]

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let entries = try Session.runs(arguments).list()
    tool.print(arguments.has(.json) ? RunList(entries).json.text(pretty: true) : RunList(entries).text)
    return .done
  }
}
