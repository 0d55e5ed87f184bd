import Diagnostics
import Reporting
import RunRecords

/// `pipe table RUN…`: the tables of runs in a format.
enum TableCommand: Command {
  static let name = "table"
  static let summary = "print the tables of runs as text, Markdown, CSV, LaTeX, JSON or HTML"
  static let operands = "RUN…"
  static let operandCount = 1...1_000
  static let options: [Option] = [.format, .runs]
  static let discussion = "RUN is a run's folder, its name or the start of it, a config's name, or `latest`."

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let format = try arguments.choice(of: .format, default: TableFormat.text)
    let runs = Session.runs(arguments)
    for name in arguments.operands {
      let manifest = try runs.find(name).manifest()
      for table in try ResultTable.tables(of: manifest) {
        tool.print(format.render(table, color: tool.usesColor))
      }
    }
    return .done
  }
}
