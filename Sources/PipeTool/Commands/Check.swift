import Diagnostics
import Planning

/// `pipe check CONFIG…`: reads configs and plans them; runs nothing.
enum Check: Command {
  static let name = "check"
  static let summary = "check configs without running anything"
  static let operands = "CONFIG…"
  static let operandCount = 1...10_000
  static let options: [Option] = [.set, .store, .quiet]
  static let discussion = "Every problem of a config is reported at once, with its place."

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let session = try Session(arguments, tool, readOnly: true)
    var failed = false
    for path in try ConfigFiles.all(arguments.operands) {
      do {
        let plan = try session.plan(path)
        if !arguments.has(.quiet) {
          tool.print("\(path): fine (\(plan.nodes.count) nodes, \(counted(plan.cellCount, "cell")))")
        }
      } catch {
        failed = true
        tool.printError("\(error)")
      }
    }
    return failed ? .badUsage : .done
  }
}
