internal import CZstd
internal import LinearAlgebra
internal import Synchronization

/// How the bytes of an array are written.
enum ArrayCoding: UInt64 {
  /// As they are.
  case raw = 0
  /// As zstd frames, one a piece.
  case zstd = 1
  /// The same, the bytes of each piece sorted by their place in the element: all first bytes, all second, and
  /// so on.
  case shuffledZstd = 2

  /// Bytes of a piece before compression; a multiple of every element's size.
  static let pieceSize = Digest.pieceSize
  /// No zstd frame that holds something is shorter.
  static let shortestFrame = 9
  /// Arrays below this size stay raw.
  private static let smallest = 512
  private static let level: Int32 = 1

  /// The number of pieces of so many bytes.
  static func pieceCount(_ byteCount: Int) -> Int { (byteCount + pieceSize - 1) / pieceSize }

  /// The coding that makes a sample of the array smallest; raw unless that saves at least a tenth.
  static func choose(for array: EncodedArray) -> ArrayCoding {
    guard array.bytes.count >= smallest else { return .raw }
    let sample = sample(of: array.bytes)
    var best = (coding: ArrayCoding.raw, size: sample.count - sample.count / 10)
    for coding in [ArrayCoding.zstd, .shuffledZstd] where coding == .zstd || array.scalar.size > 1 {
      let size = sample.withUnsafeBytes { coding.compress($0, array.scalar.size)?.count ?? Int.max }
      if size < best.size { best = (coding, size) }
    }
    return best.coding
  }

  /// Four stretches of 32 KiB, spread over the array.
  private static func sample(of bytes: Bytes) -> [UInt8] {
    let stretch = 1 << 15
    return bytes.withUnsafeBytes { all in
      guard all.count > 4 * stretch else { return [UInt8](all) }
      let step = (all.count - stretch) / 3 & ~7
      return (0..<4).flatMap { all[$0 * step..<$0 * step + stretch] }
    }
  }

  /// Writes an array from an offset on; returns how many bytes were written, nil if the sink refused some.
  func write(_ array: EncodedArray, to sink: ObjectSink, at offset: Int) -> Int? {
    let count = Self.pieceCount(array.bytes.count)
    let line = PieceLine(count, from: offset + 4 * count)
    array.bytes.withUnsafeBytes { all in
      nonisolated(unsafe) let source = all
      parallelFor(count) { index in
        guard !line.isBroken else { return }
        let range = Self.range(ofPiece: index, source.count)
        let piece = UnsafeRawBufferPointer(rebasing: source[range])
        if self == .raw {
          line.check(sink.write(offset + range.lowerBound, piece))
        } else {
          line.take(index, compress(piece, array.scalar.size), sink)
        }
      }
    }
    guard !line.isBroken else { return nil }
    if self == .raw { return array.bytes.count }
    return line.table.withUnsafeBytes({ sink.write(offset, $0) }) ? line.end - offset : nil
  }

  private static func range(ofPiece index: Int, _ byteCount: Int) -> Range<Int> {
    index * pieceSize..<min(byteCount, (index + 1) * pieceSize)
  }

