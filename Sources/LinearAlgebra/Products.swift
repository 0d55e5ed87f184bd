// Products of matrices in tiles that depend on the shapes alone, each by single-threaded BLAS: the same bytes at any
// number of threads. Shapes that do not fit are faults of the program and trap. All ask a safe point between tiles.

/// The product A·B of an m × k and a k × n matrix.
public func product<Scalar: MatrixScalar, Failure>(
  _ a: Matrix<Scalar>, _ b: Matrix<Scalar>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Scalar> {
  precondition(a.columns == b.rows)
  return try Matrix(rows: a.rows, columns: b.columns) { c throws(Failure) in
    try multiply(a, b, transposed: false, into: c, safePoint)
  }
}

/// The product A·Bᵀ of an m × k and an n × k matrix: the dot products of their rows.
public func product<Scalar: MatrixScalar, Failure>(
  _ a: Matrix<Scalar>, transposed b: Matrix<Scalar>,
  stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Scalar> {
  precondition(a.columns == b.columns)
  return try Matrix(rows: a.rows, columns: b.rows) { c throws(Failure) in
    try multiply(a, b, transposed: true, into: c, safePoint)
  }
}

/// Writes A·B over `c`, whose shape fits: an iteration so keeps its memory.
public func product<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, _ b: Matrix<Scalar>, into c: inout Matrix<Scalar>
) {
  precondition(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns)
  let count = c.count
  c.withMutablePointer {
    multiply(
      a, b, transposed: false, into: UnsafeMutableBufferPointer(start: $0, count: count),
      SafePoint<Never>.none)
  }
}

/// Writes A·Bᵀ over `c`, whose shape fits: an iteration so keeps its memory.
public func product<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, transposed b: Matrix<Scalar>, into c: inout Matrix<Scalar>
) {
  precondition(a.columns == b.columns && c.rows == a.rows && c.columns == b.rows)
  let count = c.count
  c.withMutablePointer {
    multiply(
      a, b, transposed: true, into: UnsafeMutableBufferPointer(start: $0, count: count),
      SafePoint<Never>.none)
  }
}

