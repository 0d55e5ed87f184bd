import CHDF5

/// What one element of a data set is.
public enum HDF5Element: Sendable, Equatable {
  /// An integer of 8, 16, 32 or 64 bits.
  case integer(bits: Int, isSigned: Bool, isBigEndian: Bool)
  /// An IEEE 754 number of 16, 32 or 64 bits.
  case float(bits: Int, isBigEndian: Bool)
  /// A number in some other layout (80-bit floats, odd precisions), which the library converts.
  case unusualNumber(words: String)
  /// A boolean as h5py writes it.
  case boolean
  /// An enumeration over integers.
  case enumeration(bits: Int, isSigned: Bool, isBigEndian: Bool)
  /// Text; `length` is in bytes, nil for variable length.
  case string(length: Int?)
  /// Anything else, in words.
  case other(words: String)

  init(_ element: h5_element) {
    let bits = Int(element.size) * 8
    let (isSigned, isBigEndian) = (element.isSigned != 0, element.isBigEndian != 0)
    switch element.kind {
    case h5Boolean: self = .boolean
    case h5Integer where element.isStandard == 0:
      self = .unusualNumber(words: "integer of \(element.bits) bits in \(bits)")
    case h5Float where element.isStandard == 0:
      self = .unusualNumber(words: "float of \(element.bits) bits in \(bits)")
    case h5Integer: self = .integer(bits: bits, isSigned: isSigned, isBigEndian: isBigEndian)
    case h5Float: self = .float(bits: bits, isBigEndian: isBigEndian)
    case h5Enumeration where element.isStandard == 0:
      self = .other(words: "enumeration over integers of \(element.bits) bits in \(bits)")
    case h5Enumeration: self = .enumeration(bits: bits, isSigned: isSigned, isBigEndian: isBigEndian)
    case h5String: self = .string(length: element.isVariable != 0 ? nil : Int(element.size))
    default: self = .other(words: Self.words(for: element))
    }
  }

  private static func words(for element: h5_element) -> String {
    switch element.kind {
    case h5Complex: return "complex number"
    case h5Compound:
      let members = withUnsafeBytes(of: element.members) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      return "compound of \(printable(members, limit: 80))"
    case h5Array: return "array"
    case h5Reference: return "reference"
    case h5VariableLength: return "list of variable length"
    case h5Opaque: return "opaque bytes"
    case h5BitField: return "bit field"
    default: return "an element type that this program does not know"
    }
  }

  /// The type in words that a user of NumPy or HDF5 knows: `float32`, `int16, big-endian`, `string`.
  public var words: String {
    switch self {
    case .integer(let bits, let isSigned, let isBigEndian):
      return (isSigned ? "int" : "uint") + "\(bits)" + (isBigEndian && bits > 8 ? ", big-endian" : "")
    case .float(let bits, let isBigEndian): return "float\(bits)" + (isBigEndian ? ", big-endian" : "")
    case .boolean: return "bool"
    case .enumeration(let bits, let isSigned, let isBigEndian):
      return "enumeration of "
        + Self.integer(bits: bits, isSigned: isSigned, isBigEndian: isBigEndian).words
    case .string(let length): return length.map { "string of \($0) bytes" } ?? "string"
    case .unusualNumber(let words), .other(let words): return words
    }
  }

  /// How the library hands over the elements that this module decodes itself; nil for the rest.
  var encoding: NumberEncoding? {
    switch self {
    case .integer(let bits, let isSigned, let isBigEndian),
      .enumeration(let bits, let isSigned, let isBigEndian):
      return NumberEncoding(kind: isSigned ? .signed : .unsigned, bytes: bits / 8, isSwapped: isBigEndian)
    case .float(let bits, let isBigEndian):
      return NumberEncoding(kind: .float, bytes: bits / 8, isSwapped: isBigEndian)
    case .boolean: return NumberEncoding(kind: .unsigned, bytes: 1, isSwapped: false)
    case .string, .unusualNumber, .other: return nil
    }
  }

  /// The name under which the element type enters a fingerprint: the byte order does not count.
  var canonicalName: String {
    switch self {
    case .integer(let bits, let isSigned, _): return (isSigned ? "i" : "u") + "\(bits)"
    case .float(let bits, _): return "f\(bits)"
    case .boolean: return "bool"
    case .enumeration(let bits, let isSigned, _): return "enum " + (isSigned ? "i" : "u") + "\(bits)"
    case .string: return "string"
    case .unusualNumber(let words), .other(let words): return words
    }
  }
}

/// The bytes of a number: what it is, how many, and in which order (swapped: big-endian).
struct NumberEncoding: Equatable {
  enum Kind { case signed, unsigned, float }
  var kind: Kind
  var bytes: Int
  var isSwapped: Bool
}

/// A shape as `50000 × 512`; a single value has none.
func words(for shape: [Int]) -> String {
  shape.isEmpty ? "a single value" : shape.map(String.init).joined(separator: " × ")
}
