extension Matrix {
  /// Turns each row so that its entry of largest magnitude is positive.
  ///
  /// Eigenvectors and singular vectors are defined up to their sign; this fixes it. Magnitudes within 1e-6 of the
  /// largest count as equal and the first of them decides, so that rounding does not choose the sign. A row of
  /// zeros stays.
  /// - Returns: +1 or −1 for each row: what it was multiplied by. The partner vectors of a singular value
  ///   decomposition take the same factors.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @discardableResult
  public mutating func fixSigns() -> [Scalar] {
    let (rows, columns) = (rows, columns)
    if columns == 0 { return [Scalar](repeating: 1, count: rows) }
    return withMutablePointer { base in
      (0..<rows).map { row in
        let values = UnsafeMutableBufferPointer(start: base + row * columns, count: columns)
        let largest = values.reduce(0) { max($0, abs($1)) }
        let deciding = values.first { abs($0) >= largest * (1 - 1e-6) } ?? 0
        if deciding >= 0 { return 1 }
        for column in 0..<columns { values[column] = -values[column] }
        return -1
      }
    }
  }

  /// Multiplies each row by its own factor.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public mutating func scaleRows(by factors: [Scalar]) {
    precondition(factors.count == rows)
    let (rows, columns) = (rows, columns)
    withMutablePointer { base in
      for row in 0..<rows {
        for index in row * columns..<(row + 1) * columns { base[index] *= factors[row] }
      }
    }
  }

  /// Multiplies each column by its own factor.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public mutating func scaleColumns(by factors: [Scalar]) {
    precondition(factors.count == columns)
    let (rows, columns) = (rows, columns)
    withMutablePointer { base in
      for row in 0..<rows {
        for column in 0..<columns { base[row * columns + column] *= factors[column] }
      }
    }
  }
}