/// The product Aᵀ·B of an n × p and an n × q matrix, summed over the rows in double and rounded once.
public func product<Scalar: MatrixScalar, Failure>(
  transposed a: Matrix<Scalar>, _ b: Matrix<Scalar>,
  stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Scalar> {
  let sums = try crossProduct(a, b, stoppingAt: safePoint)
  return sums as? Matrix<Scalar> ?? sums.converted()
}

/// The Gram matrix A·Aᵀ of the rows of an n × d matrix: n × n, exactly symmetric.
public func gram<Scalar: MatrixScalar, Failure>(
  _ a: Matrix<Scalar>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Scalar> {
  let order = a.rows
  return try Matrix(rows: order, columns: order) { c throws(Failure) in
    guard let c = c.baseAddress, order > 0 else { return }
    try a.withPointer { base throws(Failure) in
      let tiling = Tiling(total: order, size: 512)
      let pairs = lowerPairs(tiling.count)
      try parallelFor(pairs.count, stoppingAt: safePoint) { index in
        let (rows, columns) = (tiling[pairs[index].0], tiling[pairs[index].1])
        let left = BLAS.Operand(base: base + rows.lowerBound * a.columns, stride: a.columns)
        let target = c + rows.lowerBound * order + columns.lowerBound
        if rows == columns {
          BLAS.multiplySymmetric(left, order: rows.count, depth: a.columns, into: target, stride: order)
        } else {
          let right = BLAS.Operand(
            base: base + columns.lowerBound * a.columns, stride: a.columns, isTransposed: true)
          BLAS.multiply(
            left, right, rows: rows.count, columns: columns.count, depth: a.columns, into: target,
            stride: order)
        }
        mirror(c, order: order, rows: rows, columns: columns)
      }
    }
  }
}

/// The cross product Aᵀ·A of an n × d matrix: d × d, exactly symmetric, blocks of rows summed in double.
public func crossProduct<Scalar: MatrixScalar, Failure>(
  _ a: Matrix<Scalar>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Double> {
  try a.withPointer { base throws(Failure) in
    try sumOfProducts(RowSource(base, rows: a.rows, columns: a.columns), nil, safePoint)
  }
}

/// The cross product Aᵀ·B of an n × p and an n × q matrix, blocks of rows summed in double.
public func crossProduct<Scalar: MatrixScalar, Failure>(
  _ a: Matrix<Scalar>, _ b: Matrix<Scalar>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Double> {
  precondition(a.rows == b.rows)
  return try a.withPointer { left throws(Failure) in
    try b.withPointer { right throws(Failure) in
      try sumOfProducts(
        RowSource(left, rows: a.rows, columns: a.columns), RowSource(right, rows: b.rows, columns: b.columns),
        safePoint)
    }
  }
}

/// Rows of a matrix in single precision as they enter products in double: less the means of the columns and each times
/// a factor of its own.
public struct WideRows {
  let matrix: Matrix<Float>
  let means: [Double]?
  let factors: [Double]?

  /// - Parameters:
  ///   - means: what is subtracted from each row; nothing if nil.
  ///   - factors: what each row is multiplied by; 1 if nil.
  public init(_ matrix: Matrix<Float>, means: [Double]? = nil, factors: [Double]? = nil) {
    (self.matrix, self.means, self.factors) = (matrix, means, factors)
  }

  fileprivate func source(_ base: UnsafePointer<Float>) -> RowSource<Double> {
    RowSource(
      widening: base, rows: matrix.rows, columns: matrix.columns, means: means, factors: factors)
  }
}

/// The cross product Aᵀ·A of n × d rows, in double throughout: d × d, exactly symmetric.
public func crossProduct<Failure>(
  _ a: WideRows, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Double> {
  try a.matrix.withPointer { base throws(Failure) in try sumOfProducts(a.source(base), nil, safePoint) }
}

/// The cross product Aᵀ·B of n × p and n × q rows, in double throughout.
public func crossProduct<Failure>(
  _ a: WideRows, _ b: WideRows, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Double> {
  precondition(a.matrix.rows == b.matrix.rows)
  return try a.matrix.withPointer { left throws(Failure) in
    try b.matrix.withPointer { right throws(Failure) in
      try sumOfProducts(a.source(left), b.source(right), safePoint)
    }
  }
}

private func multiply<Scalar: MatrixScalar, Failure>(
  _ a: Matrix<Scalar>, _ b: Matrix<Scalar>, transposed: Bool, into target: UnsafeMutableBufferPointer<Scalar>,
  _ safePoint: SafePoint<Failure>
) throws(Failure) {
  guard let c = target.baseAddress else { return }
  let (rows, columns, depth) = (a.rows, transposed ? b.rows : b.columns, a.columns)
  // Below some 50 µs of work a second thread costs more than it gives.
  let isSmall = 2 * rows * columns * depth < 4_000_000
  let isLarge = rows * columns >= 8 << 20
  let rowTiles = Tiling(total: rows, size: isSmall ? max(1, rows) : isLarge || columns <= 512 ? 512 : 256)
  let columnTiles = Tiling(total: columns, size: isSmall ? max(1, columns) : isLarge ? 1024 : 512)
  try a.withPointer { aBase throws(Failure) in
    try b.withPointer { bBase throws(Failure) in
      try parallelFor(rowTiles.count * columnTiles.count, stoppingAt: safePoint) { index in
        let rows = rowTiles[index / columnTiles.count]
        let columns = columnTiles[index % columnTiles.count]
        let left = BLAS.Operand(base: aBase + rows.lowerBound * depth, stride: depth)
        let offset = transposed ? columns.lowerBound * depth : columns.lowerBound
        let right = BLAS.Operand(base: bBase + offset, stride: b.columns, isTransposed: transposed)
        BLAS.multiply(
          left, right, rows: rows.count, columns: columns.count, depth: depth,
          into: c + rows.lowerBound * (transposed ? b.rows : b.columns) + columns.lowerBound,
          stride: transposed ? b.rows : b.columns)
      }
    }
  }
}

/// The pairs (i, j) with j ≤ i < count, row after row.
func lowerPairs(_ count: Int) -> [(Int, Int)] {
  (0..<count).flatMap { row in (0...row).map { (row, $0) } }
}

/// Copies a tile of the lower triangle to its mirror image; of a tile on the diagonal the part below it.
func mirror<Scalar: MatrixScalar>(
  _ c: UnsafeMutablePointer<Scalar>, order: Int, rows: Range<Int>, columns: Range<Int>
) {
  // In small squares, as one side or the other is read or written across the rows.
  for top in stride(from: rows.lowerBound, to: rows.upperBound, by: 32) {
    for left in stride(from: columns.lowerBound, to: columns.upperBound, by: 32) {
      for row in top..<min(top + 32, rows.upperBound) {
        for column in left..<min(left + 32, columns.upperBound, max(left, row)) {
          c[column * order + row] = c[row * order + column]
        }
      }
    }
  }
}
