import Diagnostics
import Execution
import Planning

/// `pipe explain CONFIG [NODE]`: what a node's key is made of, and why it runs or does not.
enum Explain: Command {
  static let name = "explain"
  static let summary = "show what a node depends on, and why it would run"
  static let operands = "CONFIG [NODE]"
  static let operandCount = 1...2
  static let options: [Option] = [.set, .store, .runs]
  static let discussion = """
    NODE is a stage's name, the start of a node's name as `pipe plan` prints it, or the start of its key; without it
    every node is listed with its key and its state.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let session = try Session(arguments, tool, readOnly: true)
    let plan = try session.plan()
    let preview = Preview(plan, store: session.store, earlier: Session.earlier(plan, arguments))
    if arguments.operands.count == 1 {
      tool.print(preview.listing)
    } else {
      tool.print(try preview.explanation(of: arguments.operands[1]))
    }
    return .done
  }
}
