import Diagnostics
import Execution
import Planning

/// `pipe plan CONFIG`: what would run, and why; writes nothing.
enum PlanCommand: Command {
  static let name = "plan"
  static let summary = "show what would run, why, and how long it would take; writes nothing"
  static let operands = "CONFIG"
  static let operandCount = 1...1
  static let options: [Option] = [.set, .store, .runs, .json, .quiet]
  static let discussion = "Exit code 0: nothing to do. 10: there is work to do."

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let session = try Session(arguments, tool, readOnly: true)
    let plan = try session.plan()
    let preview = Preview(plan, store: session.store, earlier: Session.earlier(plan, arguments))
    if arguments.has(.json) {
      tool.print(preview.json.text(pretty: true))
    } else if !arguments.has(.quiet) {
      tool.print(preview.text)
    }
    return preview.hasWork ? .workToDo : .done
  }
}
