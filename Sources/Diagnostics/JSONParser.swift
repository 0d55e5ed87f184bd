extension JSON {
  /// Reads JSON text, with `//` comments and trailing commas allowed.
  ///
  /// - Throws: every duplicate key together, or the first error of syntax (`badSyntax`), each with its place.
  public static func parse(_ text: SourceText) throws(Diagnostics) -> JSON {
    var parser = JSONParser(text: text)
    let value: JSON
    do throws(Diagnostic) {
      value = try parser.document()
    } catch {
      throw Diagnostics(parser.duplicates + [error])
    }
    if !parser.duplicates.isEmpty { throw Diagnostics(parser.duplicates) }
    return value
  }
}

/// A recursive-descent parser over the bytes of a text.
private struct JSONParser {
  let text: SourceText
  var duplicates: [Diagnostic] = []
  private var at = 0
  private var depth = 0
  private static let deepest = 200

  init(text: SourceText) { self.text = text }

  mutating func document() throws(Diagnostic) -> JSON {
    if text.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    try skipSpace()
    guard at < text.bytes.count else { throw error("the file is empty", at..<at) }
    let value = try value()
    try skipSpace()
    guard at == text.bytes.count else { throw error("text after the end of the value", at..<at + 1) }
    return value
  }

  private func error(_ headline: String, _ range: Range<Int>, hint: String? = nil) -> Diagnostic {
    Diagnostic(.badSyntax, "not valid JSON: \(headline)", hint: hint, at: text.location(of: range))
  }

  private var next: UInt8? { at < text.bytes.count ? text.bytes[at] : nil }

  private mutating func skipSpace() throws(Diagnostic) {
    while let byte = next {
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      case UInt8(ascii: "/"): try skipComment()
      default: return
      }
    }
  }

  private mutating func skipComment() throws(Diagnostic) {
    guard at + 1 < text.bytes.count, text.bytes[at + 1] == UInt8(ascii: "/") else {
      throw error("`/` starts nothing here", at..<at + 1, hint: "comments start with `//`")
    }
    while let byte = next, byte != UInt8(ascii: "\n") { at += 1 }
  }

  private mutating func value() throws(Diagnostic) -> JSON {
    let start = at
    guard let byte = next else { throw error("the file ends where a value should stand", at..<at) }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { throw error("nested more than \(Self.deepest) deep", at..<at + 1) }
    let value: JSON.Value
    switch byte {
    case UInt8(ascii: "{"): value = try object()
    case UInt8(ascii: "["): value = try array()
    case UInt8(ascii: "\""): value = .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): value = try number()
    default: value = try word()
    }
    return JSON(value, place: JSONPlace(text: text, range: start..<at))
  }

  private mutating func object() throws(Diagnostic) -> JSON.Value {
    let open = at
    at += 1
    var members: [JSON.Member] = []
    var seen: Set<String> = []
    while true {
      try skipSpace()
      if next == UInt8(ascii: "}") { at += 1; return .object(members) }
      let start = at
      guard next == UInt8(ascii: "\"") else {
        throw next == nil
          ? error("this `{` is never closed", open..<open + 1)
          : error("a name in double quotes should stand here", at..<at + 1)
      }
      let key = try string()
      let place = JSONPlace(text: text, range: start..<at)
      if !seen.insert(key).inserted {
        duplicates.append(
          Diagnostic(.duplicateKey, "`\(key)` stands twice in one object", at: place.location))
      }
      try skipSpace()
      guard next == UInt8(ascii: ":") else { throw error("a `:` should follow the name", at..<at + 1) }
      at += 1
      try skipSpace()
      members.append(JSON.Member(key, try value(), keyPlace: place))
      try separator(before: UInt8(ascii: "}"), open: open)
    }
  }

  private mutating func array() throws(Diagnostic) -> JSON.Value {
    let open = at
    at += 1
    var items: [JSON] = []
    while true {
      try skipSpace()
      if next == UInt8(ascii: "]") { at += 1; return .array(items) }
      guard next != nil else { throw error("this `[` is never closed", open..<open + 1) }
      items.append(try value())
      try separator(before: UInt8(ascii: "]"), open: open)
    }
  }

  /// Takes a comma, unless the closing bracket follows.
  private mutating func separator(before close: UInt8, open: Int) throws(Diagnostic) {
    try skipSpace()
    if next == UInt8(ascii: ",") { at += 1; return }
    if next == close { return }
    let bracket = Character(UnicodeScalar(close))
    throw next == nil
      ? error("this bracket is never closed", open..<open + 1)
      : error("a `,` or `\(bracket)` should stand here", at..<at + 1)
  }

  private mutating func word() throws(Diagnostic) -> JSON.Value {
    let start = at
    while let byte = next, isWordByte(byte) { at += 1 }
    let word = String(decoding: text.bytes[start..<at], as: UTF8.self)
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "": throw error("a value should stand here", start..<start + 1)
    default:
      let hint = suggestion(for: word, among: ["true", "false", "null"]) ?? "strings stand in double quotes"
      throw error("`\(word)` is no value", start..<at, hint: hint)
    }
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private mutating func number() throws(Diagnostic) -> JSON.Value {
    let start = at
    while let byte = next, isWordByte(byte) || byte == UInt8(ascii: "+") { at += 1 }
    let token = String(decoding: text.bytes[start..<at], as: UTF8.self)
    guard isNumber(token) else { throw error("`\(token)` is no number", start..<at) }
    if let whole = Int(token) { return .integer(whole) }
    guard let number = Double(token), number.isFinite else {
      throw error("`\(token)` is too large for a number", start..<at)
    }
    return .number(number)
  }

  private func isNumber(_ token: String) -> Bool {
    var rest = token.utf8[...]
    func digits() -> Int {
      let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let leadingZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !(leadingZero && whole > 1) else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() > 0 else { return false }
    }
    if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  private mutating func string() throws(Diagnostic) -> String {
    let open = at
    at += 1
    var bytes: [UInt8] = []
    while true {
      guard let byte = next, byte != UInt8(ascii: "\n") else {
        throw error("this string is never closed", open..<open + 1)
      }
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw error("the string is not valid UTF-8", open..<at)
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &bytes)
      case 0..<0x20: throw error("a control character stands in the string", at - 1..<at)
      default: bytes.append(byte)
      }
    }
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(Diagnostic) {
    let start = at - 1
    guard let byte = next else { throw error("the file ends inside a string", start..<at) }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"): bytes += Array(String(try unicodeEscape(start)).utf8)
    default: throw error("`\\\(Character(UnicodeScalar(byte)))` is no escape", start..<at)
    }
  }

  private mutating func unicodeEscape(_ start: Int) throws(Diagnostic) -> UnicodeScalar {
    var code = try hex4(start)
    if (0xD800..<0xDC00).contains(code), next == UInt8(ascii: "\\") {
      at += 1
      guard next == UInt8(ascii: "u") else { throw error("half of a surrogate pair", start..<at) }
      at += 1
      let low = try hex4(start)
      guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair", start..<at) }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = UnicodeScalar(code) else { throw error("half of a surrogate pair", start..<at) }
    return scalar
  }

  private mutating func hex4(_ start: Int) throws(Diagnostic) -> UInt32 {
    guard at + 4 <= text.bytes.count,
      let code = UInt32(String(decoding: text.bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw error("`\\u` needs four hexadecimal digits", start..<at) }
    at += 4
    return code
  }
}
