import Glibc

/// One of the program's outputs, which may be a terminal.
struct Terminal: Sendable {
  /// The file descriptor.
  let descriptor: Int32

  static let output = Terminal(descriptor: STDOUT_FILENO)
  static let errors = Terminal(descriptor: STDERR_FILENO)

  /// Whether it is one.
  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Whether it may be coloured.
  var usesColor: Bool { isTerminal && Environment.process.allowsColor }

  /// How many columns and rows it has; nil where it does not tell.
  var size: TerminalSize? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return nil
    }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  /// Whether another program has it, as after Ctrl-Z and `bg`.
  var isTakenByAnother: Bool {
    let group = tcgetpgrp(descriptor)
    return group > 0 && group != getpgrp()
  }
}

/// What the variables of the environment say about terminals.
struct Environment {
  private let value: (String) -> String?

  /// An environment that is handed in.
  init(_ value: @escaping (String) -> String?) { self.value = value }

  /// The program's own.
  static var process: Environment { Environment { name in getenv(name).map { String(cString: $0) } } }

  private func has(_ name: String) -> Bool { value(name)?.isEmpty == false }

  /// Whether the terminal understands more than text.
  var isDumb: Bool { !has("TERM") || value("TERM") == "dumb" }

  /// Whether escape sequences for colours are wanted (https://no-color.org).
  var allowsColor: Bool { !isDumb && !has("NO_COLOR") }

  /// Whether nobody sits in front of the terminal, though it may look like one.
  var isContinuousIntegration: Bool { has("CI") && value("CI") != "false" && value("CI") != "0" }
}
