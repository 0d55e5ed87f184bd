import CHDF5
public import Diagnostics

/// One label for each row.
public enum LabelValues: Sendable, Equatable {
  /// Class numbers.
  case integers([Int])
  /// Class names.
  case strings([String])

  /// The number of labels.
  public var count: Int {
    switch self {
    case .integers(let values): values.count
    case .strings(let values): values.count
    }
  }
}

extension HDF5DataSet {
  /// The number of labels in a data set that can be read as labels, found without reading any.
  ///
  /// - Throws: `badRank` unless the shape is n or n × 1, `unsupportedType`, `damagedFile`, `libraryMissing`.
  public func labelCount() throws(Diagnostic) -> Int {
    guard let shape = description.shape, shape.count == 1 || (shape.count == 2 && shape[1] == 1) else {
      throw error(
        .badRank, "\(name) is not a list of labels",
        fields: [
          ("expected", "one value for each row"), ("found", description.shape.map(words) ?? "empty"),
        ])
    }
    switch description.element {
    case .other, .unusualNumber: throw notLabels(description.element.words)
    default: break
    }
    _ = try checkStorage(shape)
    return shape[0]
  }

  /// Reads labels: integers, booleans (0 and 1), enumerations (their numbers), floats that are whole, or strings.
  ///
  /// - Throws: what ``labelCount()`` throws; `outOfRange` for an integer beyond Int or rows that do not exist;
  ///   `unsupportedType` for a float that is not whole and for text that is not UTF-8; `damagedFile`.
  public func readLabels(rows: Range<Int>? = nil) throws(Diagnostic) -> LabelValues {
    let total = try labelCount()
    let range = try checkRows(rows, of: total, bytesPerRow: max(32, description.elementSize))
    return try HDF5Library.use { () throws(Diagnostic) in
      if let encoding = description.element.encoding { return .integers(try readIntegers(range, encoding)) }
      var strings: [String] = []
      strings.reserveCapacity(range.count)
      try readStrings(range, perRow: 1) { bytes throws(Diagnostic) in
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw error(
            .unsupportedType, "a label of \(name) is not UTF-8",
            fields: [
              ("row", "\(range.lowerBound + strings.count)"),
              ("found", printable(String(decoding: bytes, as: UTF8.self), limit: 60)),
            ], hint: "write the labels as UTF-8")
        }
        strings.append(text)
      }
      return .strings(strings)
    }
  }

  private func readIntegers(_ rows: Range<Int>, _ encoding: NumberEncoding) throws(Diagnostic) -> [Int] {
    var values: [Int] = []
    values.reserveCapacity(rows.count)
    let type = try fileType()
    try withBlocks(of: rows, 1) { block, raw throws(Diagnostic) in
      try read(block, as: type, into: raw)
      for row in block {
        let number = ExactNumber(raw + (row - block.lowerBound) * encoding.bytes, encoding)
        values.append(try integer(number, row: row))
      }
    }
    return values
  }

  private func integer(_ number: ExactNumber, row: Int) throws(Diagnostic) -> Int {
    switch number {
    case .signed(let value): return Int(value)
    case .unsigned(let value):
      if let label = Int(exactly: value) { return label }
      throw error(
        .outOfRange, "a label of \(name) is too large",
        fields: [
          ("row", "\(row)"), ("found", "\(value)"), ("allowed", "up to \(Int.max)"),
        ])
    case .float(let value):
      // Beyond 2⁵³ a float no longer tells neighbouring integers apart.
      if value.magnitude <= 0x1p53, let label = Int(exactly: value) { return label }
      throw notLabels("\(description.element.words) with \(value) in row \(row)")
    }
  }

  private func notLabels(_ found: String) -> Diagnostic {
    error(
      .unsupportedType, "\(name) does not hold labels",
      fields: [("found", found), ("allowed", "integers, whole floats, bool, strings")])
  }

  /// Calls `body` with the bytes of each string.
  func readStrings(
    _ rows: Range<Int>, perRow: Int, _ body: ([UInt8]) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    let type = try fileType()
    var element = h5_element()
    guard h5_describe(type.id, &element) == 0 else { throw file.damaged(path).withCause() }
    if element.isVariable != 0 { try checkStringHeap(rows, perRow: perRow) }
    var length = 0
    // A few bytes of a damaged file can claim the same long text for every row.
    let limit = max(64 << 20, 64 * file.size)
    try withBlocks(of: rows, perRow) { block, raw throws(Diagnostic) in
      try read(block, as: type, into: raw)
      for bytes in takeStrings(raw, count: block.count * perRow, type: type, element: element) {
        length += bytes.count
        guard length <= limit else {
          throw error(.damagedFile, "\(name) claims more text than the file can hold")
        }
        try body(bytes)
      }
    }
  }
}
