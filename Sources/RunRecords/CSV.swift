internal import Diagnostics

/// Comma-separated values as RFC 4180 has them, with line feeds.
public enum CSV {
  /// One row of fields, without the line's end.
  public static func row(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") }

  private static func quoted(_ field: String) -> String {
    let needsQuotes = field.utf8.contains {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n")
        || $0 == UInt8(ascii: "\r")
    }
    guard needsQuotes else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  /// Reads rows of fields; nil where a quote is never closed or stands within an unquoted field.
  static func rows(_ text: String) -> [[String]]? {
    var rows: [[String]] = []
    var row: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var wasQuoted = false
    var bytes = Array(text.utf8)[...]
    func take() -> String { String(decoding: field, as: UTF8.self) }
    while let byte = bytes.popFirst() {
      if isQuoted {
        guard byte == UInt8(ascii: "\"") else { field.append(byte); continue }
        if bytes.first == byte { field.append(byte); bytes.removeFirst() } else { isQuoted = false }
        continue
      }
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: "\n"):
        row.append(take())
        field = []
        wasQuoted = false
        if byte == UInt8(ascii: "\n") { rows.append(row); row = [] }
      case UInt8(ascii: "\r") where bytes.first == UInt8(ascii: "\n"): continue
      case UInt8(ascii: "\"") where field.isEmpty && !wasQuoted: (isQuoted, wasQuoted) = (true, true)
      case UInt8(ascii: "\""): return nil
      default:
        guard !wasQuoted else { return nil }
        field.append(byte)
      }
    }
    guard !isQuoted else { return nil }
    if !field.isEmpty || wasQuoted || !row.isEmpty { rows.append(row + [take()]) }
    return rows
  }
}
