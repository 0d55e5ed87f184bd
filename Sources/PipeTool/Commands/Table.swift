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
  static let discussion = """
    RUN is a run's folder, its name or the start of it, a config's name, or `latest`. Of a folder of references, as
    `nightly` writes them, --format markdown makes one page with tables and claims.
    """

  /// What a table can be printed as: text for a terminal, or the form of a file.
  enum Form: String, CaseIterable {
    case text, markdown, csv, latex, json, html

    var file: TableFormat? { TableFormat(rawValue: rawValue) }
  }

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let format = try arguments.choice(of: .format, default: Form.text)
    let runs = Session.runs(arguments)
    for name in arguments.operands {
      if format == .markdown, let page = try page(name) {
        tool.print(page, terminator: "")
        continue
      }
      let manifest = try runs.find(name).manifest()
      for table in try ResultTable.tables(of: manifest) {
        let text = format.file.map { table.text($0) } ?? table.text(width: tool.width, color: tool.usesColor)
        tool.print(text, terminator: "")
      }
    }
    return .done
  }

  /// The page about a folder of references; nil where the folder is none.
  private static func page(_ path: String) throws(Diagnostic) -> String? {
    guard ConfigFiles.isFolder(path) else { return nil }
    let manifests = try ReferenceFolder(path: path).manifests()
    return manifests.isEmpty ? nil : try BenchmarkPage(manifests).markdown()
  }
}
