import Diagnostics

/// One command of the tool.
protocol Command: SendableMetatype {
  /// The word that calls it.
  static var name: String { get }
  /// What it does, in a line.
  static var summary: String { get }
  /// What stands behind the name, in the help.
  static var operands: String { get }
  /// How many operands it takes.
  static var operandCount: ClosedRange<Int> { get }
  /// Its options.
  static var options: [Option] { get }
  /// What else the help says.
  static var discussion: String { get }
  /// Runs it.
  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode
}

extension Command {
  static var operands: String { "" }
  static var operandCount: ClosedRange<Int> { 0...0 }
  static var options: [Option] { [] }
  static var discussion: String { "" }

  /// The line that shows how the command is called.
  static var usage: String {
    (["pipe", name] + [operands].filter { !$0.isEmpty } + (options.isEmpty ? [] : ["[options]"]))
      .joined(separator: " ")
  }

  /// The command's help.
  static var help: String {
    let rows = (options + [.help]).map { option -> (String, String) in
      let names = [option.short, option.name].compactMap(\.self).joined(separator: ", ")
      return (names + (option.value.map { " \($0)" } ?? ""), option.help)
    }
    let width = rows.map(\.0.count).max() ?? 0
    var lines = [summary, "", "usage: \(usage)"]
    if !discussion.isEmpty { lines += ["", discussion] }
    lines += ["", "options:"]
    lines += rows.map { "  \($0.0)\(String(repeating: " ", count: width - $0.0.count))  \($0.1)" }
    return lines.joined(separator: "\n")
  }
}

/// How the program ends.
enum ExitCode: Int32 {
  case done = 0
  case stageFailed = 1
  case badUsage = 2
  case doesNotHold = 3
  case workToDo = 10
  case interrupted = 130
}
