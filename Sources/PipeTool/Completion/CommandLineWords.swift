/// A command line that is being typed, read up to the cursor.
struct CommandLineWords {
  /// What the word at the cursor is to become.
  enum Place {
    /// An option's name, or an operand.
    case word
    /// The value of an option; what stands before it in the same word is part of what is typed.
    case value(of: Option, after: String)
  }

  /// The command, if its name is complete.
  private(set) var command: (any Command.Type)?
  /// Whether it is the command's help that is asked for.
  private(set) var isHelp = false
  /// The operands before the cursor.
  private(set) var operands: [String] = []
  /// The values of options before the cursor, by the option's name.
  private(set) var values: [String: String] = [:]
  /// Whether only operands can follow.
  private(set) var hasOnlyOperands = false
  /// What stands at the cursor.
  private(set) var typed: String
  /// What the word at the cursor is.
  private(set) var place = Place.word

  /// Reads the words of a line, the program's name first.
  ///
  /// Shells hand words over as they stand in the line, with quotes; bash makes three of `--store=x`.
  init(_ words: [String], cursor: Int, _ commands: [any Command.Type]) {
    let words = words.map(CommandLineWords.unquoted)
    typed = words.indices.contains(cursor) ? words[cursor] : ""
    var open: Option?
    for word in words.prefix(max(cursor, 0)).dropFirst() {
      if let option = open {
        guard word != "=" else { continue }
        values[option.name] = word
        open = nil
      } else if hasOnlyOperands || !word.hasPrefix("-") {
        take(word, commands)
      } else if word == "--" {
        hasOnlyOperands = true
      } else {
        open = read(word)
      }
    }
    if let open {
      if typed == "=" { typed = "" }
      place = .value(of: open, after: "")
    } else if !hasOnlyOperands, typed.hasPrefix("--"), let equals = typed.firstIndex(of: "=") {
      guard let option = option(String(typed[..<equals])), option.value != nil else { return }
      let value = typed.index(after: equals)
      place = .value(of: option, after: String(typed[..<value]))
      typed = String(typed[value...])
    }
  }

  private mutating func take(_ word: String, _ commands: [any Command.Type]) {
    if command == nil, operands.isEmpty, !isHelp {
      command = commands.first { $0.name == word }
      isHelp = word == "help"
    } else {
      operands.append(word)
    }
  }

  /// Reads an option; returns it if its value follows.
  private mutating func read(_ word: String) -> Option? {
    if let equals = word.firstIndex(of: "=") {
      values[String(word[..<equals])] = String(word[word.index(after: equals)...])
      return nil
    }
    guard let option = option(word), option.value != nil else { return nil }
    return option
  }

  private func option(_ name: String) -> Option? {
    command?.options.first { $0.name == name || $0.short == name }
  }

  /// A word without the quotes and backslashes by which the shell knows it.
  private static func unquoted(_ word: String) -> String {
    var plain = ""
    var rest = word[...]
    while let character = rest.popFirst() {
      switch character {
      case "\\": if let next = rest.popFirst() { plain.append(next) }
      case "\"", "'": continue
      default: plain.append(character)
      }
    }
    return plain
  }
}
