/// A place in a text, with what is needed to show it.
public struct SourceLocation: Sendable, Equatable, Hashable {
  /// The file's path as the user gave it.
  public var file: String
  /// The line, counted from 1.
  public var line: Int
  /// The column in characters, counted from 1.
  public var column: Int
  /// The text of the line.
  public var text: String
  /// How many characters are meant, at least 1.
  public var width: Int

  /// Makes a location from its parts.
  public init(file: String, line: Int, column: Int, text: String, width: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
    self.text = text
    self.width = max(1, width)
  }

  /// `file:line`.
  public var short: String { "\(file):\(line)" }

  /// The place, the line and a caret under it.
  var excerpt: [String] {
    let number = String(line)
    let gutter = String(repeating: " ", count: number.count)
    // A tab counts as one column but prints wider: copy it so that the caret stays below its character.
    let lead = String(text.prefix(column - 1).map { $0 == "\t" ? "\t" : " " })
    let carets = String(repeating: "^", count: min(width, max(1, text.count - column + 1)))
    return [
      " \(gutter)--> \(file):\(line):\(column)", " \(gutter) |", " \(number) | \(text)",
      " \(gutter) | \(lead)\(carets)",
    ]
  }
}

/// The bytes of a text file, with its line starts.
public final class SourceText: Sendable {
  /// The file's path as the user gave it.
  public let file: String
  /// The text as UTF-8.
  public let bytes: [UInt8]
  private let lineStarts: [Int]

  /// Takes the text of a file.
  public init(file: String, bytes: [UInt8]) {
    self.file = file
    self.bytes = bytes
    var starts = [0]
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(index + 1) }
    lineStarts = starts
  }

  /// Takes a text given as a string.
  public convenience init(file: String, _ text: String) {
    self.init(file: file, bytes: Array(text.utf8))
  }

  /// The location of the bytes in `range`.
  public func location(of range: Range<Int>) -> SourceLocation {
    let offset = min(range.lowerBound, bytes.count)
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    let start = lineStarts[low]
    let end =
      bytes[start...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? bytes.count
    let column = String(decoding: bytes[start..<max(start, offset)], as: UTF8.self).count + 1
    let stop = min(max(range.upperBound, offset), end)
    let width = stop > offset ? String(decoding: bytes[offset..<stop], as: UTF8.self).count : 1
    return SourceLocation(
      file: file, line: low + 1, column: column, text: String(decoding: bytes[start..<end], as: UTF8.self),
      width: width)
  }
}
