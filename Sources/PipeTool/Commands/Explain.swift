import Diagnostics
import Execution
import Planning

/// `pipe explain CONFIG [NODE]`: what a node's key is made of, and why it runs or does not.
enum Explain: Command {
  static let name = "explain"
  static let summary = "show what a node depends on, and why it would run"
  static let operands = "CONFIG [NODE]"
  static let operandCount = 1...2
  static let options: [Option] = [.set, .store, .runs, .depth, .json]
  static let discussion = """
    NODE is a stage's name, the start of a node's name as `pipe plan` prints it, or the start of its key; without it
    every node is listed with its key and its state. What made it run is followed up to the root causes.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let depth = try arguments.count(of: .depth, in: 0...1_000_000) ?? .max
    let session = try Session(arguments, tool, readOnly: true)
    let plan = try session.plan()
    let preview = Preview(plan, store: session.store, earlier: Session.earlier(plan, arguments))
    let isWhole = arguments.operands.count == 1
    if isWhole, !arguments.has(.json) {
      tool.print(preview.listing)
      return .done
    }
    let nodes = isWhole ? plan.nodes.map(\.id) : try preview.nodes(named: arguments.operands[1])
    // A list of all nodes shows each by itself.
    let explanation = Explanation(nodes, in: preview, depth: isWhole ? 0 : depth)
    tool.print(arguments.has(.json) ? explanation.json.text(pretty: true) : explanation.text)
    return .done
  }
}
