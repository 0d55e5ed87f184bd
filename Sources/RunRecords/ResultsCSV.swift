public import Diagnostics

/// The results of a run as a tidy table: one row per cell, replicate and metric.
///
/// Columns: each slot with its stage (`reduce`), behind it each of its swept parameters
/// (`reduce.components`), then `seed`, `fold`, `metric`, `value`. Equal results give equal bytes, in whatever
/// order they come.
public struct ResultsCSV: Sendable, Equatable {
  /// The results, in canonical order where they were read from text.
  public var results: [MeasuredValue]

  /// Takes results in any order.
  public init(_ results: [MeasuredValue]) { self.results = results }

  private static let last = ["seed", "fold", "metric", "value"]

  /// The text, with a header line.
  public var text: String {
    let distinct = DistinctChoices(results)
    let columns = SlotColumns(of: distinct)
    let places = Places(distinct, columns)
    let rows = results.indices.map { Row(results[$0], place: places.ranks[$0]) }.sorted()
    var text = CSV.row(columns.names + ResultsCSV.last) + "\n"
    text.reserveCapacity(100 * rows.count)
    for row in rows {
      text += places.texts[row.place]
      text += "\(row.seed),\(row.fold),\(CSV.row([row.metric])),\(row.value)\n"
    }
    return text
  }

  /// Reads the text back; what it does not hold, the keys of the measuring nodes, is empty.
  ///
  /// - Throws: `corruptRecord`.
  public init(parsing text: String, file: String) throws(Diagnostic) {
    func damage(_ what: String) -> Diagnostic {
      Diagnostic(
        .corruptRecord, "`\(file)` is damaged: \(what)",
        hint: "`pipe table` writes it again from the manifest")
    }
    guard let rows = CSV.rows(text), let header = rows.first, header.suffix(4) == ResultsCSV.last[...] else {
      throw damage("it does not start with a header that ends in \(ResultsCSV.last.joined(separator: ", "))")
    }
    var results: [MeasuredValue] = []
    for (index, row) in rows.enumerated().dropFirst() {
      guard row.count == header.count, let result = ResultsCSV.result(row, header) else {
        throw damage("row \(index + 1) does not fit the header")
      }
      results.append(result)
    }
    self.init(results)
  }

  private static func result(_ row: [String], _ header: [String]) -> MeasuredValue? {
    var choices: [Choice] = []
    for (name, field) in zip(header, row).dropLast(4) where !field.isEmpty {
      guard let dot = name.firstIndex(of: ".") else {
        choices.append(Choice(slot: name, stage: field))
        continue
      }
      guard choices.last?.slot == String(name[..<dot]) else { return nil }
      let path = String(name[name.index(after: dot)...])
      choices[choices.count - 1].swept.append(.init(path: path, value: sweptValue(field)))
    }
    let tail = Array(row.suffix(4))
    let (seed, fold, value) = (Int(tail[0]), Int(tail[1]), Double(tail[3]))
    guard seed != nil || tail[0].isEmpty, fold != nil || tail[1].isEmpty, value != nil || tail[3].isEmpty
    else { return nil }
    return MeasuredValue(choices: choices, seed: seed, fold: fold, metric: tail[2], value: value, key: "")
  }

  /// A swept value for a reader: a string without its quotes, unless it would then read as something else.
  fileprivate static func field(_ value: String) -> String {
    guard let string = json(value)?.string, !string.isEmpty, json(string) == nil else { return value }
    return string
  }

  private static func sweptValue(_ field: String) -> String {
    json(field) == nil ? JSON.string(field).text() : field
  }

  fileprivate static func json(_ text: String) -> JSON? { try? JSON.parse(SourceText(file: "", text)) }
}

/// The combinations of choices that results belong to, as the first fields of their rows.
///
/// There are far fewer of them than results, so that what is slow is done once for each.
private struct Places {
  /// The fields with a comma behind each, by the place's rank.
  let texts: [String]
  /// The rank of each result's place.
  let ranks: [Int]

