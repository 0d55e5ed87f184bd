/// Turns `count` numbers at `raw`, aligned as their type asks, into Float32, rounding to nearest.
///
/// What is larger than the largest Float32 becomes infinite.
func decode(
  _ raw: UnsafeRawPointer, _ encoding: NumberEncoding, count: Int, into target: UnsafeMutablePointer<Float>
) {
  let swapped = encoding.isSwapped
  switch (encoding.kind, encoding.bytes) {
  case (.signed, 1): decodeIntegers(raw.assumingMemoryBound(to: Int8.self), swapped, count, target)
  case (.signed, 2): decodeIntegers(raw.assumingMemoryBound(to: Int16.self), swapped, count, target)
  case (.signed, 4): decodeIntegers(raw.assumingMemoryBound(to: Int32.self), swapped, count, target)
  case (.signed, _): decodeIntegers(raw.assumingMemoryBound(to: Int64.self), swapped, count, target)
  case (.unsigned, 1): decodeIntegers(raw.assumingMemoryBound(to: UInt8.self), swapped, count, target)
  case (.unsigned, 2): decodeIntegers(raw.assumingMemoryBound(to: UInt16.self), swapped, count, target)
  case (.unsigned, 4): decodeIntegers(raw.assumingMemoryBound(to: UInt32.self), swapped, count, target)
  case (.unsigned, _): decodeIntegers(raw.assumingMemoryBound(to: UInt64.self), swapped, count, target)
  case (.float, 2): decodeHalves(raw.assumingMemoryBound(to: UInt16.self), swapped, count, target)
  case (.float, 4): decodeSingles(raw.assumingMemoryBound(to: UInt32.self), swapped, count, target)
  case (.float, _): decodeDoubles(raw.assumingMemoryBound(to: UInt64.self), swapped, count, target)
  }
}

@inline(__always)
private func decodeIntegers<T: FixedWidthInteger>(
  _ raw: UnsafePointer<T>, _ swapped: Bool, _ count: Int, _ target: UnsafeMutablePointer<Float>
) {
  if swapped {
    for i in 0..<count { target[i] = Float(raw[i].byteSwapped) }
  } else {
    for i in 0..<count { target[i] = Float(raw[i]) }
  }
}

private func decodeHalves(
  _ raw: UnsafePointer<UInt16>, _ swapped: Bool, _ count: Int, _ target: UnsafeMutablePointer<Float>
) {
  if swapped {
    for i in 0..<count { target[i] = single(half: raw[i].byteSwapped) }
  } else {
    for i in 0..<count { target[i] = single(half: raw[i]) }
  }
}

/// A Float16 as Float32, without the library call per value that the portable target makes.
///
/// Its exponent and fraction, moved into a Float32, are the value divided by 2¹¹² (subnormals included); infinity and
/// NaN need the largest exponent instead.
@inline(__always)
private func single(half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let magnitude = UInt32(half & 0x7fff) << 13
  let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
  return Float(bitPattern: sign | (half & 0x7c00 == 0x7c00 ? magnitude | 0x7f80_0000 : finite))
}

private func decodeSingles(
  _ raw: UnsafePointer<UInt32>, _ swapped: Bool, _ count: Int, _ target: UnsafeMutablePointer<Float>
) {
  if swapped {
    for i in 0..<count { target[i] = Float(bitPattern: raw[i].byteSwapped) }
  } else {
    for i in 0..<count { target[i] = Float(bitPattern: raw[i]) }
  }
}

private func decodeDoubles(
  _ raw: UnsafePointer<UInt64>, _ swapped: Bool, _ count: Int, _ target: UnsafeMutablePointer<Float>
) {
  if swapped {
    for i in 0..<count { target[i] = Float(Double(bitPattern: raw[i].byteSwapped)) }
  } else {
    for i in 0..<count { target[i] = Float(Double(bitPattern: raw[i])) }
  }
}

/// One number at `raw`, exactly.
enum ExactNumber {
  case signed(Int64)
  case unsigned(UInt64)
  case float(Double)

  init(_ raw: UnsafeRawPointer, _ encoding: NumberEncoding) {
    var bits: UInt64 = 0
    for i in 0..<encoding.bytes {
      let byte = encoding.isSwapped ? i : encoding.bytes - 1 - i
      bits = bits << 8 | UInt64(raw.load(fromByteOffset: byte, as: UInt8.self))
    }
    let unused = UInt64(64 - 8 * encoding.bytes)
    switch (encoding.kind, encoding.bytes) {
    case (.signed, _): self = .signed(Int64(bitPattern: bits << unused) >> Int64(unused))
    case (.unsigned, _): self = .unsigned(bits)
    case (.float, 2): self = .float(Double(single(half: UInt16(truncatingIfNeeded: bits))))
    case (.float, 4): self = .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case (.float, _): self = .float(Double(bitPattern: bits))
    }
  }
}

/// Reverses the bytes of each of `count` numbers of `size` bytes, in place.
func swapBytes(_ raw: UnsafeMutableRawPointer, size: Int, count: Int) {
  switch size {
  case 2: swapAll(raw.assumingMemoryBound(to: UInt16.self), count)
  case 4: swapAll(raw.assumingMemoryBound(to: UInt32.self), count)
  case 8: swapAll(raw.assumingMemoryBound(to: UInt64.self), count)
  default: break
  }
}

@inline(__always)
private func swapAll<T: FixedWidthInteger>(_ values: UnsafeMutablePointer<T>, _ count: Int) {
  for i in 0..<count { values[i] = values[i].byteSwapped }
}

/// The place of the first NaN or infinity in a row-major matrix, counted from 0; nil if all values are finite.
///
/// - Complexity: O(values), at the speed of memory.
public func firstNonFinite(
  in values: UnsafeBufferPointer<Float>, columns: Int
) -> (row: Int, column: Int)? {
  guard columns > 0 else { return nil }
  let block = 4096
  for start in stride(from: 0, to: values.count, by: block) {
    let range = start..<min(start + block, values.count)
    // x − x is 0 for every finite x and NaN for the others, and NaN survives the sum.
    var sum = SIMD16<Float>.zero
    var i = range.lowerBound
    while i + 16 <= range.upperBound {
      let x = UnsafeRawBufferPointer(values).loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self)
      sum += x - x
      i += 16
    }
    if i == range.upperBound, sum == .zero { continue }
    if let index = range.first(where: { !values[$0].isFinite }) { return (index / columns, index % columns) }
  }
  return nil
}
