import Diagnostics
import Execution
import Planning

/// `pipe accept CONFIG NODE`: keeps results of a stage whose revision rose without a change in meaning.
enum Accept: Command {
  static let name = "accept"
  static let summary = "keep the results of a stage whose revision rose without a change in meaning"
  static let operands = "CONFIG NODE"
  static let operandCount = 2...2
  static let options: [Option] = [.set, .store, .runs, .dryRun]
  static let discussion = """
    NODE is a stage's name, the start of a node's name as `pipe plan` prints it, or the start of its key; every node
    that it names keeps its stored result if nothing but the stage's revision has changed. What stands below need not
    run then either. The record of every run that uses such a result says so.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let isDry = arguments.has(.dryRun)
    _ = try Session.existingStore(arguments, readOnly: true)
    let session = try Session(arguments, tool, readOnly: isDry)
    guard let store = session.store else { return .badUsage }
    let plan = try session.plan()
    let earlier = Session.earlier(plan, arguments)
    let preview = Preview(plan, store: store, earlier: earlier)
    let acceptance = try Acceptance(of: arguments.operands[1], in: preview, earlier: earlier, store: store)
    if !isDry { try acceptance.apply() }
    tool.print("\(isDry ? "would accept" : "accepted") \(acceptance.text)")
    for refusal in acceptance.refusals { tool.printError(refusal.description) }
    return .done
  }
}
