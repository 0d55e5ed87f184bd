extension JSON {
  /// The value as text: compact, or indented by two spaces a level.
  ///
  /// A `number` is printed as the shortest text that reads back to the same bits and always with a fraction or
  /// exponent, so that reading gives a `number` again. Numbers that are not finite are printed as `null`.
  public func text(pretty: Bool = false) -> String {
    var bytes: [UInt8] = []
    write(into: &bytes, indent: pretty ? 0 : nil)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func write(into out: inout [UInt8], indent: Int?) {
    switch value {
    case .null: out += "null".utf8
    case .bool(let truth): out += (truth ? "true" : "false").utf8
    case .integer(let number): out += String(number).utf8
    case .number(let number): out += (number.isFinite ? "\(number)" : "null").utf8
    case .string(let text): JSON.write(text, into: &out)
    case .array(let items):
      // Lists of plain values stay on one line.
      let flat = items.allSatisfy { $0.members == nil && $0.items == nil }
      JSON.writeList(items, "[", "]", into: &out, indent: flat ? nil : indent, spaced: indent != nil) {
        $0.write(into: &$1, indent: $2)
      }
    case .object(let members):
      // What is nested deeply stands on one line: a record of a long list, say.
      let indent = indent.flatMap { $0 < JSON.deepestIndented ? $0 : nil }
      JSON.writeList(members, "{", "}", into: &out, indent: indent, spaced: indent != nil) {
        member, out, indent in
        JSON.write(member.key, into: &out)
        out += (indent == nil ? ":" : ": ").utf8
        member.value.write(into: &out, indent: indent)
      }
    }
  }

  private static func writeList<Item>(
    _ items: [Item], _ open: String, _ close: String, into out: inout [UInt8], indent: Int?, spaced: Bool,
    _ body: (Item, inout [UInt8], Int?) -> Void
  ) {
    out += open.utf8
    // Through the buffer, so that the items are not copied: large manifests are written at every run's end.
    items.withUnsafeBufferPointer { items in
      for index in items.indices {
        if index > 0 { out += (spaced && indent == nil ? ", " : ",").utf8 }
        if let indent { newLine(indent + 1, into: &out) }
        body(items[index], &out, indent.map { $0 + 1 })
      }
    }
    if let indent, !items.isEmpty { newLine(indent, into: &out) }
    out += close.utf8
  }

  private static let deepestIndented = 3

  private static func newLine(_ indent: Int, into out: inout [UInt8]) {
    out.append(UInt8(ascii: "\n"))
    out.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indent))
  }

  private static func write(_ text: String, into out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
      if isPlain { out.append(contentsOf: bytes) } else { escape(bytes, into: &out) }
    }
    out.append(UInt8(ascii: "\""))
  }

  private static func escape(_ bytes: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""): out += "\\\"".utf8
      case UInt8(ascii: "\\"): out += "\\\\".utf8
      case 0x0A: out += "\\n".utf8
      case 0x09: out += "\\t".utf8
      case 0..<0x20: out += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
      default: out.append(byte)
      }
    }
  }
}