  private func compress(_ piece: UnsafeRawBufferPointer, _ width: Int) -> [UInt8]? {
    var result: Int?
    let bytes = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(piece.count)) { target, filled in
      let size = shuffled(piece, width) {
        ZSTD_compress(target.baseAddress, target.count, $0.baseAddress, $0.count, Self.level)
      }
      result = ZSTD_isError(size) == 0 ? size : nil
      filled = result ?? 0
    }
    return result == nil ? nil : bytes
  }

  private func shuffled<R>(
    _ piece: UnsafeRawBufferPointer, _ width: Int, _ body: (UnsafeRawBufferPointer) -> R
  ) -> R {
    guard self == .shuffledZstd else { return body(piece) }
    return withUnsafeTemporaryAllocation(byteCount: piece.count, alignment: 64) { target in
      ByteShuffle.sort(piece, width: width, into: target)
      return body(UnsafeRawBufferPointer(target))
    }
  }

  /// Where each piece starts and the last one ends, by the table of their lengths; nil if that cannot be.
  static func starts(_ table: [UInt8], from: Int, to end: Int) -> [Int]? {
    var starts = [from]
    for index in 0..<table.count / 4 {
      let length = table.withUnsafeBytes {
        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
      }
      guard Int(length) <= ZSTD_compressBound(pieceSize) else { return nil }
      starts.append(starts[index] + Int(length))
    }
    return starts[starts.count - 1] == end ? starts : nil
  }

  /// Reads an array; false if lengths and content do not agree everywhere.
  ///
  /// - Parameters:
  ///   - width: the bytes of an element.
  ///   - offset: where raw bytes start.
  ///   - starts: where compressed pieces start and the last one ends.
  func read(
    _ width: Int, from source: ObjectSource, at offset: Int, _ starts: [Int],
    into memory: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let count = Self.pieceCount(memory.count)
    let isGood = Buffer<Bool>(repeating: false, count: count)
    nonisolated(unsafe) let target = memory
    parallelFor(count) { index in
      let range = Self.range(ofPiece: index, target.count)
      let piece = UnsafeMutableRawBufferPointer(rebasing: target[range])
      isGood.base[index] =
        self == .raw
        ? source.read(offset + range.lowerBound, piece)
        : decompress(source, starts[index]..<starts[index + 1], width, into: piece)
    }
    return (0..<count).allSatisfy { isGood.base[$0] }
  }

  private func decompress(
    _ source: ObjectSource, _ range: Range<Int>, _ width: Int, into piece: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let packed = Buffer<UInt8>(uninitialized: range.count)
    guard source.read(range.lowerBound, UnsafeMutableRawBufferPointer(start: packed.base, count: range.count))
    else { return false }
    func unpack(into target: UnsafeMutableRawBufferPointer) -> Bool {
      ZSTD_getFrameContentSize(packed.base, range.count) == UInt64(target.count)
        && ZSTD_decompress(target.baseAddress, target.count, packed.base, range.count) == target.count
    }
    guard self == .shuffledZstd else { return unpack(into: piece) }
    return withUnsafeTemporaryAllocation(byteCount: piece.count, alignment: 64) { sorted in
      guard unpack(into: sorted) else { return false }
      ByteShuffle.restore(UnsafeRawBufferPointer(sorted), width: width, into: piece)
      return true
    }
  }
}

/// Gives compressed pieces their places one behind the other, in whatever order they are ready.
private final class PieceLine: Sendable {
  private struct State {
    var pieces: [[UInt8]?]
    /// The first piece that has no place yet.
    var next = 0
    var end: Int
    var table: [UInt8] = []
    var isBroken = false
  }

  private let state: Mutex<State>

  init(_ count: Int, from start: Int) {
    state = Mutex(State(pieces: Array(repeating: nil, count: count), end: start))
  }

  /// Whether something went wrong.
  var isBroken: Bool { state.withLock { $0.isBroken } }
  /// Where the last piece ends.
  var end: Int { state.withLock { $0.end } }
  /// The lengths of the pieces.
  var table: [UInt8] { state.withLock { $0.table } }

  /// Takes in whether something went well.
  func check(_ isGood: Bool) { if !isGood { state.withLock { $0.isBroken = true } } }

  /// Takes a piece, and writes those that now have a place.
  func take(_ index: Int, _ piece: [UInt8]?, _ sink: ObjectSink) {
    check(piece != nil)
    let placed: [(offset: Int, piece: [UInt8])] = state.withLock { state in
      state.pieces[index] = piece
      var placed: [(offset: Int, piece: [UInt8])] = []
      while state.next < state.pieces.count, let piece = state.pieces[state.next] {
        placed.append((state.end, piece))
        ObjectFormat.append(UInt32(piece.count), to: &state.table)
        state.end += piece.count
        state.pieces[state.next] = []
        state.next += 1
      }
      return placed
    }
    for (offset, piece) in placed { check(piece.withUnsafeBytes { sink.write(offset, $0) }) }
  }
}
