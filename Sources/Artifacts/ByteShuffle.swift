/// Sorts the bytes of elements by their place in the element, which makes numbers that are alike compressible.
enum ByteShuffle {
  /// All first bytes, all second, and so on; both stretches have the same length, a multiple of the width.
  static func sort(_ source: UnsafeRawBufferPointer, width: Int, into target: UnsafeMutableRawBufferPointer) {
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let rows = source.count / width
    var row = 0
    if width == 4 {
      while row + 16 <= rows {
        let words = (from + 4 * row).loadUnaligned(as: SIMD16<UInt32>.self)
        for place in 0..<4 {
          let bytes = SIMD16<UInt8>(truncatingIfNeeded: words &>> UInt32(8 * place))
          (to + place * rows + row).storeBytes(of: bytes, as: SIMD16<UInt8>.self)
        }
        row += 16
      }
    }
    for row in row..<rows {
      for place in 0..<width {
        let byte = (from + row * width + place).load(as: UInt8.self)
        (to + place * rows + row).storeBytes(of: byte, as: UInt8.self)
      }
    }
  }

  /// The reverse of ``sort(_:width:into:)``.
  static func restore(
    _ source: UnsafeRawBufferPointer, width: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let rows = source.count / width
    var row = 0
    if width == 4 {
      while row + 16 <= rows {
        var words = SIMD16<UInt32>()
        for place in 0..<4 {
          let bytes = (from + place * rows + row).loadUnaligned(as: SIMD16<UInt8>.self)
          words |= SIMD16<UInt32>(truncatingIfNeeded: bytes) &<< UInt32(8 * place)
        }
        (to + 4 * row).storeBytes(of: words, as: SIMD16<UInt32>.self)
        row += 16
      }
    }
    for row in row..<rows {
      for place in 0..<width {
        let byte = (from + place * rows + row).load(as: UInt8.self)
        (to + row * width + place).storeBytes(of: byte, as: UInt8.self)
      }
    }
  }
}
