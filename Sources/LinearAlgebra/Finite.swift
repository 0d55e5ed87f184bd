extension Matrix {
  /// Whether no element is infinite or NaN.
  public var isFinite: Bool { firstTileNotFinite == nil }

  /// The row and the column of the first element that is infinite or NaN; nil where there is none.
  public var firstNotFinite: (row: Int, column: Int)? {
    guard let tile = firstTileNotFinite else { return nil }
    return withPointer { base in
      tile.first { !base[$0].isFinite }.map { ($0 / columns, $0 % columns) }
    }
  }

  /// The first tile of elements among which one is infinite or NaN.
  private var firstTileNotFinite: Range<Int>? {
    let tiling = Tiling(total: count, size: 1 << 17)
    guard tiling.count > 0 else { return nil }
    let found = Buffer<Bool>(repeating: false, count: tiling.count)
    withPointer { base in
      parallelFor(tiling.count) { tile in
        let range = tiling[tile]
        found.base[tile] = !allFinite(base + range.lowerBound, count: range.count)
      }
    }
    return (0..<tiling.count).first { found.base[$0] }.map { tiling[$0] }
  }
}

/// Whether no value is infinite or NaN.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
public func allFinite<Scalar: MatrixScalar>(_ base: UnsafePointer<Scalar>, count: Int) -> Bool {
  // 0·x is 0 for finite x and NaN for the rest, and NaN stays NaN in a sum.
  var (sum, tail) = (SIMD16<Scalar>(repeating: 0), Scalar(0))
  let whole = count - count % 16
  for index in stride(from: 0, to: whole, by: 16) {
    let values = UnsafeRawPointer(base + index).loadUnaligned(as: SIMD16<Scalar>.self)
    sum += values * 0
  }
  for index in whole..<count { tail += base[index] * 0 }
  return (sum.sum() + tail).isFinite
}
