internal import CCrypto
internal import CKernels
internal import LinearAlgebra

/// A SHA-256 digest: names bytes by their content.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The 32 bytes as four big-endian words.
  private let words: SIMD4<UInt64>

  /// A digest from its 32 bytes; nil for another length.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Digest.byteCount else { return nil }
    var words = SIMD4<UInt64>()
    for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
    self.words = words
  }

  /// A digest from 32 bytes of memory; nil for another length.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Digest.byteCount else { return nil }
    words = SIMD4(
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)))
  }

  /// A digest from its 64 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    let digits = Array(hex.utf8)
    guard digits.count == 2 * Digest.byteCount else { return nil }
    var words = SIMD4<UInt64>()
    for index in 0..<4 {
      let part = String(decoding: digits[16 * index..<16 * index + 16], as: UTF8.self)
      guard !part.hasPrefix("+"), !part.hasPrefix("-"), let word = UInt64(part, radix: 16) else { return nil }
      words[index] = word
    }
    self.words = words
  }

  /// The digest of some bytes.
  public init(of bytes: UnsafeRawBufferPointer) {
    var out: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &out) { target in
      pipe_sha256(bytes.baseAddress, bytes.count, target.baseAddress)
    }
    words = SIMD4(out.0.bigEndian, out.1.bigEndian, out.2.bigEndian, out.3.bigEndian)
  }

  /// The digest of some bytes.
  public init(of bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Digest(of: $0) }
  }

  /// The digest of a long stretch of memory as a tree: of the digests of its pieces of 1 MiB, taken on all cores.
  ///
  /// One piece or less has its plain digest, so short and long data agree where they meet.
  public static func tree(of bytes: UnsafeRawBufferPointer) -> Digest {
    guard bytes.count > pieceSize, let base = bytes.baseAddress else { return Digest(of: bytes) }
    let leaves = Buffer<UInt8>(uninitialized: (bytes.count + pieceSize - 1) / pieceSize * byteCount)
    let memory = UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(mutating: base), count: bytes.count)
    _ = takeLeaves(of: memory, into: leaves) { _, _ in true }
    return Digest(of: UnsafeRawBufferPointer(start: leaves.base, count: leaves.count))
  }

  /// The tree digests of stretches of `size` bytes, whole pieces and at least two of them, that `fill` brings into
  /// `memory` piece by piece, several at once; nil if it cannot.
  static func trees(
    of memory: UnsafeMutableRawBufferPointer, each size: Int,
    filling fill: (_ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Bool
  ) -> [Digest]? {
    let leaves = Buffer<UInt8>(uninitialized: memory.count / pieceSize * byteCount)
    guard takeLeaves(of: memory, into: leaves, filling: fill) else { return nil }
    let each = size / pieceSize * byteCount
    return stride(from: 0, to: leaves.count, by: each).map {
      Digest(of: UnsafeRawBufferPointer(start: leaves.base + $0, count: each))
    }
  }

  /// The digests of the pieces of some memory, each after `fill` has brought its bytes; false if it could not.
  private static func takeLeaves(
    of memory: UnsafeMutableRawBufferPointer, into leaves: Buffer<UInt8>,
    filling fill: (_ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Bool
  ) -> Bool {
    guard let base = memory.baseAddress else { return true }
    let count = (memory.count + pieceSize - 1) / pieceSize
    nonisolated(unsafe) let start = base
    // Several lanes take as many pieces at once; without them one piece at a time stays in the cache.
    let lanes = paysForLanes ? Int(SHA256_LANES) : 1
    let failed = Buffer<Bool>(repeating: false, count: count)
    parallelFor((count + lanes - 1) / lanes) { group in
      let pieces = group * lanes..<min(count, (group + 1) * lanes)
      for piece in pieces {
        let range = piece * pieceSize..<min(memory.count, (piece + 1) * pieceSize)
        failed.base[piece] = !fill(range.lowerBound, UnsafeMutableRawBufferPointer(rebasing: memory[range]))
      }
      let whole = pieces.prefix { ($0 + 1) * pieceSize <= memory.count }
      let together = paysForLanes && whole.count >= fewestLanes ? whole : whole.prefix(0)
      if let first = together.first {
        takeTogether(
          (first..<first + lanes).map { UnsafeRawPointer(start + min($0, whole.endIndex - 1) * pieceSize) },
          together.count, into: leaves.base + first * byteCount)
      }
      for piece in pieces.dropFirst(together.count) {
        let range = piece * pieceSize..<min(memory.count, (piece + 1) * pieceSize)
        let leaf = Digest(of: UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count))
        for (offset, byte) in leaf.bytes.enumerated() { leaves.base[piece * byteCount + offset] = byte }
      }
    }
    return !UnsafeBufferPointer(start: failed.base, count: count).contains(true)
  }

  private static func takeTogether(
    _ pieces: [UnsafeRawPointer], _ count: Int, into target: UnsafeMutablePointer<UInt8>
  ) {
    let pointers = pieces.map { $0.assumingMemoryBound(to: UInt8.self) as UnsafePointer<UInt8>? }
    withUnsafeTemporaryAllocation(byteCount: pieces.count * byteCount, alignment: 64) { digests in
      guard let out = digests.baseAddress else { return }
      sha256_lanes(pointers, pieceSize, out.assumingMemoryBound(to: UInt8.self))
      UnsafeMutableRawPointer(target).copyMemory(from: out, byteCount: count * byteCount)
    }
  }

  /// Bytes of the pieces of a tree.
  static let pieceSize = 1 << 20
  /// With fewer lanes in use it is quicker to go one by one.
  private static let fewestLanes = 5
  private static let paysForLanes = sha256_lanes_pay() != 0

  /// The length of a digest in bytes.
  public static let byteCount = 32

  /// The 32 bytes.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { target, count in
      for index in 0..<Digest.byteCount {
        target[index] = UInt8(truncatingIfNeeded: words[index / 8] >> (56 - 8 * (index % 8)))
      }
      count = Digest.byteCount
    }
  }

  /// The first 64 bits.
  public var prefix: UInt64 { words[0] }

  /// The 64 hexadecimal digits.
  public var hex: String {
    withHex { digits in
      String(unsafeUninitializedCapacity: digits.count) { text in
        UnsafeMutableRawBufferPointer(text).copyMemory(from: digits)
        return digits.count
      }
    }
  }

  /// Calls `body` with the 64 hexadecimal digits, without a string to hold them.
  public func withHex<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var digits = SIMD8<UInt64>()
    for index in 0..<4 {
      digits[2 * index] = Digest.hex(of: words[index] >> 32)
      digits[2 * index + 1] = Digest.hex(of: words[index] & 0xFFFF_FFFF)
    }
    return withUnsafeBytes(of: digits, body)
  }

  /// The 8 hexadecimal digits of a number below 2³², as bytes in the order of the text; all at once, as keys are
  /// made of the digits of other keys.
  private static func hex(of number: UInt64) -> UInt64 {
    // Spread the nibbles over the bytes.
    var spread = (number | number << 16) & 0x0000_FFFF_0000_FFFF
    spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
    spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
    // From 10 on, letters follow 39 places after where digits would go on.
    let isLetter = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return (spread + 0x3030_3030_3030_3030 + isLetter * 39).bigEndian
  }

  /// The first 12 hexadecimal digits, for people.
  public var short: String { String(hex.prefix(12)) }

  /// The 64 hexadecimal digits.
  public var description: String { hex }

  /// A part of a digest is as good as a whole one.
  public func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }

  /// The order of the bytes.
  public static func < (a: Digest, b: Digest) -> Bool {
    for index in 0..<4 where a.words[index] != b.words[index] { return a.words[index] < b.words[index] }
    return false
  }
}

