import CHDF5
import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

/// Calls a body for each index below a count, perhaps on several threads at once.
public typealias LoopRunner = (_ count: Int, _ body: (Int) -> Void) -> Void

/// Looks at a part of the values that were read.
public typealias PartInspector = (_ values: UnsafeBufferPointer<Float>) -> Void

/// How several threads read a data set.
enum SideBySideReading {
  /// Rows one after the other, each part of them seen by the inspector.
  case inParts
  case inChunks
}

extension HDF5DataSet {
  /// Reads rows on several threads past the library, which lets in only one at a time.
  ///
  /// - Returns: nil where that cannot be done, or failed: what was written is worthless then.
  /// - Throws: what the safe point throws.
  func readSideBySide(
    _ rows: Range<Int>, _ columns: Int, into target: UnsafeMutablePointer<Float>,
    _ loop: @escaping LoopRunner,
    _ safePoint: () throws(Diagnostic) -> Void, _ inspect: PartInspector?
  ) throws(Diagnostic) -> SideBySideReading? {
    guard let encoding = description.element.encoding, description.elementSize == encoding.bytes else {
      return nil
    }
    let layout = RowLayout(rows: rows, columns: columns, encoding: encoding)
    let reader: (any PieceReader)?
    switch description.storage {
    case .contiguous:
      reader = description.place.map { ContiguousReader(layout, offset: Int($0.offset), inspect) }
    case .chunked(let shape): reader = try chunks(layout, shape)
    default: reader = nil
    }
    guard let reader, reader.pieces > 1 else { return nil }
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let failures = Failures()
    loop(reader.pieces) { piece in
      if failures.isEmpty {
        failures.note { () throws(Diagnostic) in
          try safePoint()
          return reader.read(piece, from: descriptor, into: target)
        }
      }
    }
    guard try failures.result() else { return nil }
    return reader is ContiguousReader ? .inParts : .inChunks
  }

  /// The places of the chunks that hold some rows; nil where the library alone can read them.
  private func chunks(_ layout: RowLayout, _ shape: [Int]) throws(Diagnostic) -> ChunkReader? {
    let numbers = description.filters.map(\.number)
    guard shape.count == 2, shape[0] > 0, shape[1] > 0, [[], [1], [2], [2, 1]].contains(numbers) else {
      return nil
    }
    return try HDF5Library.use { () throws(Diagnostic) -> ChunkReader? in
      var (addressSize, lengthSize, base): (Int32, Int32, UInt64) = (0, 0, 0)
      // Where addresses do not start at the beginning of the file versions of the library disagree on them.
      guard h5_file_layout(handle.id, &addressSize, &lengthSize, &base) == 0, base == 0 else { return nil }
      var chunks: [ChunkReader.Chunk] = []
      let first = layout.rows.lowerBound / shape[0] * shape[0]
      for row in stride(from: first, to: layout.rows.upperBound, by: shape[0]) {
        for column in stride(from: 0, to: layout.columns, by: shape[1]) {
          var (address, bytes): (UInt64, UInt64) = (0, 0)
          let start = [UInt64(row), UInt64(column)]
          guard h5_chunk_place(handle.id, start, &address, &bytes) == 0, bytes > 0,
            address.addingReportingOverflow(bytes).overflow == false, address + bytes <= UInt64(file.size)
          else { return nil }
          chunks.append(
            ChunkReader.Chunk(row: row, column: column, offset: Int(address), bytes: Int(bytes)))
        }
      }
      return ChunkReader(
        layout: layout, shape: (shape[0], shape[1]), isShuffled: numbers.contains(2),
        isPacked: numbers.contains(1), chunks: chunks)
    }
  }
}

/// The rows that are read and how their values lie in the file.
private struct RowLayout {
  let rows: Range<Int>
  let columns: Int
  let encoding: NumberEncoding

  /// Whether values are Float32 as the processor has them.
  var isNative: Bool { encoding == NumberEncoding(kind: .float, bytes: 4, isSwapped: false) }
}

/// Reads one of several pieces of a data set; false if that fails.
private protocol PieceReader {
  var pieces: Int { get }
  func read(_ piece: Int, from descriptor: Int32, into target: UnsafeMutablePointer<Float>) -> Bool
}

/// The first failure of several threads.
private final class Failures {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var error: Diagnostic?
  private var hasFailed = false

  init() { pthread_mutex_init(lock, nil) }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  private func locked<R>(_ body: () -> R) -> R {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return body()
  }

  var isEmpty: Bool { locked { !hasFailed } }

  func note(_ body: () throws(Diagnostic) -> Bool) {
    do throws(Diagnostic) {
      if try !body() { locked { hasFailed = true } }
    } catch {
      locked {
        hasFailed = true
        self.error = self.error ?? error
      }
    }
  }

