internal import CZstd
internal import LinearAlgebra

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
  static let pieceSize = 1 << 20
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

  /// The lengths of the pieces, then the compressed pieces.
  func encode(_ array: EncodedArray) -> [Bytes] {
    let count = Self.pieceCount(array.bytes.count)
    let pieces = Pieces(count)
    array.bytes.withUnsafeBytes { all in
      nonisolated(unsafe) let source = all
      parallelFor(count) { index in
        let end = min(source.count, (index + 1) * Self.pieceSize)
        let piece = UnsafeRawBufferPointer(rebasing: source[index * Self.pieceSize..<end])
        pieces.base[index] = compress(piece, array.scalar.size)
      }
    }
    var table: [UInt8] = []
    var parts: [Bytes] = []
    for index in 0..<count {
      guard let piece = pieces.base[index] else { preconditionFailure("zstd refused a piece of 1 MiB") }
      ObjectFormat.append(UInt32(piece.count), to: &table)
      parts.append(Bytes(copying: piece))
    }
    return [Bytes(copying: table)] + parts
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
      let rows = piece.count / width
      for place in 0..<width {
        for row in 0..<rows { target[place * rows + row] = piece[row * width + place] }
      }
      return body(UnsafeRawBufferPointer(target))
    }
  }

  /// Decompresses the pieces whose lengths stand in `table` and that lie in `source` from `at` to `end`.
  ///
  /// Returns false if lengths and content do not agree everywhere.
  func decode(
    _ form: ArrayForm, _ table: [UInt8], from source: ObjectSource, at: Int, end: Int,
    into memory: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let count = table.count / 4
    var starts = [at]
    for index in 0..<count {
      let length = table.withUnsafeBytes {
        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
      }
      guard Int(length) <= ZSTD_compressBound(Self.pieceSize) else { return false }
      starts.append(starts[index] + Int(length))
    }
    guard starts[count] == end else { return false }
    let isGood = Buffer<Bool>(repeating: false, count: count)
    nonisolated(unsafe) let target = memory
    let ranges = starts
    parallelFor(count) { index in
      let stop = min(target.count, (index + 1) * Self.pieceSize)
      let piece = UnsafeMutableRawBufferPointer(rebasing: target[index * Self.pieceSize..<stop])
      isGood.base[index] = decompress(
        source, ranges[index]..<ranges[index + 1], form.scalar.size, into: piece)
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
      let rows = piece.count / width
      for place in 0..<width {
        for row in 0..<rows { piece[row * width + place] = sorted[place * rows + row] }
      }
      return true
    }
  }
}

/// One slot a piece, each written by one tile of a parallel loop.
private final class Pieces: @unchecked Sendable {
  let base: UnsafeMutablePointer<[UInt8]?>
  private let count: Int

  init(_ count: Int) {
    self.count = count
    base = .allocate(capacity: count)
    base.initialize(repeating: nil, count: count)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }
}
