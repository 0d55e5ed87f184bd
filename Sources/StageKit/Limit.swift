public import Diagnostics

/// What a parameter must keep to, as data: checks, help, schema and the tests' bad values come from it.
public enum Limit: Sendable, Equatable {
  /// At least the first and at most the second number.
  case range(ClosedRange<Double>)
  /// At least that number.
  case atLeast(Double)
  /// More than that number.
  case above(Double)
  /// More than the first and less than the second number.
  case between(Double, Double)
  /// A list of that many items.
  case length(Int)
  /// Text that is not empty.
  case notEmpty

  /// What is allowed, in words.
  public var words: String {
    switch self {
    case .range(let range): "from \(number(range.lowerBound)) to \(number(range.upperBound))"
    case .atLeast(let low): "at least \(number(low))"
    case .above(let low): "more than \(number(low))"
    case .between(let low, let high): "more than \(number(low)) and less than \(number(high))"
    case .length(let count): "\(count) values"
    case .notEmpty: "not empty"
    }
  }

  /// The error for a value that does not keep to the limit; nothing is always allowed.
  func violation(of value: JSON, name: String) -> Diagnostic? {
    guard value != .null, !holds(for: value) else { return nil }
    return Diagnostic(
      .outOfRange, "`\(name)` must be \(words)", fields: ["given": value.text(), "allowed": words])
  }

  private func holds(for value: JSON) -> Bool {
    switch self {
    case .length(let count): return value.items?.count == count
    case .notEmpty: return value.string?.isEmpty != true && value.items?.isEmpty != true
    case .range, .atLeast, .above, .between:
      if let items = value.items { return items.allSatisfy(holds) }
      guard let number = value.number else { return true }
      switch self {
      case .range(let range): return range.contains(number)
      case .atLeast(let low): return number >= low
      case .above(let low): return number > low
      case .between(let low, let high): return number > low && number < high
      case .length, .notEmpty: return true
      }
    }
  }

  /// Whether the limit is about numbers, alone or each of a list, not about a list as a whole.
  private var isOfNumbers: Bool {
    switch self {
    case .range, .atLeast, .above, .between: true
    case .length, .notEmpty: false
    }
  }

  /// Values that the limit refuses, of a parameter of that shape or of an item of its list; for tests.
  public func badValues(for shape: ValueShape) -> [JSON] {
    if case .optional(let inner) = shape { return badValues(for: inner) }
    if case .list(let element) = shape, isOfNumbers { return badValues(for: element) }
    let step = shape == .integer ? 1 : 1e-3
    func value(_ number: Double) -> JSON { shape == .integer ? .integer(Int(number)) : .number(number) }
    switch self {
    case .range(let range): return [value(range.lowerBound - step), value(range.upperBound + step)]
    case .atLeast(let low): return [value(low - step)]
    case .above(let low): return [value(low), value(low - step)]
    case .between(let low, let high): return [value(low), value(high)]
    case .length(let count): return [.array(Array(repeating: .integer(0), count: count + 1))]
    case .notEmpty: return [shape == .locator ? .string("") : .array([])]
    }
  }
}

/// A number without a needless fraction.
private func number(_ value: Double) -> String {
  Int(exactly: value).map(String.init) ?? "\(value)"
}