  /// Whether everything went well.
  func result() throws(Diagnostic) -> Bool {
    if let error { throw error }
    return !hasFailed
  }
}

/// Reads `count` bytes at a place of a file; false if they are not there.
func readFully(
  _ descriptor: Int32, at offset: Int, count: Int, into memory: UnsafeMutableRawPointer
) -> Bool {
  var done = 0
  while done < count {
    let got = pread(descriptor, memory + done, count - done, off_t(offset + done))
    if got < 0, errno == EINTR { continue }
    guard got > 0 else { return false }
    done += got
  }
  return true
}

/// Blocks of rows of a data set in one piece.
private struct ContiguousReader: PieceReader {
  private let layout: RowLayout
  private let offset: Int
  private let rowsPerPiece: Int
  private let inspect: PartInspector?

  init(_ layout: RowLayout, offset: Int, _ inspect: PartInspector?) {
    self.layout = layout
    self.offset = offset
    self.inspect = inspect
    rowsPerPiece = max(1, (1 << 20) / max(1, layout.columns * layout.encoding.bytes))
  }

  var pieces: Int { (layout.rows.count + rowsPerPiece - 1) / rowsPerPiece }

  func read(_ piece: Int, from descriptor: Int32, into target: UnsafeMutablePointer<Float>) -> Bool {
    let start = piece * rowsPerPiece
    let count = min(rowsPerPiece, layout.rows.count - start) * layout.columns
    let size = layout.encoding.bytes
    let place = offset + (layout.rows.lowerBound + start) * layout.columns * size
    let values = target + start * layout.columns
    defer { inspect?(UnsafeBufferPointer(start: values, count: count)) }
    if layout.isNative { return readFully(descriptor, at: place, count: count * 4, into: values) }
    let raw = UnsafeMutableRawPointer.allocate(byteCount: count * size, alignment: 64)
    defer { raw.deallocate() }
    guard readFully(descriptor, at: place, count: count * size, into: raw) else { return false }
    decode(raw, layout.encoding, count: count, into: values)
    return true
  }
}

/// Chunks of a data set, packed by gzip or shuffled or both.
private struct ChunkReader: PieceReader {
  struct Chunk {
    var row: Int
    var column: Int
    var offset: Int
    var bytes: Int
  }
  let layout: RowLayout
  let shape: (rows: Int, columns: Int)
  let isShuffled: Bool
  let isPacked: Bool
  let chunks: [Chunk]

  var pieces: Int { chunks.count }

  func read(_ piece: Int, from descriptor: Int32, into target: UnsafeMutablePointer<Float>) -> Bool {
    let chunk = chunks[piece]
    let count = shape.rows * shape.columns
    let size = count * layout.encoding.bytes
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(chunk.bytes, 64), alignment: 64)
    defer { raw.deallocate() }
    guard isPacked || chunk.bytes == size,
      readFully(descriptor, at: chunk.offset, count: chunk.bytes, into: raw)
    else { return false }
    guard isPacked else { return place(raw, count, chunk, target) }
    let values = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    defer { values.deallocate() }
    guard h5_inflate(raw, chunk.bytes, values, size) == 1 else { return false }
    return place(values, count, chunk, target)
  }

  /// Puts the values of an unpacked chunk where they belong.
  private func place(
    _ values: UnsafeMutableRawPointer, _ count: Int, _ chunk: Chunk, _ target: UnsafeMutablePointer<Float>
  ) -> Bool {
    let isWhole =
      shape.columns == layout.columns && chunk.row >= layout.rows.lowerBound
      && chunk.row + shape.rows <= layout.rows.upperBound
    let direct = target + (chunk.row - layout.rows.lowerBound) * layout.columns
    guard isShuffled else {
      spread(values, chunk, target)
      return true
    }
    if isWhole, layout.isNative {
      h5_unshuffle(values, 4, count, direct)
      return true
    }
    let plain = UnsafeMutableRawPointer.allocate(byteCount: count * layout.encoding.bytes, alignment: 64)
    defer { plain.deallocate() }
    h5_unshuffle(values, layout.encoding.bytes, count, plain)
    spread(plain, chunk, target)
    return true
  }

  /// Decodes the part of each of a chunk's rows that is asked for.
  private func spread(_ values: UnsafeRawPointer, _ chunk: Chunk, _ target: UnsafeMutablePointer<Float>) {
    let columns = min(shape.columns, layout.columns - chunk.column)
    let last = min(chunk.row + shape.rows, layout.rows.upperBound)
    for row in max(chunk.row, layout.rows.lowerBound)..<last {
      decode(
        values + (row - chunk.row) * shape.columns * layout.encoding.bytes, layout.encoding, count: columns,
        into: target + (row - layout.rows.lowerBound) * layout.columns + chunk.column)
    }
  }
}
