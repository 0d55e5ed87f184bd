/// Appends little-endian values to an array of bytes.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Bytes with their length before them.
  mutating func put(counted content: some Collection<UInt8>) {
    put(UInt32(content.count))
    bytes.append(contentsOf: content)
  }
}

/// Takes little-endian values from memory; nil where the memory ends too early.
struct ByteReader {
  let memory: UnsafeRawBufferPointer
  private(set) var at = 0

  init(_ memory: UnsafeRawBufferPointer) { self.memory = memory }

  var isAtEnd: Bool { at == memory.count }

  mutating func take<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type = Number.self)
    -> Number?
  {
    guard memory.count - at >= MemoryLayout<Number>.size else { return nil }
    defer { at += MemoryLayout<Number>.size }
    return Number(littleEndian: memory.loadUnaligned(fromByteOffset: at, as: Number.self))
  }

  mutating func take(bytes count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0, memory.count - at >= count else { return nil }
    defer { at += count }
    return UnsafeRawBufferPointer(rebasing: memory[at..<at + count])
  }

  mutating func takeCounted() -> UnsafeRawBufferPointer? {
    guard let count = take(UInt32.self) else { return nil }
    return take(bytes: Int(count))
  }
}

/// A checksum of 64 bits: finds every error that lies within eight aligned bytes, others but one in 2⁶⁴.
///
/// Each step is one to one in what came before and in the next eight bytes, so a single changed word always
/// changes the result. It guards against accidents of disks, the digest of an artifact against everything.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  var sum = UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15 ^ 0x243F_6A88_85A3_08D3
  func mix(_ word: UInt64) {
    sum = (sum ^ word) &* 0xD6E8_FEB8_6659_FD93
    sum ^= sum >> 32
  }
  var at = 0
  while at + 8 <= bytes.count {
    mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
    at += 8
  }
  var last: UInt64 = 0
  for index in at..<bytes.count { last = last << 8 | UInt64(bytes[index]) }
  mix(last)
  mix(0)
  return sum
}
