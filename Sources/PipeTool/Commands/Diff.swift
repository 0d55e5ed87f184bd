import Diagnostics
import Reporting
import RunRecords

/// `pipe diff RUN RUN`: what differs between two runs.
enum Diff: Command {
  static let name = "diff"
  static let summary =
    "compare two runs: config, inputs, nodes, and whether numbers changed beyond their spread"
  static let operands = "RUN RUN"
  static let operandCount = 2...2
  static let options: [Option] = [.all, .runs, .json]
  static let discussion = """
    RUN is a run's folder, its name or the start of it, a config's name, or `latest`; the old run comes first. Cells
    are matched by what was chosen for them. Where both runs have the same seeds and folds, a change counts as beyond
    their spread by a paired t-test at 5 %, elsewhere if it exceeds the pooled standard deviation.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let runs = Session.runs(arguments)
    let old = try runs.find(arguments.operands[0]).manifest()
    let new = try runs.find(arguments.operands[1]).manifest()
    let difference = RunDifference(old, new)
    if arguments.has(.json) {
      tool.print(difference.json.text(pretty: true))
    } else {
      tool.print(difference.text(width: tool.width, showsAll: arguments.has(.all)), terminator: "")
    }
    return .done
  }
}

extension Option {
  fileprivate static let all = Option(
    name: "--all", help: "list every number, also those that did not change")
}