  init(_ distinct: DistinctChoices, _ columns: SlotColumns) {
    let fields = distinct.all.map { Places.fields($0, columns).map(Field.init) }
    var rank = [Int](repeating: 0, count: fields.count)
    var texts: [String] = []
    var latest: [Field]?
    for place in fields.indices.sorted(by: { Places.isLess(fields[$0], fields[$1]) }) {
      // Choices that read alike are one place.
      if latest != fields[place] { texts.append(fields[place].map { CSV.row([$0.text]) + "," }.joined()) }
      latest = fields[place]
      rank[place] = texts.count - 1
    }
    self.texts = texts
    ranks = distinct.numbers.map { rank[$0] }
  }

  private static func fields(_ choices: [Choice], _ columns: SlotColumns) -> [String] {
    var fields: [String] = []
    for slot in columns.slots {
      let choice = choices.first { $0.slot == slot.name }
      fields.append(choice?.stage ?? "")
      for path in slot.paths {
        fields.append(choice?.swept.first { $0.path == path }.map { ResultsCSV.field($0.value) } ?? "")
      }
    }
    return fields
  }

  /// Column by column: numbers by size, before words by their letters.
  private static func isLess(_ a: [Field], _ b: [Field]) -> Bool {
    for (left, right) in zip(a, b) where left != right {
      switch (left.number, right.number) {
      case (let left?, let right?) where left != right: return left < right
      case (.some, nil): return true
      case (nil, .some): return false
      default: return left.text < right.text
      }
    }
    return false
  }

  /// A field with the number that it reads as, if it does.
  private struct Field: Equatable {
    let text: String
    let number: Double?

    init(_ text: String) {
      self.text = text
      number = Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
  }
}

/// One line of the table with what it is sorted by: its place, then seed, fold, metric and value.
private struct Row: Comparable {
  let place: Int
  let seed: String
  let fold: String
  let metric: String
  let value: String
  private let numbers: (seed: Int, fold: Int)

  init(_ result: MeasuredValue, place: Int) {
    self.place = place
    seed = result.seed.map(String.init) ?? ""
    fold = result.fold.map(String.init) ?? ""
    metric = result.metric
    value = result.value.map { "\($0)" } ?? ""
    // What has no number comes last.
    numbers = (result.seed ?? .max, result.fold ?? .max)
  }

  static func == (a: Row, b: Row) -> Bool { !(a < b) && !(b < a) }

  static func < (a: Row, b: Row) -> Bool {
    if a.place != b.place { return a.place < b.place }
    if a.numbers != b.numbers { return a.numbers < b.numbers }
    return a.metric != b.metric ? a.metric < b.metric : a.value < b.value
  }
}

/// The slots of some results, each with its swept parameters, in an order that the results' order does not
/// change.
private struct SlotColumns {
  struct Slot {
    var name: String
    var paths: [String]
  }
  let slots: [Slot]

  init(of distinct: DistinctChoices) {
    var paths: [String: Set<String>] = [:]
    var before: [String: Set<String>] = [:]
    for choices in distinct.all {
      for (index, choice) in choices.enumerated() {
        paths[choice.slot, default: []].formUnion(choice.swept.map(\.path))
        if index > 0 { before[choice.slot, default: []].insert(choices[index - 1].slot) }
      }
    }
    // A slot comes when all that stand before it have come, the first by name where several may.
    var left = Set(paths.keys)
    var slots: [Slot] = []
    while let next = left.filter({ before[$0, default: []].isDisjoint(with: left) }).min() ?? left.min() {
      left.remove(next)
      slots.append(Slot(name: next, paths: paths[next, default: []].sorted()))
    }
    self.slots = slots
  }

  var names: [String] { slots.flatMap { slot in [slot.name] + slot.paths.map { "\(slot.name).\($0)" } } }
}
