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
///
/// - Parameter isNearlyCentered: whether the means are small beside the spread of the columns: then the products of
///   the means are subtracted from those of the rows.
public func centeredProduct<Failure>(
  _ a: Matrix<Float>, means: [Double], transposed b: Matrix<Float>, isNearlyCentered: Bool = false,
  stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Float> {
  precondition(a.columns == b.columns && means.count == a.columns)
  return try Matrix(rows: a.rows, columns: b.rows) { target throws(Failure) in
    guard let out = target.baseAddress else { return }
    // A tile of rows of about half a second cache; wide results are cut by columns, so that of `b` as much is at hand.
    let tiling = Tiling(total: a.rows, size: max(64, min(512, 131_072 / max(1, a.columns))))
    let columnTiles = Tiling(total: b.rows, size: 512)
    let offsets = isNearlyCentered ? negatedProducts(of: means, with: b) : nil
    let scratch = Scratch<Float>(count: min(tiling.size, a.rows) * a.columns)
    try a.withPointer { base throws(Failure) in
      let source = RowSource(
        base, rows: a.rows, columns: a.columns, means: isNearlyCentered ? nil : means)
      try b.withPointer { right throws(Failure) in
        try parallelTiles(tiling, stoppingAt: safePoint) { rows in
          if let offsets {
            for row in rows { (out + row * b.rows).update(from: offsets.base, count: b.rows) }
          }
          source.withBlock(rows: rows, columns: 0..<a.columns, scratch: scratch) { left in
            for tile in 0..<columnTiles.count {
              let columns = columnTiles[tile]
              BLAS.multiply(
                left,
                BLAS.Operand(
                  base: right + columns.lowerBound * a.columns, stride: a.columns, isTransposed: true),
                rows: rows.count, columns: columns.count, depth: a.columns, beta: offsets == nil ? 0 : 1,
                into: out + rows.lowerBound * b.rows + columns.lowerBound, stride: b.rows)
            }
          }
        }
      }
    }
  }
}

/// −Σ mean · element for each row of `b`, summed in double.
private func negatedProducts(of means: [Double], with b: Matrix<Float>) -> Buffer<Float> {
  let products = Buffer<Float>(uninitialized: b.rows)
  b.withPointer { base in
    for row in 0..<b.rows {
      var sum = 0.0
      for column in 0..<b.columns { sum += means[column] * Double(base[row * b.columns + column]) }
      products.base[row] = Float(-sum)
    }
  }
  return products
}
