import CHDF5
public import Diagnostics

extension HDF5DataSet {
  /// The shape of a data set that can be read as a matrix, found without reading any value.
  ///
  /// - Throws: `badRank`, `unsupportedType`, `damagedFile`, and `libraryMissing` if a filter is not installed.
  public func matrixShape() throws(Diagnostic) -> (rows: Int, columns: Int) {
    guard let shape = description.shape, shape.count == 2 else { throw badRank() }
    if case .string = description.element { throw notNumeric() }
    if case .other = description.element { throw notNumeric() }
    _ = try checkStorage(shape)
    return (shape[0], shape[1])
  }

  /// The rows of a matrix that ``readMatrix(rows:into:)`` will read, to be asked for before memory is taken for them.
  ///
  /// - Parameter room: bytes that there are for them besides the memory of this machine, in files for instance.
  /// - Throws: what ``matrixShape()`` throws; `outOfRange` for rows that do not exist or do not fit.
  public func matrixRows(_ rows: Range<Int>? = nil, room: Int? = nil) throws(Diagnostic) -> Range<Int> {
    let (total, columns) = try matrixShape()
    return try checkRows(rows, of: total, bytesPerRow: rowBytes(columns), room: room)
  }

  /// Where the values of some rows begin in the file, for who reads them there: only of Float32 in one piece, as the
  /// processor has them.
  public func place(ofRow row: Int) throws(Diagnostic) -> Int? {
    let (_, columns) = try matrixShape()
    guard case .contiguous = description.storage, let place = description.place,
      description.element.encoding == NumberEncoding(kind: .float, bytes: 4, isSwapped: false)
    else { return nil }
    return Int(place.offset) + row * columns * 4
  }

  /// Reads rows of a matrix into memory of the caller, row-major, every number rounded to the nearest Float32.
  ///
  /// Takes any integer or float type and booleans (0 and 1). What is beyond the largest Float32 becomes infinite.
  ///
  /// - Parameters:
  ///   - rows: which rows, all if absent.
  ///   - target: holds exactly rows × columns values.
  ///   - loop: shares a loop among threads, `parallelFor` for instance; in turn if absent.
  ///   - safePoint: called before each block of a few megabytes; what it throws ends the reading.
  ///   - inspect: called with each part of the values while it is in the processor's cache, by several threads at once.
  /// - Returns: whether `inspect` saw every value, as it does not on all ways of reading.
  /// - Throws: what ``matrixShape()`` throws; `outOfRange` for rows that do not exist or do not fit into memory;
  ///   `damagedFile`.
  @discardableResult
  public func readMatrix(
    rows: Range<Int>? = nil, into target: UnsafeMutableBufferPointer<Float>,
    sharing loop: LoopRunner? = nil, safePoint: () throws(Diagnostic) -> Void = {},
    inspecting inspect: PartInspector? = nil
  ) throws(Diagnostic) -> Bool {
    let (total, columns) = try matrixShape()
    // The caller has the memory already.
    let range = try checkRows(rows, of: total, bytesPerRow: rowBytes(columns), room: .max)
    guard target.count == range.count * columns else {
      throw error(
        .internalFault, "the memory for \(name) has the wrong size",
        fields: [("needed", "\(range.count * columns)"), ("given", "\(target.count)")])
    }
    guard let base = target.baseAddress, target.count > 0 else { return true }
    if let loop, let way = try readSideBySide(range, columns, into: base, loop, safePoint, inspect) {
      return way == .inParts && inspect != nil
    }
    try HDF5Library.use { () throws(Diagnostic) in
      switch description.element.encoding {
      case nil: try readDirectly(range, columns, as: nil, into: base, safePoint)
      case NumberEncoding(kind: .float, bytes: 4, isSwapped: false)?:
        try readDirectly(range, columns, as: try fileType(), into: base, safePoint)
      case let encoding?: try readDecoding(range, columns, encoding, into: base, safePoint)
      }
    }
    return false
  }

