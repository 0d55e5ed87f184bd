import Diagnostics
import Reporting
import RunRecords

/// `pipe trace RUN CELL`: from a number back to the bytes of the input.
enum TraceCommand: Command {
  static let name = "trace"
  static let summary = "follow a number through all its nodes back to the bytes of the input"
  static let operands = "RUN CELL…"
  static let operandCount = 1...100
  static let options: [Option] = [.runs, .json]
  static let discussion = """
    CELL names one measured number by words: slot=stage, parameter=value, metric=…, seed=…, fold=…, a stage, a metric
    or a value alone, or the start of the number's key. If several numbers fit, they are listed.

      pipe trace latest reduce=pca components=8 probe=logistic accuracy seed=2
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let manifest = try Session.runs(arguments).find(arguments.operands[0]).manifest()
    let words = arguments.operands.dropFirst().joined(separator: " ")
    let trace = try Trace(try CellQuery(manifest.deterministic).value(for: words), in: manifest)
    if arguments.has(.json) {
      tool.print(trace.json.text(pretty: true))
    } else {
      tool.print(trace.text, terminator: "")
    }
    return .done
  }
}
