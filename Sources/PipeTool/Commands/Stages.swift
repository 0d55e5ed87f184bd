import Diagnostics
import Planning
import StageKit

/// `pipe stages [STAGE]`: the reference of the stages.
enum Stages: Command {
  static let name = "stages"
  static let summary = "list the stages, or show one with its ports and parameters"
  static let operands = "[STAGE]"
  static let operandCount = 0...1
  static let options: [Option] = [.json]

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let catalog = tool.stages
    guard let name = arguments.operands.first else {
      tool.print(
        arguments.has(.json)
          ? JSON.array(catalog.stages.map(Reference.json)).text(pretty: true) : Reference.text(catalog))
      return .done
    }
    guard let stage = catalog[name] else {
      let names = catalog.stages.map(\.name)
      throw Diagnostic(
        .unknownName, "there is no stage `\(name)`", fields: ["stages": names.joined(separator: ", ")],
        hint: suggestion(for: name, among: names))
    }
    tool.print(arguments.has(.json) ? Reference.json(stage).text(pretty: true) : Reference.text(stage))
    return .done
  }
}
