import LinearAlgebra

/// Whether two numbers differ by at most a share of the larger.
func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  a == b || abs(a - b) <= tolerance * max(abs(a), abs(b))
}

/// The largest difference as a share of the largest expected value; infinite if the lengths differ.
func relativeError(_ values: some Collection<Double>, _ expected: some Collection<Double>) -> Double {
  guard values.count == expected.count else { return .infinity }
  let scale = expected.reduce(0) { max($0, abs($1)) }
  let worst = zip(values, expected).reduce(0) { $1.0 == $1.1 ? $0 : max($0, abs($1.0 - $1.1)) }
  // A NaN is no small difference.
  guard values.allSatisfy(\.isFinite) else { return .infinity }
  return worst == 0 ? 0 : worst / scale
}

/// The largest difference of two matrices as a share of the largest expected value.
func relativeError(_ values: Matrix<Float>, _ expected: Matrix<Float>) -> Double {
  guard values.rows == expected.rows else { return .infinity }
  return relativeError(values.elements.map(Double.init), expected.elements.map(Double.init))
}

extension Matrix<Float> {
  /// The matrix with the signs of its columns chosen so that they agree best with another one's.
  func alignedSigns(with other: Matrix<Float>) -> Matrix<Float> {
    var copy = self
    for column in 0..<columns {
      let product = (0..<rows).reduce(0.0) { $0 + Double(self[$1, column]) * Double(other[$1, column]) }
      if product < 0 { for row in 0..<rows { copy[row, column].negate() } }
    }
    return copy
  }
}
