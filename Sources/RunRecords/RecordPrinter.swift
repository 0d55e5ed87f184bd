internal import Artifacts
internal import Diagnostics

/// Prints records straight into bytes, without building a tree of JSON values first.
///
/// A run of 10,000 nodes that has nothing to do spends most of its time on its record: the long lists of nodes
/// and results are therefore printed by hand, an item a line.
struct RecordPrinter {
  private(set) var bytes: [UInt8] = []
  /// The value that was printed last with its text: the nodes of a stage mostly stand together and agree.
  private var latest: (json: JSON, text: [UInt8])?

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// Text that is JSON already.
  mutating func raw(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Bytes that are JSON already.
  mutating func raw(_ text: some Sequence<UInt8>) { bytes.append(contentsOf: text) }

  mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    let start = bytes.count
    text.withUTF8 { bytes.append(contentsOf: $0) }
    let needsEscape = bytes[start...].contains {
      $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\")
    }
    if needsEscape {
      bytes.removeLast(bytes.count - start)
      bytes.append(contentsOf: JSON.string(text).text().utf8.dropFirst())
    } else {
      bytes.append(UInt8(ascii: "\""))
    }
  }

  mutating func optional(_ text: String?) { if let text { string(text) } else { raw("null") } }

  mutating func integer(_ value: Int) {
    if value >= 0, value < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(value))
    } else {
      bytes.append(contentsOf: String(value).utf8)
    }
  }

  mutating func optional(_ value: Int?) { if let value { integer(value) } else { raw("null") } }

  mutating func number(_ value: Double) {
    if value.isFinite {
      bytes.append(contentsOf: value.description.utf8)
    } else {
      bytes.append(contentsOf: JSON.anyNumber(value).text().utf8)
    }
  }

  mutating func optional(_ value: Double?) { if let value { number(value) } else { raw("null") } }

  mutating func digest(_ digest: Digest) {
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: digest.hex.utf8)
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func json(_ json: JSON) {
    if let latest, latest.json == json {
      bytes.append(contentsOf: latest.text)
    } else {
      let text = Array(json.text().utf8)
      bytes.append(contentsOf: text)
      latest = (json, text)
    }
  }

  /// Items with commas between them, on one line.
  mutating func items<Item>(_ items: [Item], _ print: (Item, inout RecordPrinter) -> Void) {
    bytes.append(UInt8(ascii: "["))
    for index in items.indices {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      print(items[index], &self)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// A member of a part of the manifest that is a long list: an item a line.
  ///
  /// - Parameter name: the quoted name with its colon.
  mutating func lines<Item>(
    _ name: StaticString, _ items: [Item], _ print: (Item, inout RecordPrinter) -> Void
  ) {
    raw("    ")
    raw(name)
    guard !items.isEmpty else { return raw(" []") }
    raw(" [\n")
    for index in items.indices {
      raw(RecordPrinter.itemIndent)
      print(items[index], &self)
      raw(index == items.count - 1 ? "\n" : ",\n")
    }
    raw("    ]")
  }

  /// The white space before an item of a long list.
  static let itemIndent: StaticString = "      "

  /// Members of a part of the manifest that is not long, indented as JSON values are.
  mutating func members(_ members: KeyValuePairs<String, JSON>) {
    let text = JSON.object(["": .object(members)]).text(pretty: true).utf8
    raw(text.dropFirst("{\n  \"\": {\n".utf8.count).dropLast("\n  }\n}".utf8.count))
  }
}

extension Digest {
  /// The digest of JSON text without the white space between its values: that of the same in compact form.
  ///
  /// The text is one that ``RecordPrinter`` laid out, or something like it: objects in long lists stand on one
  /// line, without white space.
  init(compacting bytes: ArraySlice<UInt8>) {
    var stream = DigestStream()
    bytes.withUnsafeBufferPointer { bytes in
      var scratch: [UInt8] = []
      var start = 0
      while start < bytes.count {
        let rest = UnsafeBufferPointer(rebasing: bytes[start...])
        let count = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
        let line = UnsafeBufferPointer(rebasing: rest[..<count])
        if let item = compactItem(line) {
          stream.update(UnsafeRawBufferPointer(item))
        } else {
          compact(line, into: &scratch)
          stream.update(scratch)
        }
        start += count + 1
      }
    }
    self = stream.finish()
  }
}

/// An object of a long list without the white space before it; nil for any other line.
private func compactItem(_ line: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
  let indent = RecordPrinter.itemIndent.utf8CodeUnitCount
  guard line.count > indent, line[indent] == UInt8(ascii: "{"),
    line[..<indent].allSatisfy({ $0 == UInt8(ascii: " ") })
  else { return nil }
  return UnsafeBufferPointer(rebasing: line[indent...])
}

/// A line without its white space; strings do not go on over the end of a line.
private func compact(_ line: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
  out.removeAll(keepingCapacity: true)
  var isString = false
  var isEscaped = false
  for byte in line {
    if isString {
      isString = isEscaped || byte != UInt8(ascii: "\"")
      isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
    } else {
      if byte == UInt8(ascii: " ") { continue }
      isString = byte == UInt8(ascii: "\"")
    }
    out.append(byte)
  }
}
