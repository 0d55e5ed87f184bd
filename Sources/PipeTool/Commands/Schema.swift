import Diagnostics
import Planning
import StageKit

/// `pipe schema`: the JSON Schema of configs.
enum Schema: Command {
  static let name = "schema"
  static let summary = "print the JSON Schema of configs, for editors"

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    tool.print(ConfigSchema(stages: tool.stages, pipelines: tool.pipelines).json.text(pretty: true))
    return .done
  }
}
