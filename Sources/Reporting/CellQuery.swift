public import Diagnostics
public import RunRecords

/// Finds the measured value that a user names by words: `reduce=pca components=8 metric=accuracy seed=2`, words alone
/// such as `pca accuracy`, or the start of its key.
public struct CellQuery: Sendable {
  private let results: [MeasuredValue]
  private let index: SlotIndex
  private let combinations: DistinctChoices

  /// How many candidates an error lists.
  private static let mostCandidates = 12

  /// Looks among the results of a run.
  public init(_ record: DeterministicRecord) {
    results = record.results
    combinations = DistinctChoices(results)
    index = SlotIndex(combinations.all)
  }

  /// The one value that all words fit.
  ///
  /// - Parameter text: the words, separated by white space or commas.
  /// - Throws: `unknownName` for a name or a value that no result has, and where no result fits all words;
  ///   `badUsage` where several fit, with the words that tell them apart.
  public func value(for text: String) throws(Diagnostic) -> MeasuredValue {
    let words = text.split { $0.isWhitespace || $0 == "," }.map(String.init)
    guard !results.isEmpty else { throw Diagnostic(.unknownName, "the run measured nothing") }
    var fitting = results
    var taken: [String] = []
    for word in words {
      let matches = try self.matches(word)
      let next = fitting.filter(matches)
      guard !next.isEmpty else { throw conflict(word, taken, fitting) }
      fitting = next
      taken.append(word)
    }
    // One node may stand for several places that nothing random tells apart.
    guard let first = fitting.first, fitting.allSatisfy({ $0.key == first.key }) else {
      throw ambiguous(text, fitting)
    }
    return first
  }

  // MARK: Words

  /// The names that can stand before `=`, with what they are about.
  private var names: [String] {
    index.slots + index.slots.flatMap { index.paths[$0] ?? [] } + ["metric", "seed", "fold"]
  }

  private func matches(_ word: String) throws(Diagnostic) -> (MeasuredValue) -> Bool {
    guard let equals = word.firstIndex(of: "=") else { return try matchesBare(word) }
    let (name, value) = (String(word[..<equals]), String(word[word.index(after: equals)...]))
    guard let choose = reader(of: name) else {
      throw Diagnostic(
        .unknownName, "no result has a `\(name)`",
        fields: ["there are": distinct(names).joined(separator: ", ")],
        hint: suggestion(for: name, among: names))
    }
    let there = distinct(results.compactMap(choose))
    guard there.contains(where: { CellQuery.isSame($0, value) }) else {
      throw Diagnostic(
        .unknownName, "no result has `\(name)` `\(value)`",
        fields: ["there are": CellQuery.listed(there.isEmpty ? ["none"] : there)],
        hint: suggestion(for: value, among: there))
    }
    return { choose($0).map { CellQuery.isSame($0, value) } ?? false }
  }

  /// What a result has under a name: a slot's stage, a swept parameter's value (by its path, with or without the slot,
  /// or by the path's end), metric, seed or fold; nil for a name that there is not.
  private func reader(of name: String) -> ((MeasuredValue) -> String?)? {
    switch name {
    case "metric": return { $0.metric }
    case "seed": return { $0.seed.map(String.init) }
    case "fold": return { $0.fold.map(String.init) }
    default: break
    }
    if index.slots.contains(name) { return { $0.choices.first { $0.slot == name }?.stage } }
    let isKnown = index.slots.contains { slot in
      (index.paths[slot] ?? []).contains { CellQuery.isPath($0, of: slot, name) }
    }
    guard isKnown else { return nil }
    return { result in
      for choice in result.choices {
        for swept in choice.swept where CellQuery.isPath(swept.path, of: choice.slot, name) {
          return CellQuery.plain(swept.value)
        }
      }
      return nil
    }
  }

  private static func isPath(_ path: String, of slot: String, _ name: String) -> Bool {
    path == name || path.hasSuffix("." + name) || "\(slot).\(path)" == name
  }

  /// A word without `=`: a stage, a metric, a swept value, or the start of a key.
  private func matchesBare(_ word: String) throws(Diagnostic) -> (MeasuredValue) -> Bool {
    func fits(_ result: MeasuredValue) -> Bool {
      result.metric == word
        || result.choices.contains { choice in
          choice.stage == word || choice.swept.contains { CellQuery.isSame(CellQuery.plain($0.value), word) }
        }
    }
    if results.contains(where: fits) { return fits }
    let isKey = word.utf8.count >= 4 && word.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    if isKey, results.contains(where: { $0.key.hasPrefix(word) }) { return { $0.key.hasPrefix(word) } }
    let words = distinct(combinations.all.joined().map(\.stage) + results.map(\.metric))
    throw Diagnostic(
      .unknownName, "no result has anything to do with `\(word)`",
      fields: ["there are": CellQuery.listed(words)],
      hint: suggestion(for: word, among: words)
        ?? "write slot=stage, parameter=value, metric=…, seed=…, fold=…")
  }

  /// A swept value as a user writes it.
  private static func plain(_ value: String) -> String {
    (try? JSON.parse(SourceText(file: "", value)))?.string ?? value
  }

  /// Equality as text or as numbers.
  private static func isSame(_ a: String, _ b: String) -> Bool {
    if a == b { return true }
    guard let left = Double(a), let right = Double(b) else { return false }
    return left == right
  }

  // MARK: Errors

  private func conflict(_ word: String, _ taken: [String], _ left: [MeasuredValue]) -> Diagnostic {
    let before = taken.isEmpty ? "" : " together with `\(taken.joined(separator: " "))`"
    return Diagnostic(
      .unknownName, "no measured value fits `\(word)`\(before)",
      fields: ["with the words before it": counted(left.count, "value")],
      hint: "leave the word out to see which there are")
  }

  private func ambiguous(_ text: String, _ fitting: [MeasuredValue]) -> Diagnostic {
    let varying = distinct(fitting.flatMap { words(for: $0).map(\.name) }).filter { name in
      Set(fitting.map { result in words(for: result).first { $0.name == name }?.value }).count > 1
    }
    var lines = fitting.prefix(CellQuery.mostCandidates).map { result in
      let told = words(for: result).filter { varying.contains($0.name) }.map { "\($0.name)=\($0.value)" }
      let number = result.value.map { "\($0)" } ?? "no value"
      return "\(told.joined(separator: " "))  → \(number)  (key \(result.key.prefix(12)))"
    }
    if fitting.count > lines.count { lines.append("… and \(fitting.count - lines.count) more") }
    return Diagnostic(
      .badUsage,
      text.isEmpty
        ? "the run measured \(counted(fitting.count, "value"))"
        : "`\(text)` fits \(counted(fitting.count, "value"))",
      fields: ["candidates": lines.joined(separator: "\n              ")],
      hint: "add words to name one of them")
  }

  /// Everything that names a result.
  private func words(for result: MeasuredValue) -> [(name: String, value: String)] {
    var words: [(name: String, value: String)] = []
    for choice in result.choices {
      words.append((choice.slot, choice.stage))
      words += choice.swept.map { ($0.path, CellQuery.plain($0.value)) }
    }
    words.append(("metric", result.metric))
    if let seed = result.seed { words.append(("seed", String(seed))) }
    if let fold = result.fold { words.append(("fold", String(fold))) }
    return words
  }

  private static func listed(_ items: [String]) -> String {
    items.prefix(20).joined(separator: ", ") + (items.count > 20 ? ", … (\(items.count - 20) more)" : "")
  }

  private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
