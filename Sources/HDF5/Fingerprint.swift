import CHDF5
public import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

/// Values that lie in a file in one piece, for who reads them past the library, on several threads perhaps.
public final class HDF5Stretch: Sendable {
  /// How many bytes they have.
  public let count: Int
  private let offset: Int
  private let descriptor: Int32

  /// Opens a file once more for some of its bytes; nil if that fails.
  init?(_ path: String, offset: Int, count: Int) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    (self.offset, self.count, self.descriptor) = (offset, count, descriptor)
  }

  deinit { close(descriptor) }

  /// Fills memory with the bytes from `start` on; false if they cannot be read.
  public func read(from start: Int, into target: UnsafeMutableRawBufferPointer) -> Bool {
    guard let base = target.baseAddress else { return true }
    return readFully(descriptor, at: offset + start, count: target.count, into: base)
  }
}

extension HDF5File {
  /// Feeds the content of data sets to a hash, in blocks.
  ///
  /// The bytes depend on shapes, element types and values alone: not on byte order, chunks, compression, the padding
  /// of strings, the names of data sets and file. Only all blocks together mean something; where one ends does not.
  ///
  /// For each data set: a line such as `f32 50000 × 512` with a line feed, then the values in row-major order, little-
  /// endian; a string is its length (UInt64) and its bytes.
  ///
  /// - Parameters:
  ///   - paths: the data sets, in an order that matters.
  ///   - rows: which rows of each, all if absent; the shape in the line is then that of the rows.
  ///   - feed: takes the blocks in order.
  ///   - feedStretch: takes in, in place of blocks, values that lie in the file as they are to be fed; false if they
  ///     cannot be read, nil if they should come in blocks all the same.
  /// - Throws: what ``dataSet(_:)`` throws; `unsupportedType` unless it holds numbers, booleans or strings;
  ///   `outOfRange`, `damagedFile`, `libraryMissing`.
  public func fingerprint(
    of paths: [String], rows: Range<Int>? = nil, feed: (UnsafeRawBufferPointer) -> Void,
    feedStretch: (HDF5Stretch) -> Bool? = { _ in nil }
  ) throws(Diagnostic) {
    for path in paths { try dataSet(path).fingerprint(rows: rows, feed: feed, feedStretch: feedStretch) }
  }
}

extension HDF5DataSet {
  /// Feeds the content of this data set to a hash; see ``HDF5File/fingerprint(of:rows:feed:feedStretch:)``.
  public func fingerprint(
    rows: Range<Int>? = nil, feed: (UnsafeRawBufferPointer) -> Void,
    feedStretch: (HDF5Stretch) -> Bool? = { _ in nil }
  ) throws(Diagnostic) {
    if case .other(let words) = description.element {
      throw error(
        .unsupportedType, "\(name) holds neither numbers nor strings", fields: [("found", words)])
    }
    guard var shape = description.shape, !shape.isEmpty else {
      throw error(
        .badRank, "\(name) has no rows", fields: [("found", description.shape.map(words) ?? "empty")])
    }
    let perRow = try checkStorage(shape)
    let perRowBytes = perRow.multipliedReportingOverflow(by: description.elementSize)
    let range = try checkRows(
      rows, of: shape[0], bytesPerRow: perRowBytes.overflow ? .max : perRowBytes.partialValue, room: .max)
    shape[0] = range.count
    let line = "\(description.element.canonicalName) \(words(for: shape))\n"
    Array(line.utf8).withUnsafeBytes(feed)
    guard perRow > 0, !range.isEmpty else { return }
    if let stretch = stretch(of: range, bytesPerRow: perRow * description.elementSize),
      let isTaken = feedStretch(stretch)
    {
      guard isTaken else { throw error(.damagedFile, "the values of \(name) cannot be read") }
      return
    }
    try HDF5Library.use { () throws(Diagnostic) in
      if case .string = description.element {
        try feedStrings(range, perRow, feed)
      } else {
        try feedNumbers(range, perRow, feed)
      }
    }
  }

  /// Where some rows lie in the file, if they lie there in one piece and byte by byte as a hash takes them.
  private func stretch(of rows: Range<Int>, bytesPerRow: Int) -> HDF5Stretch? {
    guard case .contiguous = description.storage, let place = description.place,
      let encoding = description.element.encoding, !encoding.isSwapped,
      encoding.bytes == description.elementSize
    else { return nil }
    return HDF5Stretch(
      file.path, offset: Int(place.offset) + rows.lowerBound * bytesPerRow, count: rows.count * bytesPerRow)
  }

  private func feedNumbers(
    _ rows: Range<Int>, _ perRow: Int, _ feed: (UnsafeRawBufferPointer) -> Void
  ) throws(Diagnostic) {
    let type = try fileType()
    let encoding = description.element.encoding
    try withBlocks(of: rows, perRow) { block, raw throws(Diagnostic) in
      try read(block, as: type, into: raw)
      let count = block.count * perRow
      if let encoding, encoding.isSwapped { swapBytes(raw, size: encoding.bytes, count: count) }
      feed(UnsafeRawBufferPointer(start: raw, count: count * description.elementSize))
    }
  }

  private func feedStrings(
    _ rows: Range<Int>, _ perRow: Int, _ feed: (UnsafeRawBufferPointer) -> Void
  ) throws(Diagnostic) {
    try readStrings(rows, perRow: perRow) { bytes throws(Diagnostic) in
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian, feed)
      bytes.withUnsafeBytes(feed)
    }
  }
}
