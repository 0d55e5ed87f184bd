internal import CKernels

// Means, variances and covariances of columns, in double. `rows` selects rows (fit rows, say); nil takes all. Sums over
// rows are taken in groups that depend on the number of rows alone and are added in order.

/// The mean of each column over `rows`; zeros where there is no row.
public func columnMeans<Scalar: MatrixScalar>(of a: Matrix<Scalar>, rows: [Int]? = nil) -> [Double] {
  let count = rows?.count ?? a.rows
  return sumOverRows(of: a, rows: rows) { sums, row in add(row, to: sums, count: a.columns) }
    .map { $0 / Double(max(1, count)) }
}

/// The population variance (divided by n) of each column over `rows`, about `means`; zeros where there is no row.
public func columnVariances<Scalar: MatrixScalar>(
  of a: Matrix<Scalar>, rows: [Int]? = nil, means: [Double]
) -> [Double] {
  precondition(means.count == a.columns)
  let count = rows?.count ?? a.rows
  return sumOverRows(of: a, rows: rows) { sums, row in
    means.withUnsafeBufferPointer { addSquares(row, about: $0, to: sums) }
  }.map { $0 / Double(max(1, count)) }
}

/// The mean and the population variance (divided by n) of each column over `rows`, in one pass.
///
/// The pass goes about the mean of a sample of the rows, so that nothing cancels.
public func columnMoments(
  of a: Matrix<Float>, rows: [Int]? = nil
) -> (means: [Double], variances: [Double]) {
  let (count, columns) = (rows?.count ?? a.rows, a.columns)
  let shifts = columnMeans(of: someRows(of: a, rows: rows))
  let sums = shifts.withUnsafeBufferPointer { shifts in
    sumOverRows(of: a, rows: rows, width: 2 * columns) { sums, row in
      guard let shifts = shifts.baseAddress else { return }
      kernel_add_moments(sums, sums + columns, row, shifts, columns)
    }
  }
  let n = Double(max(1, count))
  let offsets = sums[..<columns].map { $0 / n }
  return (
    zip(shifts, offsets).map(+), zip(sums[columns...], offsets).map { max(0, $0 / n - $1 * $1) }
  )
}

