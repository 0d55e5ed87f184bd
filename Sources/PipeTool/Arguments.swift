import Diagnostics

/// The words of a command line, sorted into options and operands.
struct Arguments {
  /// What is no option, in order.
  private(set) var operands: [String] = []
  private var values: [String: [String]] = [:]

  /// Sorts the words that follow a command's name.
  ///
  /// - Throws: `badUsage` for an unknown option, a missing or a needless value, too few or too many operands.
  init(_ words: [String], of command: any Command.Type) throws(Diagnostic) {
    let options = command.options + [.help]
    var rest = words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("-"), word != "-" else {
        operands.append(word)
        continue
      }
      if word == "--" {
        operands += rest
        break
      }
      try take(word, &rest, options, command)
    }
    guard !has(.help) else { return }
    try checkOperands(command)
  }

  private mutating func take(
    _ word: String, _ rest: inout ArraySlice<String>, _ options: [Option], _ command: any Command.Type
  ) throws(Diagnostic) {
    var name = word
    var attached: String?
    if let equals = word.firstIndex(of: "="), word.hasPrefix("--") {
      name = String(word[..<equals])
      attached = String(word[word.index(after: equals)...])
    } else if !word.hasPrefix("--"), word.count > 2 {
      name = String(word.prefix(2))
      attached = String(word.dropFirst(2))
    }
    guard let option = options.first(where: { $0.name == name || $0.short == name }) else {
      throw Diagnostic(
        .badUsage, "`pipe \(command.name)` has no option `\(name)`",
        hint: suggestion(for: name, among: options.map(\.name)) ?? "see pipe \(command.name) --help")
    }
    guard let wanted = option.value else {
      if attached != nil {
        throw Diagnostic(.badUsage, "`\(option.name)` takes no value", fields: ["given": word])
      }
      values[option.name, default: []].append("")
      return
    }
    guard let value = attached ?? rest.popFirst() else {
      throw Diagnostic(.badUsage, "`\(option.name)` needs a value", hint: "write \(option.name) \(wanted)")
    }
    values[option.name, default: []].append(value)
  }

  private func checkOperands(_ command: any Command.Type) throws(Diagnostic) {
    let count = operands.count
    guard !command.operandCount.contains(count) else { return }
    let few = count < command.operandCount.lowerBound
    throw Diagnostic(
      .badUsage,
      few ? "`pipe \(command.name)` needs more than that" : "`pipe \(command.name)` takes less than that",
      fields: few || operands.isEmpty ? [:] : ["given": operands.joined(separator: " ")],
      hint: "write \(command.usage)")
  }

  /// Whether an option stands there.
  func has(_ option: Option) -> Bool { values[option.name] != nil }

  /// The last value of an option.
  func value(of option: Option) -> String? { values[option.name]?.last }

  /// All values of an option.
  func values(of option: Option) -> [String] { values[option.name] ?? [] }

  /// The value of an option as a whole number.
  func count(of option: Option, in range: ClosedRange<Int>) throws(Diagnostic) -> Int? {
    guard let text = value(of: option) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Diagnostic(
        .badUsage, "`\(option.name)` takes a whole number from \(range.lowerBound) to \(range.upperBound)",
        fields: ["given": text])
    }
    return number
  }

  /// The value of an option as a number of bytes: `20G`, `500M`, `1.5T`, `64k`, `4GiB`, or plain bytes.
  func bytes(of option: Option) throws(Diagnostic) -> Int? {
    guard let text = value(of: option) else { return nil }
    if let size = Size(text) { return size.bytes }
    throw Diagnostic(
      .badUsage, "`\(option.name)` takes a number of bytes, such as 500M or 8G", fields: ["given": text])
  }

  /// The value of an option as a positive time in seconds: `90`, `90s`, `15m`, `2h`.
  func seconds(of option: Option) throws(Diagnostic) -> Double? {
    guard let text = value(of: option) else { return nil }
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? text : String(text.dropLast())), number > 0, number < 1e9 else {
      throw Diagnostic(
        .badUsage, "`\(option.name)` takes a time, such as 90, 90s, 15m or 2h", fields: ["given": text])
    }
    return number * (unit ?? 1)
  }

  /// The value of an option as one of several words.
  func choice<Choice: CaseIterable & RawRepresentable>(
    of option: Option, default standard: Choice
  ) throws(Diagnostic) -> Choice where Choice.RawValue == String {
    guard let text = value(of: option) else { return standard }
    if let choice = Choice(rawValue: text) { return choice }
    let allowed = Choice.allCases.map(\.rawValue)
    throw Diagnostic(
      .badUsage, "`\(option.name)` does not take `\(text)`",
      fields: ["allowed": allowed.joined(separator: ", ")],
      hint: suggestion(for: text, among: allowed))
  }
}
