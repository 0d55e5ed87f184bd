import CHDF5
public import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

/// A data set of an open file; the file stays open as long as it is in use.
public final class HDF5DataSet: Sendable {
  /// The file that holds it.
  public let file: HDF5File
  /// The path in the file, starting with `/`.
  public let path: String
  /// Shape, element type, storage and filters.
  public let description: HDF5Description
  let handle: Handle

  init(file: HDF5File, path: String, handle: Handle, description: HDF5Description) {
    self.file = file
    self.path = path
    self.handle = handle
    self.description = description
  }

  /// The attributes of the data set as text.
  ///
  /// - Throws: `libraryMissing`.
  public func attributes() throws(Diagnostic) -> [HDF5Attribute] {
    try HDF5Library.use { () throws(Diagnostic) in HDF5.attributes(of: handle) }
  }

  /// The number of rows whose multiples are best as blocks: those of a chunk, 1 if the data set has no chunks.
  public var rowsPerChunk: Int {
    guard case .chunked(let shape) = description.storage, let rows = shape.first else { return 1 }
    return max(1, rows)
  }

  /// An error about this data set.
  func error(
    _ code: DiagnosticCode, _ headline: String, fields: [(String, String)] = [], hint: String? = nil
  ) -> Diagnostic {
    var result = Diagnostic(code, headline, fields: ["file": file.path], hint: hint)
    for (label, value) in fields { result = result.with(label, value) }
    return result
  }

  /// The path as it stands in messages.
  var name: String { "`\(printable(path))`" }

  /// The number of elements in one row, after checks that all of the values can be in the file and can be decoded.
  func checkStorage(_ shape: [Int]) throws(Diagnostic) -> Int {
    switch description.storage {
    case .virtual, .external, .unknown:
      throw error(
        .unsupportedType, "the values of \(name) do not lie in this file",
        fields: [("storage", description.storage.words)],
        hint: "copy them into a plain data set, for example with h5py")
    case .compact, .contiguous, .chunked: break
    }
    if case .unusualNumber(let words) = description.element, case .chunked = description.storage {
      // HDF5 1.10 trusts that an element has the size that the chunks were made for and reads beyond them if not;
      // damage to the size of a plain type makes it an unusual one.
      throw error(
        .unsupportedType, "\(name) holds numbers of an unusual layout in chunks",
        fields: [("found", words)], hint: "write it again as float32 or float64")
    }
    for filter in description.filters where !filter.isAvailable {
      throw error(
        .libraryMissing, "\(name) is compressed with \(filter.name), which is not installed",
        fields: [("filter", "number \(filter.number)")], hint: filter.advice)
    }
    var bytes = max(1, description.elementSize)
    for length in shape where length > 0 {
      let product = bytes.multipliedReportingOverflow(by: length)
      bytes = product.overflow ? .max : product.partialValue
    }
    if !shape.contains(0) { try checkExtent(shape, bytes: bytes) }
    return shape.dropFirst().reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
  }

  /// A shape that the file cannot hold is a sign of damage, and a bait to allocate without end.
  private func checkExtent(_ shape: [Int], bytes: Int) throws(Diagnostic) {
    let claim = [("shape", words(for: shape)), ("size of file", "\(file.size) bytes")]
    if let place = description.place {
      let end = place.offset.addingReportingOverflow(place.size)
      if end.overflow || end.partialValue > UInt64(file.size) || place.size < UInt64(bytes) {
        throw error(.damagedFile, "\(name) claims more values than the file holds", fields: claim)
      }
    }
    // No filter packs better than 1 : 4096 in practice (gzip: 1 : 1032).
    let plausible = max(16 << 20, file.size.multipliedReportingOverflow(by: 4096).partialValue)
    if bytes > plausible {
      throw error(
        .damagedFile, "\(name) claims more values than the file can hold", fields: claim,
        hint: "the file is damaged, or most of the values were never written")
    }
  }

  /// The rows to read, after a check that they exist and fit into this machine's memory.
  func checkRows(
    _ rows: Range<Int>?, of total: Int, bytesPerRow: Int, room: Int? = nil
  ) throws(Diagnostic) -> Range<Int> {
    let range = rows ?? 0..<total
    guard range.lowerBound >= 0, range.upperBound <= total else {
      throw error(
        .outOfRange, "\(name) does not have the rows that are asked for",
        fields: [("rows", "\(range.lowerBound)..<\(range.upperBound)"), ("allowed", "0..<\(total)")])
    }
    let memory = max(room ?? 1 << 30, sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)))
    let size = range.count.multipliedReportingOverflow(by: max(1, bytesPerRow))
    guard !size.overflow, size.partialValue <= memory else {
      throw error(
        .outOfRange, "\(name) is larger than the memory of this machine",
        fields: [
          ("rows", "\(range.count)"), ("bytes per row", "\(bytesPerRow)"), ("memory", "\(memory) bytes"),
        ],
        hint: "read fewer rows")
    }
    return range
  }

  /// Calls `body` with blocks of rows of about `bytes` that end where chunks end, so that each is decoded once.
  func forEachBlock(
    of rows: Range<Int>, bytesPerRow: Int, bytes: Int, _ body: (Range<Int>) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    let chunk = rowsPerChunk
    let chunkBytes = max(1, chunk.multipliedReportingOverflow(by: max(1, bytesPerRow)).partialValue)
    let step = chunk.multipliedReportingOverflow(by: max(1, bytes / chunkBytes))
    var start = rows.lowerBound
    while start < rows.upperBound {
      let whole = step.overflow ? rows.upperBound : (start / step.partialValue + 1) * step.partialValue
      let end = min(rows.upperBound, max(start + 1, whole))
      try body(start..<end)
      start = end
    }
  }

  /// Reads rows as they lie in the file, or as Float32 if there is no type.
  func read(_ rows: Range<Int>, as type: Handle?, into memory: UnsafeMutableRawPointer) throws(Diagnostic) {
    let status = h5_read_rows(
      handle.id, type?.id ?? -1, UInt64(rows.lowerBound), UInt64(rows.count), memory)
    if status < 0 {
      throw error(
        .damagedFile, "the values of \(name) cannot be read",
        fields: [("rows", "\(rows.lowerBound)..<\(rows.upperBound)")]
      ).withCause()
    }
  }

  /// The type of the elements as they lie in the file.
  func fileType() throws(Diagnostic) -> Handle {
    guard let type = Handle(h5_data_set_type(handle.id)) else {
      throw error(.damagedFile, "the element type of \(name) cannot be read").withCause()
    }
    return type
  }
}