/// The mean and the population covariance (divided by n) of the columns over `rows`, in one pass; see
/// ``covariance(of:rows:means:stoppingAt:)``.
public func meansAndCovariance<Failure>(
  of a: Matrix<Float>, rows: [Int]? = nil, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> (means: [Double], covariance: Matrix<Double>) {
  let (count, columns) = (rows?.count ?? a.rows, a.columns)
  let sample = someRows(of: a, rows: rows)
  var shifts = columnMeans(of: sample)
  // Where means are small beside the spread nothing cancels, and rows are multiplied where they lie.
  let isCentered = isNearlyCentered(
    means: shifts, variances: columnVariances(of: sample, means: shifts))
  if isCentered { shifts = shifts.map { _ in 0 } }
  var (products, sums) = try a.withPointer { base throws(Failure) in
    let source = RowSource(
      base, rows: a.rows, columns: columns, indices: rows, means: isCentered ? nil : shifts)
    return try sumOfProductsAndColumns(source, safePoint)
  }
  let n = Double(max(1, count))
  let offsets = sums.map { $0 / n }
  products.withMutablePointer { base in
    for row in 0..<columns {
      for column in 0..<columns {
        base[row * columns + column] = base[row * columns + column] / n - offsets[row] * offsets[column]
      }
    }
  }
  return (zip(shifts, offsets).map(+), products)
}

/// Whether every column varies by at least as much as its mean: subtracting the mean afterwards then costs no more
/// accuracy than rounding does anyway.
public func isNearlyCentered(means: [Double], variances: [Double]) -> Bool {
  zip(means, variances).allSatisfy { $0 * $0 <= $1 }
}

/// At most some 1024 of the rows, spread over all of them: their means are near those of all.
private func someRows(of a: Matrix<Float>, rows: [Int]?) -> Matrix<Float> {
  let count = rows?.count ?? a.rows
  let step = max(1, count / 1024)
  return a.selecting(rows: stride(from: 0, to: count, by: step).map { rows?[$0] ?? $0 })
}

/// The population covariance (divided by n) of the columns over `rows`, about `means`: d × d, exactly symmetric.
///
/// Rows are centred before they are multiplied, so a large mean costs no accuracy. Elements of type Float are
/// multiplied in single precision in blocks of rows that are summed in double: the error is about 1e-7 of
/// the product of the two standard deviations.
public func covariance<Scalar: MatrixScalar, Failure>(
  of a: Matrix<Scalar>, rows: [Int]? = nil, means: [Double],
  stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Double> {
  let count = rows?.count ?? a.rows
  var sums = try a.withPointer { base throws(Failure) in
    let source = RowSource(base, rows: a.rows, columns: a.columns, indices: rows, means: means)
    return try sumOfProducts(source, nil, safePoint)
  }
  let size = sums.count
  sums.withMutablePointer { base in
    for index in 0..<size { base[index] /= Double(max(1, count)) }
  }
  return sums
}

/// The rows at `rows` in that order with `means` subtracted in double.
public func centered<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, rows: [Int]? = nil, means: [Double]
) -> Matrix<Scalar> {
  let count = rows?.count ?? a.rows
  return Matrix(rows: count, columns: a.columns) { target in
    guard let out = target.baseAddress else { return }
    a.withPointer { base in
      let source = RowSource(base, rows: a.rows, columns: a.columns, indices: rows, means: means)
      parallelTiles(Tiling(total: count, size: rowsPerTile(columns: a.columns))) { tile in
        source.read(tile, columns: 0..<a.columns, into: out + tile.lowerBound * a.columns)
      }
    }
  }
}

/// Sums what `body` adds to the sums for each row.
///
/// - Parameter width: how many sums there are, as many as columns if absent.
private func sumOverRows<Scalar: MatrixScalar>(
  of a: Matrix<Scalar>, rows: [Int]?, width: Int? = nil,
  _ body: (UnsafeMutablePointer<Double>, UnsafePointer<Scalar>) -> Void
) -> [Double] {
  let (count, columns) = (rows?.count ?? a.rows, a.columns)
  let width = width ?? columns
  precondition(rows?.allSatisfy { $0 >= 0 && $0 < a.rows } ?? true)
  let tiling = Tiling(total: count, size: max(rowsPerTile(columns: columns), (count + 63) / 64))
  let partial = Buffer<Double>(repeating: 0, count: tiling.count * width)
  a.withPointer { base in
    parallelFor(tiling.count) { tile in
      let sums = partial.base + tile * width
      for row in tiling[tile] { body(sums, base + (rows?[row] ?? row) * columns) }
    }
  }
  return (0..<width).map { column in
    var sum = 0.0
    for tile in 0..<tiling.count { sum += partial.base[tile * width + column] }
    return sum
  }
}

/// A tile of rows that is worth a thread's while: about 64 Ki elements.
func rowsPerTile(columns: Int) -> Int { max(1, 65_536 / max(1, columns)) }

private func add<Scalar: MatrixScalar>(
  _ row: UnsafePointer<Scalar>, to sums: UnsafeMutablePointer<Double>, count: Int
) {
  if Scalar.self == Float.self {
    kernel_accumulate(sums, UnsafeRawPointer(row).assumingMemoryBound(to: Float.self), count)
  } else {
    for column in 0..<count { sums[column] += Double(row[column]) }
  }
}

private func addSquares<Scalar: MatrixScalar>(
  _ row: UnsafePointer<Scalar>, about means: UnsafeBufferPointer<Double>,
  to sums: UnsafeMutablePointer<Double>
) {
  if Scalar.self == Float.self {
    guard let first = means.baseAddress else { return }
    kernel_add_squares(sums, UnsafeRawPointer(row).assumingMemoryBound(to: Float.self), first, means.count)
  } else {
    for column in 0..<means.count {
      let difference = Double(row[column]) - means[column]
      sums[column] += difference * difference
    }
  }
}
