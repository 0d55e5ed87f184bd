internal import Diagnostics

extension JSON {
  /// A string, or null.
  static func optional(_ text: String?) -> JSON {
    guard let text else { return .null }
    return .string(text)
  }

  /// A whole number, or null.
  static func optional(_ number: Int?) -> JSON {
    guard let number else { return .null }
    return .integer(number)
  }

  /// A number, or null.
  static func optional(_ number: Double?) -> JSON {
    guard let number else { return .null }
    return .number(number)
  }

  /// A list of strings.
  static func strings(_ items: [String]) -> JSON { .array(items.map(JSON.string)) }
}
