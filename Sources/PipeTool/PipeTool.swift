import Diagnostics
import Glibc
public import PipelineDSL
public import StageKit

/// The command-line tool around a set of stages and pipelines.
///
///     PipeTool.main(stages: builtInStages + [MyStage.self], pipelines: builtInPipelines)
public enum PipeTool {
  /// The version of the tool.
  public static let version = "0.1.0"

  /// Runs the command that the program was called with and ends the program.
  public static func main(stages: [any Stage.Type], pipelines: [PipelineType]) -> Never {
    // A reader that goes away and a file-size limit are errors of a write, not the end of the program.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let tool = Tool(stages: { StageCatalog(stages) }, pipelines: PipelineCatalog(pipelines))
    exit(run(Array(CommandLine.arguments.dropFirst()), tool).rawValue)
  }

  static let commands: [any Command.Type] = [
    Run.self,
    PlanCommand.self,
    Explain.self,
    Accept.self,
    Check.self,
    Stages.self,
    Pipelines.self,
    Schema.self,
    Runs.self,
    Show.self,
    TableCommand.self,
    Diff.self,
    TraceCommand.self,
    Nightly.self,
    Reproduce.self,
    Debug.self,
    Export.self,
    Inspect.self,
    StoreCommand.self,
    Completions.self,
  ]

  static func run(_ words: [String], _ tool: Tool) -> ExitCode {
    guard let first = words.first, first != "--help", first != "-h", first != "help" || words.count > 1 else {
      tool.print(help)
      return words.isEmpty ? .badUsage : .done
    }
    if first == "--complete" {
      let cursor = words.count > 1 ? Int(words[1]) ?? 0 : 0
      tool.print(Completer(tool, commands).answer(Array(words.dropFirst(2)), cursor: cursor))
      return .done
    }
    if first == "--version" {
      tool.print("pipe \(version)")
      return .done
    }
    let (name, rest) = first == "help" ? (words[1], ["--help"]) : (first, Array(words.dropFirst()))
    do {
      guard let command = commands.first(where: { $0.name == name }) else { throw unknown(name) }
      let arguments = try Arguments(rest, of: command)
      if arguments.has(.help) {
        tool.print(command.help)
        return .done
      }
      return try command.run(arguments, tool)
    } catch let error as Failure {
      tool.printError(error.description)
      return error.code
    } catch {
      tool.printError("\(error)")
      return .badUsage
    }
  }

  private static func unknown(_ name: String) -> Diagnostic {
    let names = commands.map { $0.name }
    let hint =
      name.hasSuffix(".json")
      ? "write pipe run \(name)" : suggestion(for: name, among: names) ?? "see pipe --help"
    return Diagnostic(
      .badUsage, "there is no command `\(name)`", fields: ["commands": names.joined(separator: ", ")],
      hint: hint)
  }

  private static var help: String {
    let width = commands.map { $0.name.count }.max() ?? 0
    let lines = commands.map { command in
      "  \(command.name)\(String(repeating: " ", count: width - command.name.count))  \(command.summary)"
    }
    return """
      pipe runs experiments on machine-learning features: computed once, in parallel, with results that can be traced.

      usage: pipe COMMAND …
      \(lines.joined(separator: "\n"))

      pipe COMMAND --help tells more about a command; pipe --version prints the version.
      exit codes: 0 done, 1 a stage failed, 2 bad usage or config, 3 a claim does not hold
      (run --strict), 10 work to do (plan), 130 interrupted
      """
  }
}

/// An error with the exit code that it ends the program with.
struct Failure: Error, CustomStringConvertible {
  var code: ExitCode
  var error: any Error
  var description: String { "\(error)" }
}
