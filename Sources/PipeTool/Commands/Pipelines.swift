import Diagnostics
import PipelineDSL
import Planning
import StageKit

/// `pipe pipelines [PIPELINE]`: the reference of the pipelines.
enum Pipelines: Command {
  static let name = "pipelines"
  static let summary = "list the pipelines, or show one with its slots"
  static let operands = "[PIPELINE]"
  static let operandCount = 0...1
  static let options: [Option] = [.json]

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    guard let name = arguments.operands.first else {
      let all = tool.pipelines.pipelines
      tool.print(
        arguments.has(.json)
          ? JSON.array(all.map(Reference.json)).text(pretty: true) : Reference.text(tool.pipelines))
      return .done
    }
    guard let pipeline = tool.pipelines[name] else {
      let names = tool.pipelines.pipelines.map(\.name)
      throw Diagnostic(
        .unknownName, "there is no pipeline `\(name)`", fields: ["pipelines": names.joined(separator: ", ")],
        hint: suggestion(for: name, among: names))
    }
    tool.print(
      arguments.has(.json)
        ? Reference.json(pipeline).text(pretty: true) : Reference.text(pipeline, stages: tool.stages))
    return .done
  }
}
