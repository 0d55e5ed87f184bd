import Diagnostics

/// `pipe completions SHELL`: the script by which a shell completes command lines.
enum Completions: Command {
  static let name = "completions"
  static let summary = "print the script that completes command lines in a shell"
  static let operands = Shell.allCases.map(\.rawValue).joined(separator: "|")
  static let operandCount = 1...1
  static let discussion = """
    source <(pipe completions bash) tries it; to have it in every new shell:
    \(Shell.allCases.map { "  \($0.installation)" }.joined(separator: "\n"))
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let word = arguments.operands[0]
    guard let shell = Shell(rawValue: word) else {
      let names = Shell.allCases.map(\.rawValue)
      throw Diagnostic(
        .badUsage, "there are no completions for `\(word)`",
        fields: ["shells": names.joined(separator: ", ")],
        hint: suggestion(for: word, among: names))
    }
    tool.print(shell.script)
    return .done
  }
}
