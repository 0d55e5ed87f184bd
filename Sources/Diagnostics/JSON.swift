/// A JSON value that knows where it stood in its text.
///
/// Whole numbers written without a fraction or exponent are `integer`, all others `number`. Equality ignores places.
public struct JSON: Sendable, Equatable {
  /// The kinds of value.
  public indirect enum Value: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Member])
  }

  /// One name with its value in an object; order is kept.
  public struct Member: Sendable, Equatable {
    /// The name.
    public var key: String
    /// Where the name stands.
    public var keyPlace: JSONPlace?
    /// The value.
    public var value: JSON

    /// Makes a member.
    public init(_ key: String, _ value: JSON, keyPlace: JSONPlace? = nil) {
      self.key = key
      self.value = value
      self.keyPlace = keyPlace
    }

    /// Equality of name and value; places do not count.
    public static func == (a: Member, b: Member) -> Bool { a.key == b.key && a.value == b.value }
  }

  /// The value itself.
  public var value: Value
  /// Where it stands, if it was read from a text.
  public var place: JSONPlace?

  /// Makes a value, by default without a place.
  public init(_ value: Value, place: JSONPlace? = nil) {
    self.value = value
    self.place = place
  }

  /// Equality of the values; places do not count.
  public static func == (a: JSON, b: JSON) -> Bool { a.value == b.value }

  /// Where the value stands, for an error.
  public var location: SourceLocation? { place?.location }

  /// An object from names and values in order.
  public static func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
    JSON(.object(members.map { Member($0.key, $0.value) }))
  }
  /// An object from members that were gathered.
  public static func object(_ members: [Member]) -> JSON { JSON(.object(members)) }
  /// An array.
  public static func array(_ items: [JSON]) -> JSON { JSON(.array(items)) }
  /// A string.
  public static func string(_ text: String) -> JSON { JSON(.string(text)) }
  /// A whole number.
  public static func integer(_ value: Int) -> JSON { JSON(.integer(value)) }
  /// A number; it keeps a fraction when printed.
  public static func number(_ value: Double) -> JSON { JSON(.number(value)) }
  /// A truth value.
  public static func bool(_ value: Bool) -> JSON { JSON(.bool(value)) }
  /// Nothing.
  public static var null: JSON { JSON(.null) }

  /// The member of that name, if this is an object that has it.
  public subscript(_ key: String) -> JSON? { members?.first { $0.key == key }?.value }

  /// The members, if this is an object.
  public var members: [Member]? { if case .object(let members) = value { members } else { nil } }
  /// The items, if this is an array.
  public var items: [JSON]? { if case .array(let items) = value { items } else { nil } }
  /// The text, if this is a string.
  public var string: String? { if case .string(let text) = value { text } else { nil } }
  /// The number, if this is a whole one.
  public var integer: Int? { if case .integer(let number) = value { number } else { nil } }
  /// The number, whole or not.
  public var number: Double? {
    switch value {
    case .number(let number): number
    case .integer(let number): Double(number)
    default: nil
    }
  }
  /// The truth value, if this is one.
  public var bool: Bool? { if case .bool(let truth) = value { truth } else { nil } }

  /// What kind of value this is, as a reader would say it.
  public var typeName: String {
    switch value {
    case .null: "null"
    case .bool: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// A range of bytes in a text.
public struct JSONPlace: Sendable {
  let text: SourceText
  let range: Range<Int>

  /// The place as file, line and column.
  public var location: SourceLocation { text.location(of: range) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral
{
  /// A string.
  public init(stringLiteral text: String) { self = .string(text) }
  /// A truth value.
  public init(booleanLiteral truth: Bool) { self = .bool(truth) }
  /// A whole number.
  public init(integerLiteral number: Int) { self = .integer(number) }
  /// A list.
  public init(arrayLiteral items: JSON...) { self = .array(items) }
}