/// The eight hexadecimal digits of a number, the first in the highest byte: all at once, as plans and records hold
/// tens of thousands of digests.
private func digits(of number: UInt32) -> UInt64 {
  var spread = UInt64(number)
  spread = (spread << 16 | spread) & 0x0000_FFFF_0000_FFFF
  spread = (spread << 8 | spread) & 0x00FF_00FF_00FF_00FF
  spread = (spread << 4 | spread) & 0x0F0F_0F0F_0F0F_0F0F
  let isLetter = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
  return spread + 0x3030_3030_3030_3030 + isLetter * (0x61 - 0x3A)
}

/// Takes a digest of bytes that come piece by piece.
public struct DigestStream: ~Copyable {
  private let context: OpaquePointer?

  /// Starts with nothing taken in.
  public init() {
    context = EVP_MD_CTX_new()
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Takes in the next bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// Takes in the next bytes.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// The digest of all that was taken in; nothing may follow.
  public consuming func finish() -> Digest {
    var out: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    return withUnsafeMutableBytes(of: &out) { target in
      EVP_DigestFinal_ex(context, target.baseAddress, nil)
      guard let digest = Digest(bytes: target) else { preconditionFailure("SHA-256 has 32 bytes") }
      return digest
    }
  }
}

/// The digest of everything that can change a node's result.
public struct Key: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The digest.
  public let digest: Digest

  /// A key from the digest of its components.
  public init(_ digest: Digest) { self.digest = digest }

  /// The 64 hexadecimal digits.
  public var description: String { digest.hex }

  /// The order of the digests.
  public static func < (a: Key, b: Key) -> Bool { a.digest < b.digest }
}
