internal import CKernels

/// The squared Euclidean distances between the rows of `a` (m × d) and those of `b` (n × d): m × n.
///
/// They are ‖a‖² + ‖b‖² − 2 a·b, never below 0. Rows whose common mean outweighs their spread are shifted by it first,
/// so the error is about 1e-6 of the squared distances from the mean.
public func squaredDistances<Failure>(
  _ a: Matrix<Float>, _ b: Matrix<Float>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Float> {
  precondition(a.columns == b.columns)
  let frame = DistanceFrame(b)
  let columnTiles = Tiling(total: b.rows, size: 1024)
  return try Matrix(rows: a.rows, columns: b.rows) { target throws(Failure) in
    guard let c = target.baseAddress else { return }
    frame.forEachTile(of: a, rows: 256) { rows, left in
      let rowNorms = frame.squaredNorms(left, rows: rows.count)
      for columns in (0..<columnTiles.count).map({ columnTiles[$0] }) where !safePoint.shouldStop {
        let corner = c + rows.lowerBound * b.rows + columns.lowerBound
        frame.multiply(left, rows: rows.count, columns: columns, into: corner, stride: b.rows)
        frame.norms.withUnsafeBufferPointer { norms in
          guard let norms = norms.baseAddress else { return }
          for row in 0..<rows.count {
            kernel_distances_from_products(
              corner + row * b.rows, rowNorms[row], norms + columns.lowerBound, columns.count)
          }
        }
      }
    }
    try safePoint.check()
  }
}

/// The squared Euclidean distances among the rows of `a` (n × d): n × n, exactly symmetric, with zeros on the diagonal.
///
/// Accuracy as for distances between two matrices.
public func squaredDistances<Failure>(
  among a: Matrix<Float>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Float> {
  let frame = DistanceFrame(a)
  let order = a.rows
  var distances = try gram(frame.points, stoppingAt: safePoint)
  distances.withMutablePointer { base in
    frame.norms.withUnsafeBufferPointer { norms in
      guard let norms = norms.baseAddress else { return }
      // ‖a‖² + ‖b‖² rounds alike in both orders, and the Gram matrix is symmetric: so is the result.
      parallelTiles(Tiling(total: order, size: rowsPerTile(columns: order))) { tile in
        for row in tile where !safePoint.shouldStop {
          kernel_distances_from_products(base + row * order, norms[row], norms, order)
          base[row * order + row] = 0
        }
      }
    }
  }
  try safePoint.check()
  return distances
}

/// For each row of `a` the nearest row of `centroids` by Euclidean distance, and its squared distance.
///
/// Rows at the same distance to working precision: one of them; at exactly the same product and norm: the first.
/// The distance to the row that was found is exact to single precision. There is at least one centroid.
public func nearest<Failure>(
  rows a: Matrix<Float>, to centroids: Matrix<Float>,
  stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> (index: [Int32], squaredDistance: [Float]) {
  precondition(a.columns == centroids.columns && (centroids.rows > 0 || a.rows == 0))
  let frame = DistanceFrame(centroids)
  var squared = [Float](repeating: 0, count: a.rows)
  var index = [Int32](repeating: 0, count: a.rows)
  let columnTiles = Tiling(total: centroids.rows, size: 1024)
  let scratch = Scratch<Float>(count: 512 * min(1024, centroids.rows))
  squared.withUnsafeMutableBufferPointer { squared in
    index.withUnsafeMutableBufferPointer { index in
      guard let squared = squared.baseAddress, let index = index.baseAddress else { return }
      frame.forEachTile(of: a, rows: centroids.rows <= 512 ? 512 : 256) { rows, left in
        if safePoint.shouldStop { return }
        scratch.withBuffer { products in
          for columns in (0..<columnTiles.count).map({ columnTiles[$0] }) {
            frame.multiply(left, rows: rows.count, columns: columns, into: products, stride: columns.count)
            frame.improve(
              rows: rows, columns: columns, products: products, index: index, score: squared)
          }
        }
        frame.measure(left, rows: rows, index: index, squared: squared)
      }
    }
  }
  try safePoint.check()
  return (index, squared)
}

/// Points that others are compared with: shifted where that keeps accuracy, with their norms.
struct DistanceFrame {
  /// What was subtracted from each point; nil where nothing was.
  let shift: [Double]?
  /// The points, shifted.
  let points: Matrix<Float>
  /// The squared norms of `points`.
  let norms: [Float]

  init(_ b: Matrix<Float>) {
    let means = columnMeans(of: b)
    let offset = means.reduce(0) { $0 + $1 * $1 }
    // Subtracting the mean costs a pass over the data: only where products would otherwise lose digits.
    let spread = columnVariances(of: b, means: means).reduce(0, +)
    shift = offset > spread ? means : nil
    points = offset > spread ? centered(b, means: means) : b
    norms = points.squaredRowNorms().map { Float($0) }
  }

  /// The points as they are.
  init(unshifted b: Matrix<Float>) {
    shift = nil
    points = b
    norms = []
  }

  /// Calls `body` with each tile of rows of `a`, shifted as the points are.
  func forEachTile(
    of a: Matrix<Float>, rows size: Int,
    _ body: (Range<Int>, BLAS.Operand<Float>) -> Void
  ) {
    a.withPointer { base in
      let source = RowSource(base, rows: a.rows, columns: a.columns, means: shift)
      let scratch = Scratch<Float>(count: source.scratchCount(rows: size, columns: a.columns))
      let tiling = Tiling(total: a.rows, size: size)
      func visit(_ rows: Range<Int>) {
        source.withBlock(rows: rows, columns: 0..<a.columns, scratch: scratch) { body(rows, $0) }
      }
      if 2 * a.rows * points.rows * a.columns < 4_000_000 {
        for tile in 0..<tiling.count { visit(tiling[tile]) }
      } else {
        parallelTiles(tiling, visit)
      }
    }
  }

  /// The squared norms of a block's rows.
  func squaredNorms(_ block: BLAS.Operand<Float>, rows: Int) -> [Float] {
    (0..<rows).map { Float(kernel_squared_norm(block.base + $0 * block.stride, points.columns)) }
  }

  /// The products of a block of rows with some of the points.
  func multiply(
    _ left: BLAS.Operand<Float>, rows: Int, columns: Range<Int>, into target: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    points.withPointer { base in
      let right = BLAS.Operand(
        base: base + columns.lowerBound * points.columns, stride: points.columns, isTransposed: true)
      BLAS.multiply(
        left, right, rows: rows, columns: columns.count, depth: points.columns, into: target, stride: stride)
    }
  }

  /// Takes the points of one tile where they are nearer than what was found in the tiles before.
  fileprivate func improve(
    rows: Range<Int>, columns: Range<Int>, products: UnsafePointer<Float>,
    index: UnsafeMutablePointer<Int32>, score: UnsafeMutablePointer<Float>
  ) {
    norms.withUnsafeBufferPointer { norms in
      guard let norms = norms.baseAddress else { return }
      for (position, row) in rows.enumerated() {
        var found: Int32 = 0
        let least = kernel_row_argmin(
          products + position * columns.count, norms + columns.lowerBound, columns.count, &found)
        if columns.lowerBound == 0 || least < score[row] {
          score[row] = least
          index[row] = Int32(columns.lowerBound) + found
        }
      }
    }
  }

  /// The exact distances to the points that were found.
  fileprivate func measure(
    _ left: BLAS.Operand<Float>, rows: Range<Int>, index: UnsafePointer<Int32>,
    squared: UnsafeMutablePointer<Float>
  ) {
    points.withPointer { base in
      for (position, row) in rows.enumerated() {
        squared[row] = Float(
          kernel_squared_distance(
            left.base + position * left.stride, base + Int(index[row]) * points.columns, points.columns))
      }
    }
  }
}
