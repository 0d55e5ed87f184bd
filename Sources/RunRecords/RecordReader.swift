internal import Artifacts
internal import Diagnostics

/// Reads the members of a record's JSON object, each with its type, or says which one is wrong and where.
struct RecordReader {
  let json: JSON

  init(_ json: JSON) throws(Diagnostic) {
    self.json = json
    guard json.members != nil else {
      throw damage("an object should stand here, not \(json.typeName)", at: json)
    }
  }

  func value(_ key: String) throws(Diagnostic) -> JSON {
    guard let value = json[key] else { throw damage("`\(key)` is missing", at: json) }
    return value
  }

  /// The member unless it is missing or null.
  private func optional<T>(_ key: String, _ type: String, _ convert: (JSON) -> T?) throws(Diagnostic) -> T? {
    guard let value = json[key], value != .null else { return nil }
    guard let converted = convert(value) else { throw damage("`\(key)` should be \(type)", at: value) }
    return converted
  }

  private func required<T>(_ key: String, _ type: String, _ convert: (JSON) -> T?) throws(Diagnostic) -> T {
    let value = try value(key)
    guard let converted = convert(value) else { throw damage("`\(key)` should be \(type)", at: value) }
    return converted
  }

  func string(_ key: String) throws(Diagnostic) -> String { try required(key, "a string", \.string) }
  func optionalString(_ key: String) throws(Diagnostic) -> String? { try optional(key, "a string", \.string) }
  func integer(_ key: String) throws(Diagnostic) -> Int { try required(key, "a whole number", \.integer) }
  func optionalBool(_ key: String) throws(Diagnostic) -> Bool? { try optional(key, "true or false", \.bool) }

  func optionalInteger(_ key: String) throws(Diagnostic) -> Int? {
    try optional(key, "a whole number", \.integer)
  }
  func number(_ key: String) throws(Diagnostic) -> Double { try required(key, "a number", \.anyNumber) }
  func optionalNumber(_ key: String) throws(Diagnostic) -> Double? {
    try optional(key, "a number", \.anyNumber)
  }
  func bool(_ key: String) throws(Diagnostic) -> Bool { try required(key, "true or false", \.bool) }
  func digest(_ key: String) throws(Diagnostic) -> Digest {
    try required(key, "64 hexadecimal digits") { $0.string.flatMap(Digest.init(hex:)) }
  }
  func optionalDigest(_ key: String) throws(Diagnostic) -> Digest? {
    try optional(key, "64 hexadecimal digits") { $0.string.flatMap(Digest.init(hex:)) }
  }
  func timestamp(_ key: String) throws(Diagnostic) -> Timestamp {
    try required(key, "a time in UTC") { $0.string.flatMap(Timestamp.init(iso8601:)) }
  }
  func word<Word: RawRepresentable & CaseIterable>(_ key: String, _ type: Word.Type) throws(Diagnostic)
    -> Word
  where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
    return try required(key, "one of \(words)") { $0.string.flatMap(Word.init(rawValue:)) }
  }
  func strings(_ key: String) throws(Diagnostic) -> [String] {
    try required(key, "a list of strings") { value in
      guard let items = value.items else { return nil }
      let strings = items.compactMap(\.string)
      return strings.count == items.count ? strings : nil
    }
  }
  func records<T>(_ key: String, _ make: (RecordReader) throws(Diagnostic) -> T) throws(Diagnostic) -> [T] {
    let items = try required(key, "a list", \.items)
    var records: [T] = []
    records.reserveCapacity(items.count)
    for item in items { records.append(try make(try RecordReader(item))) }
    return records
  }
  /// The records of a list, none where it is missing.
  func optionalRecords<T>(
    _ key: String, _ make: (RecordReader) throws(Diagnostic) -> T
  ) throws(Diagnostic) -> [T] {
    json[key] == nil ? [] : try records(key, make)
  }
  func record(_ key: String) throws(Diagnostic) -> RecordReader { try RecordReader(try value(key)) }
}

/// The error for a manifest that is not as it was written.
func damage(_ what: String, at json: JSON) -> Diagnostic {
  Diagnostic(
    .corruptRecord, "the manifest is damaged: \(what)",
    hint: "restore the file from a copy, or run the config again", at: json.location)
}

extension JSON {
  /// A number in a form that also holds what JSON has no number for.
  static func anyNumber(_ value: Double) -> JSON {
    if value.isFinite { return .number(value) }
    return .string(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf")
  }

  /// The number, read back from the form that `anyNumber(_:)` gives.
  var anyNumber: Double? {
    switch string {
    case "nan": .nan
    case "inf": .infinity
    case "-inf": -.infinity
    default: number
    }
  }

  static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
  static func optional(_ value: Int?) -> JSON { value.map(JSON.integer) ?? .null }
  static func optional(_ value: Double?) -> JSON { value.map(JSON.anyNumber) ?? .null }
  static func strings(_ items: [String]) -> JSON { .array(items.map(JSON.string)) }
}