  /// Reads rows of a matrix into a fresh array; see ``readMatrix(rows:into:)``.
  public func readMatrix(rows: Range<Int>? = nil) throws(Diagnostic) -> [Float] {
    let (total, columns) = try matrixShape()
    let range = try checkRows(rows, of: total, bytesPerRow: rowBytes(columns))
    var failure: Diagnostic?
    let count = range.count * columns
    let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(Diagnostic) {
        try readMatrix(rows: range, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  /// The bytes of a row, in the file or in memory, whichever are more.
  private func rowBytes(_ columns: Int) -> Int {
    let bytes = columns.multipliedReportingOverflow(by: max(4, description.elementSize))
    return bytes.overflow ? .max : bytes.partialValue
  }

  private func readDirectly(
    _ rows: Range<Int>, _ columns: Int, as type: Handle?, into base: UnsafeMutablePointer<Float>,
    _ safePoint: () throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    // Large enough to cost nothing, small enough that the library's table of chunks stays small.
    try forEachBlock(of: rows, bytesPerRow: rowBytes(columns), bytes: 8 << 20) { block throws(Diagnostic) in
      try safePoint()
      try read(block, as: type, into: base + (block.lowerBound - rows.lowerBound) * columns)
    }
  }

  /// The library's own conversion is several times slower than reading raw bytes and converting them here.
  private func readDecoding(
    _ rows: Range<Int>, _ columns: Int, _ encoding: NumberEncoding, into base: UnsafeMutablePointer<Float>,
    _ safePoint: () throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    let type = try fileType()
    try withBlocks(of: rows, columns) { block, raw throws(Diagnostic) in
      try safePoint()
      try read(block, as: type, into: raw)
      let target = base + (block.lowerBound - rows.lowerBound) * columns
      decode(raw, encoding, count: block.count * columns, into: target)
    }
  }

  /// Calls `body` with blocks of rows and memory for the raw bytes of one.
  func withBlocks(
    of rows: Range<Int>, _ elementsPerRow: Int,
    _ body: (Range<Int>, UnsafeMutableRawPointer) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    let rowBytes = elementsPerRow * description.elementSize
    var capacity = 0
    var raw: UnsafeMutableRawPointer?
    defer { raw?.deallocate() }
    // A block of raw bytes stays in the second cache between reading and decoding.
    try forEachBlock(of: rows, bytesPerRow: rowBytes, bytes: 1 << 20) { block throws(Diagnostic) in
      let needed = block.count * rowBytes
      let memory: UnsafeMutableRawPointer
      if let raw, needed <= capacity {
        memory = raw
      } else {
        raw?.deallocate()
        memory = .allocate(byteCount: max(64, needed), alignment: 64)
        raw = memory
        capacity = needed
      }
      try body(block, memory)
    }
  }

  private func notNumeric() -> Diagnostic {
    error(
      .unsupportedType, "\(name) does not hold numbers",
      fields: [
        ("found", description.element.words),
        ("allowed", "float16, float32, float64, int8 … int64, uint8 … uint64, bool"),
      ])
  }

  private func badRank() -> Diagnostic {
    let shape = description.shape
    var hint = "store it as rows × columns"
    if let shape, shape.count == 1 {
      hint = "store it as \(shape[0]) × 1 if every row has one feature"
    } else if let shape, shape.count > 2 {
      let columns = shape.dropFirst().reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
      hint = "store it as \(words(for: [shape[0], columns])): one row for each sample"
    }
    let dimensions = shape.map { $0.count == 1 ? "1 dimension" : "\($0.count) dimensions" } ?? "no values"
    return error(
      .badRank, "\(name) is not a matrix",
      fields: [("expected", "rows × columns"), ("found", "\(shape.map(words) ?? "empty") (\(dimensions))")],
      hint: hint)
  }
}
