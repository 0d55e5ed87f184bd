extension Matrix {
  /// Whether no element is infinite or NaN.
  public var isFinite: Bool { withPointer { allFinite($0, count: count) } }
}

/// Whether no value is infinite or NaN.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func allFinite<Scalar: MatrixScalar>(_ base: UnsafePointer<Scalar>, count: Int) -> Bool {
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
