public import Diagnostics

/// What a config may say for a value, for help, schema and errors.
public indirect enum ValueShape: Sendable, Equatable {
  case bool
  case integer
  case number
  /// A path or the name of a data set.
  case locator
  /// Nothing, or a value.
  case optional(ValueShape)
  /// A list of values.
  case list(ValueShape)
  /// One of several cases by name, some with fields of their own.
  case choice([Case])

  /// One case of a choice.
  public struct Case: Sendable, Equatable {
    /// The name that a config writes.
    public var name: String
    /// Its fields; empty for a plain case.
    public var fields: [ParameterSchema]
  }

  /// What is allowed, in words.
  public var words: String {
    switch self {
    case .bool: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .locator: "a string"
    case .optional(let shape): "\(shape.words) or null"
    case .list(let shape): "a list, each \(shape.words)"
    case .choice(let cases): ValueShape.names(cases.map(\.name))
    }
  }

  /// Names in a list for people.
  static func names(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}

/// One parameter as the reference and the schema show it.
public struct ParameterSchema: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// What it means.
  public var help: String
  /// What may be said for it.
  public var shape: ValueShape
  /// What it must keep to.
  public var limits: [Limit]
  /// Its default in canonical form.
  public var defaultValue: JSON
}

extension ParameterGroup {
  /// The parameters as the reference and the schema show them.
  public static var schema: [ParameterSchema] {
    Self().parameters.map { name, parameter in
      ParameterSchema(
        name: name, help: parameter.help, shape: parameter.shape, limits: parameter.limits,
        defaultValue: parameter.json)
    }
  }
}

/// A type of parameter: a number, a truth value, a choice, a locator, or one of these optional or in a list.
public protocol ParameterValue: Sendable, Equatable {
  /// What a config may say for it.
  static var shape: ValueShape { get }
  /// Whether the value can change a result; the names of files and data sets cannot, their content can.
  static var entersKey: Bool { get }
  /// The canonical form.
  var json: JSON { get }
  /// Reads the value; problems of inner fields go into the report, one of the value itself is thrown.
  static func read(_ json: JSON, _ report: ParameterReport) throws -> Self
}

extension ParameterValue {
  public static var entersKey: Bool { true }

  static func mismatch(_ json: JSON) -> Diagnostic {
    Diagnostic(
      .wrongType, "\(json.typeName) stands where \(shape.words) should", fields: ["given": json.text()],
      at: json.location)
  }
}

extension Int: ParameterValue {
  public static var shape: ValueShape { .integer }
  public var json: JSON { .integer(self) }
  public static func read(_ json: JSON, _ report: ParameterReport) throws -> Int {
    if let whole = json.integer { return whole }
    if let number = json.number, let whole = Int(exactly: number) { return whole }
    throw mismatch(json)
  }
}

extension Double: ParameterValue {
  public static var shape: ValueShape { .number }
  public var json: JSON { .number(self) }
  public static func read(_ json: JSON, _ report: ParameterReport) throws -> Double {
    guard let number = json.number else { throw mismatch(json) }
    // Equal values have one key: there is no negative zero.
    return number == 0 ? 0 : number
  }
}

extension Bool: ParameterValue {
  public static var shape: ValueShape { .bool }
  public var json: JSON { .bool(self) }
  public static func read(_ json: JSON, _ report: ParameterReport) throws -> Bool {
    guard let truth = json.bool else { throw mismatch(json) }
    return truth
  }
}

extension Optional: ParameterValue where Wrapped: ParameterValue {
  public static var shape: ValueShape { .optional(Wrapped.shape) }
  public static var entersKey: Bool { Wrapped.entersKey }
  public var json: JSON { self?.json ?? .null }
  public static func read(_ json: JSON, _ report: ParameterReport) throws -> Wrapped? {
    json == .null ? nil : try Wrapped.read(json, report)
  }
}

extension Array: ParameterValue where Element: ParameterValue {
  public static var shape: ValueShape { .list(Element.shape) }
  public static var entersKey: Bool { Element.entersKey }
  public var json: JSON { .array(map(\.json)) }
  public static func read(_ json: JSON, _ report: ParameterReport) throws -> [Element] {
    guard let items = json.items else { throw mismatch(json) }
    var problems: [any Error] = []
    let values = items.compactMap { item in
      do { return try Element.read(item, report) } catch {
        problems.append(error)
        return nil
      }
    }
    // One problem is thrown, as of every value; the others are noted.
    guard let last = problems.popLast() else { return values }
    for problem in problems { report.add(problem) }
    throw last
  }
}

/// The path of a file, or the name of a data set in one: says where content is, and never enters a key.
public struct Locator: ParameterValue, ExpressibleByStringLiteral {
  /// The path or name as the config gives it.
  public var text: String

  /// Makes a locator.
  public init(_ text: String) { self.text = text }
  /// Makes a locator from a literal.
  public init(stringLiteral text: String) { self.text = text }

  public static var shape: ValueShape { .locator }
  public static var entersKey: Bool { false }
  public var json: JSON { .string(text) }
  public static func read(_ json: JSON, _ report: ParameterReport) throws -> Locator {
    guard let text = json.string else { throw mismatch(json) }
    return Locator(text)
  }
}
