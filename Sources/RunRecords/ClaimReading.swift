public import Diagnostics

extension ClaimSpecification {
  /// Reads a claim as configs and records write it.
  ///
  /// - Throws: `wrongType`, `unknownKey`, `missingValue`, `badConfig`, each with its place.
  public init(_ json: JSON) throws(Diagnostic) {
    self.json = json
    let fields = try Fields(json, "a claim", keys: ["say", "source", "check", "found"])
    say = try fields.text("say")
    source = try fields.optionalText("source")
    found = try fields.optionalText("found")
    check = try ClaimCheck(try fields.required("check"))
  }
}

extension ClaimCheck {
  private static let kinds: [(key: String, keys: [String])] = [
    ("near", ["of", "near", "within"]),
    ("left", ["left", "relation", "right", "factor", "slack"]),
    ("order", ["order", "relation", "slack"]),
    ("wins", ["wins", "against", "of", "alike", "relation", "share"]),
    ("trend", ["of", "along", "trend", "slack"]),
  ]

  /// Reads a check as configs write it.
  public init(_ json: JSON) throws(Diagnostic) {
    let names = Self.kinds.map(\.key)
    guard let kind = Self.kinds.first(where: { json[$0.key] != nil }) else {
      throw Diagnostic(
        .missingValue, "the check says not what is compared",
        fields: ["one of": names.joined(separator: ", ")],
        hint: "write \"near\": 0.9, or \"left\": {…}, \"relation\": \">=\", \"right\": {…}", at: json.location
      )
    }
    let fields = try Fields(json, "this check", keys: ["metric", "take"] + kind.keys)
    metrics = try fields.texts("metric")
    take = try fields.word("take", Take.self) ?? .mean
    let relation = try fields.word("relation", Relation.self)
    let slack = try fields.margin("slack") ?? Margin(0)
    switch kind.key {
    case "near":
      self.kind = .near(
        try fields.pattern("of") ?? CellPattern(conditions: []), value: try fields.number("near"),
        within: try fields.requiredMargin("within"))
    case "left":
      let left = try fields.requiredPattern("left")
      self.kind = .comparison(left, try fields.needed(relation, "relation"), try Self.side(fields), slack)
    case "order":
      self.kind = .order(try fields.patterns("order"), relation ?? .atLeast, slack)
    case "wins":
      let winner = try fields.requiredPattern("wins")
      guard !winner.conditions.isEmpty else {
        throw Diagnostic(.badConfig, "a winner needs a slot that it stands in", at: json["wins"]?.location)
      }
      let contest = Contest(
        of: try fields.pattern("of") ?? CellPattern(conditions: []),
        alike: json["alike"] == nil ? [] : try fields.texts("alike"))
      self.kind = .wins(
        winner, against: try fields.pattern("against"), contest, relation ?? .atLeast,
        share: try fields.number("share"))
    default:
      self.kind = .trend(
        try fields.pattern("of") ?? CellPattern(conditions: []), along: try fields.text("along"),
        try fields.needed(try fields.word("trend", Trend.self), "trend"), slack)
    }
  }

  private static func side(_ fields: Fields) throws(Diagnostic) -> Side {
    let right = try fields.required("right")
    if let number = right.number { return .number(number) }
    return .cell(try fields.requiredPattern("right"), factor: try fields.optionalNumber("factor") ?? 1)
  }
}

extension CellPattern {
  /// Reads a pattern: `{ "cluster": "k-means", "reduce.components": [8, 32] }`.
  public init(_ json: JSON) throws(Diagnostic) {
    guard let members = json.members else {
      throw Diagnostic(
        .wrongType, "\(json.typeName) stands where a pattern of cells should", fields: ["given": json.text()],
        hint: "write { \"cluster\": \"k-means\" }", at: json.location)
    }
    conditions = members.map { Condition(name: $0.key, values: $0.value.items ?? [$0.value]) }
  }
}

/// The members of an object, each with its type.
private struct Fields {
  let json: JSON

  init(_ json: JSON, _ noun: String, keys: [String]) throws(Diagnostic) {
    self.json = json
    guard let members = json.members else {
      throw Diagnostic(
        .wrongType, "\(json.typeName) stands where \(noun) should", fields: ["given": json.text()],
        at: json.location)
    }
    for member in members where !keys.contains(member.key) {
      throw Diagnostic(
        .unknownKey, "\(noun) has no `\(member.key)`", fields: ["allowed": keys.joined(separator: ", ")],
        hint: suggestion(for: member.key, among: keys), at: member.keyPlace?.location)
    }
  }

  func required(_ key: String) throws(Diagnostic) -> JSON { try needed(json[key], key) }

  func needed<T>(_ value: T?, _ key: String) throws(Diagnostic) -> T {
    guard let value else { throw Diagnostic(.missingValue, "`\(key)` is missing", at: json.location) }
    return value
  }

  private func mismatch(_ key: String, _ wanted: String) -> Diagnostic {
    Diagnostic(
      .wrongType, "`\(key)` takes \(wanted)", fields: ["given": json[key]?.text() ?? ""],
      at: json[key]?.location)
  }

  private func optional<T>(
    _ key: String, _ wanted: String, _ convert: (JSON) -> T?
  ) throws(Diagnostic) -> T? {
    guard let value = json[key] else { return nil }
    guard let converted = convert(value) else { throw mismatch(key, wanted) }
    return converted
  }

  func optionalText(_ key: String) throws(Diagnostic) -> String? { try optional(key, "a string", \.string) }
  func text(_ key: String) throws(Diagnostic) -> String { try needed(optionalText(key), key) }
  func optionalNumber(_ key: String) throws(Diagnostic) -> Double? { try optional(key, "a number", \.number) }
  func number(_ key: String) throws(Diagnostic) -> Double { try needed(optionalNumber(key), key) }

  func texts(_ key: String) throws(Diagnostic) -> [String] {
    let found = try optional(key, "a name, or a list of names") { value -> [String]? in
      let items = value.items ?? [value]
      let texts = items.compactMap(\.string)
      return texts.count == items.count && !texts.isEmpty ? texts : nil
    }
    return try needed(found, key)
  }

  func word<Word: RawRepresentable & CaseIterable>(
    _ key: String, _ type: Word.Type
  ) throws(Diagnostic) -> Word? where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
    return try optional(key, "one of \(words)") { $0.string.flatMap(Word.init(rawValue:)) }
  }

  /// A number, or a share such as `"25%"`.
  func margin(_ key: String) throws(Diagnostic) -> Margin? {
    try optional(key, "a number that is not negative, or a share such as \"25%\"") { value in
      if let number = value.number { return number >= 0 ? Margin(number) : nil }
      guard let text = value.string, text.hasSuffix("%"), let share = Double(text.dropLast()), share >= 0
      else { return nil }
      return Margin(share / 100, isRelative: true)
    }
  }

  func requiredMargin(_ key: String) throws(Diagnostic) -> Margin { try needed(margin(key), key) }

  func pattern(_ key: String) throws(Diagnostic) -> CellPattern? {
    guard let value = json[key] else { return nil }
    return try CellPattern(value)
  }

  func requiredPattern(_ key: String) throws(Diagnostic) -> CellPattern { try CellPattern(try required(key)) }

  func patterns(_ key: String) throws(Diagnostic) -> [CellPattern] {
    guard let items = try required(key).items, items.count > 1 else {
      throw mismatch(key, "a list of two patterns or more")
    }
    var patterns: [CellPattern] = []
    for item in items { patterns.append(try CellPattern(item)) }
    return patterns
  }
}
