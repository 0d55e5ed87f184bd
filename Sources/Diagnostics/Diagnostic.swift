/// The closed set of things that can go wrong, as a user or a script sees them.
public enum DiagnosticCode: String, Sendable, CaseIterable {
  // Config and command line.
  case badSyntax, duplicateKey, unknownKey, unknownName, wrongType, outOfRange, missingValue, badConfig,
    badUsage
  // Files.
  case fileNotFound, missingData, notReadable, notWritable, notAFile, noSpace
  // HDF5 input.
  case notHDF5, damagedFile, missingDataSet, notADataSet, badRank, unsupportedType, lengthMismatch
  // Stage input.
  case badShape, notFinite, rankDeficient, emptyClass, tooFewClasses, tooFewRows, tooManyComponents
  case notConverged, cancelled, timedOut, outOfMemory
  // Planning.
  case portMismatch, missingPort
  // Store and records.
  case corruptObject, corruptRecord, storeUnusable, unknownRun, notReproducible
  // Libraries of the system.
  case libraryMissing
  // A fault of this program.
  case internalFault
}

/// The one shape of an error: `error[code]: headline`, its place, labelled fields, a hint.
public struct Diagnostic: Error, Sendable, Equatable, CustomStringConvertible {
  /// One labelled line below the headline.
  public struct Field: Sendable, Equatable {
    /// What the value is, in a word or two.
    public var label: String
    /// The value, as it is to be printed.
    public var value: String

    /// Makes a field from a label and its value.
    public init(_ label: String, _ value: String) {
      self.label = label
      self.value = value
    }
  }

  /// Which kind of error this is.
  public var code: DiagnosticCode
  /// What went wrong, in one line without a full stop.
  public var headline: String
  /// What the reader needs beside the headline, in order.
  public var fields: [Field]
  /// How to mend it.
  public var hint: String?
  /// Where in a text the cause stands.
  public var location: SourceLocation?

  /// Makes an error; fields are given as label and value in order.
  public init(
    _ code: DiagnosticCode, _ headline: String, fields: KeyValuePairs<String, String> = [:],
    hint: String? = nil,
    at location: SourceLocation? = nil
  ) {
    self.code = code
    self.headline = headline
    self.fields = fields.map { Field($0.key, $0.value) }
    self.hint = hint
    self.location = location
  }

  /// The same error at a place.
  public func at(_ location: SourceLocation?) -> Diagnostic {
    var copy = self
    copy.location = self.location ?? location
    return copy
  }

  /// The same error with one more field at the end.
  public func with(_ label: String, _ value: String) -> Diagnostic {
    var copy = self
    copy.fields.append(Field(label, value))
    return copy
  }

  /// The whole message, several lines, without a line break at the end.
  public var description: String {
    var lines = ["error[\(code.rawValue)]: \(headline)"]
    if let location { lines += location.excerpt }
    let width = fields.map(\.label.count).max() ?? 0
    for field in fields {
      let padding = String(repeating: " ", count: width - field.label.count)
      lines.append("  \(field.label):\(padding) \(field.value)")
    }
    if let hint { lines.append("  hint: \(hint)") }
    return lines.joined(separator: "\n")
  }
}

/// Several errors that were found together and are reported together.
public struct Diagnostics: Error, Sendable, Equatable, CustomStringConvertible {
  /// The errors, in the order of the text they are about; never empty.
  public var all: [Diagnostic]

  /// Gathers errors, sorted by their place.
  public init(_ all: [Diagnostic]) {
    self.all = all.enumerated().sorted { left, right in
      let (a, b) = (left.element.location, right.element.location)
      guard let a, let b, a.file == b.file else { return left.offset < right.offset }
      return (a.line, a.column, left.offset) < (b.line, b.column, right.offset)
    }.map(\.element)
  }

  /// Every message, separated by an empty line.
  public var description: String { all.map(\.description).joined(separator: "\n\n") }
}
