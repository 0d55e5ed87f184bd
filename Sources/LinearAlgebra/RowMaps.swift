internal import CKernels

/// (x − mean)·factor for each value, in double, column by column.
public func scaled(_ a: Matrix<Float>, means: [Double], factors: [Double]) -> Matrix<Float> {
  precondition(means.count == a.columns && factors.count == a.columns)
  return Matrix(rows: a.rows, columns: a.columns) { target in
    guard let out = target.baseAddress else { return }
    a.withPointer { base in
      means.withUnsafeBufferPointer { means in
        factors.withUnsafeBufferPointer { factors in
          guard let means = means.baseAddress, let factors = factors.baseAddress else { return }
          parallelTiles(Tiling(total: a.rows, size: rowsPerTile(columns: a.columns))) { rows in
            for row in rows {
              kernel_scale(out + row * a.columns, base + row * a.columns, means, factors, a.columns)
            }
          }
        }
      }
    }
  }
}

/// The products of the rows of an n × d matrix, less `means`, with those of a k × d matrix: n × k.
///
/// Rows are centred in double before they are multiplied, so that large means cost no accuracy, a tile at a time while
/// it is in the cache.
public func centeredProduct<Failure>(
  _ a: Matrix<Float>, means: [Double], transposed b: Matrix<Float>,
  stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Float> {
  precondition(a.columns == b.columns && means.count == a.columns)
  return try Matrix(rows: a.rows, columns: b.rows) { target throws(Failure) in
    guard let out = target.baseAddress else { return }
    // A tile of rows of about half a second cache; wide results are cut by columns, so that of `b` as much is at hand.
    let tiling = Tiling(total: a.rows, size: max(64, min(512, 131_072 / max(1, a.columns))))
    let columnTiles = Tiling(total: b.rows, size: 512)
    let scratch = Scratch<Float>(count: min(tiling.size, a.rows) * a.columns)
    try a.withPointer { base throws(Failure) in
      let source = RowSource(base, rows: a.rows, columns: a.columns, means: means)
      try b.withPointer { right throws(Failure) in
        try parallelTiles(tiling, stoppingAt: safePoint) { rows in
          source.withBlock(rows: rows, columns: 0..<a.columns, scratch: scratch) { left in
            for tile in 0..<columnTiles.count {
              let columns = columnTiles[tile]
              BLAS.multiply(
                left,
                BLAS.Operand(
                  base: right + columns.lowerBound * a.columns, stride: a.columns, isTransposed: true),
                rows: rows.count, columns: columns.count, depth: a.columns,
                into: out + rows.lowerBound * b.rows + columns.lowerBound, stride: b.rows)
            }
          }
        }
      }
    }
  }
}
