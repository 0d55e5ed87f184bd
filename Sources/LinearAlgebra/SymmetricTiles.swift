internal import CKernels

/// A symmetric matrix with the sums of its rows, in double.
public struct SummedMatrix: Sendable {
  /// n × n, the same in both triangles.
  public var matrix: Matrix<Float>
  /// Σ of each row.
  public let rowSums: [Double]
}

/// A function of the dot products of the rows of an n × d matrix: n × n.
///
/// Half of the products are computed, a tile at a time; each is mapped, summed and mirrored while it is in the cache.
/// - Parameter map: replaces products by what they become; called for pieces of rows, on several threads.
public func mappedGram<Failure>(
  _ a: Matrix<Float>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none,
  by map: (UnsafeMutableBufferPointer<Float>) -> Void
) throws(Failure) -> SummedMatrix {
  try a.withPointer { base throws(Failure) in
    try symmetricMatrix(order: a.rows, safePoint) { tile in
      tile.fillWithProducts(of: base, columns: a.columns)
      for row in tile.rows { map(tile.piece(of: row)) }
    }
  }
}

/// A function of the squared Euclidean distances among the rows of an n × d matrix: n × n.
///
/// As `mappedGram`; the distances are accurate as those of `squaredDistances`, and exactly 0 on the diagonal.
/// - Parameter map: replaces distances by what they become; called for pieces of rows, on several threads.
public func mappedSquaredDistances<Failure>(
  among a: Matrix<Float>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none,
  by map: (UnsafeMutableBufferPointer<Float>) -> Void
) throws(Failure) -> SummedMatrix {
  let frame = DistanceFrame(a)
  return try frame.points.withPointer { base throws(Failure) in
    try frame.norms.withUnsafeBufferPointer { norms throws(Failure) in
      try symmetricMatrix(order: a.rows, safePoint) { tile in
        tile.fillWithProducts(of: base, columns: a.columns)
        guard let norms = norms.baseAddress else { return }
        for row in tile.rows {
          let piece = tile.piece(of: row)
          guard let start = piece.baseAddress else { continue }
          kernel_distances_from_products(start, norms[row], norms + tile.columns.lowerBound, piece.count)
          if tile.columns.contains(row) { start[row - tile.columns.lowerBound] = 0 }
          map(piece)
        }
      }
    }
  }
}

/// A function of the sums of absolute differences of the rows of an n × d matrix: n × n.
///
/// As `mappedGram`.
/// - Parameter map: replaces sums by what they become; called for pieces of rows, on several threads.
public func mappedManhattanDistances<Failure>(
  among a: Matrix<Float>, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none,
  by map: (UnsafeMutableBufferPointer<Float>) -> Void
) throws(Failure) -> SummedMatrix {
  let panels = RowPanels(a)
  return try a.withPointer { base throws(Failure) in
    try symmetricMatrix(order: a.rows, safePoint) { tile in
      tile.fillWithManhattanDistances(panels, of: base)
      for row in tile.rows { map(tile.piece(of: row)) }
    }
  }
}

/// Values of a kernel: replaces each x by (scale·x + constant) to the power `degree`, at least 1.
public func raise(
  _ values: UnsafeMutableBufferPointer<Float>, scale: Float, constant: Float, toPower degree: Int
) {
  guard let base = values.baseAddress else { return }
  kernel_power(base, scale, constant, Int32(clamping: degree), values.count)
}

/// Some rows and columns of a symmetric matrix, none of the columns after the last row.
private struct SymmetricTile {
  let matrix: UnsafeMutablePointer<Float>
  let order: Int
  let rows: Range<Int>
  let columns: Range<Int>

  var corner: UnsafeMutablePointer<Float> { matrix + rows.lowerBound * order + columns.lowerBound }

  /// The elements of a row that are not after the diagonal.
  func piece(of row: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: matrix + row * order + columns.lowerBound,
      count: min(columns.upperBound, row + 1) - columns.lowerBound)
  }

  func fillWithProducts(of base: UnsafePointer<Float>, columns depth: Int) {
    let left = BLAS.Operand(base: base + rows.lowerBound * depth, stride: depth)
    if rows == columns {
      BLAS.multiplySymmetric(left, order: rows.count, depth: depth, into: corner, stride: order)
    } else {
      let right = BLAS.Operand(base: base + columns.lowerBound * depth, stride: depth, isTransposed: true)
      BLAS.multiply(
        left, right, rows: rows.count, columns: columns.count, depth: depth, into: corner, stride: order)
    }
  }

  func fillWithManhattanDistances(_ panels: RowPanels, of base: UnsafePointer<Float>) {
    let (width, step) = (RowPanels.width, 48)
    let part = Buffer<Float>(uninitialized: step * width)
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
      let points = RowPanels.Points(
        base + start * panels.columns, count: min(step, rows.upperBound - start))
      // Tiles start at whole panels.
      for first in stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
        panels.manhattan(first / width..<first / width + 1, to: points, into: part.base)
        let kept = min(width, columns.upperBound - first)
        for row in 0..<points.count {
          (matrix + (start + row) * order + first).update(from: part.base + row * width, count: kept)
        }
      }
    }
  }

  /// Mirrors the tile and writes the sums of its rows, and those of its columns, as they are rows of its image.
  func finish(rowSums: UnsafeMutablePointer<Double>, columnSums: UnsafeMutablePointer<Double>) {
    let isDiagonal = rows == columns
    let image = matrix + columns.lowerBound * order + rows.lowerBound
    symmetric_mirror(corner, image, order, rows.count, columns.count, isDiagonal ? 1 : 0)
    symmetric_sums(corner, order, rows.count, columns.count, rowSums, isDiagonal ? nil : columnSums)
  }
}

/// Makes a symmetric matrix from the tiles of its lower half; what `fill` leaves above the diagonal does not matter.
private func symmetricMatrix<Failure>(
  order: Int, _ safePoint: SafePoint<Failure>, fill: (SymmetricTile) -> Void
) throws(Failure) -> SummedMatrix {
  let tiling = Tiling(total: order, size: 512)
  let pairs = lowerPairs(tiling.count)
  // The sums over each tile have a place of their own; they are added in order.
  let sums = Buffer<Double>(uninitialized: tiling.count * order)
  let matrix = try Matrix<Float>(rows: order, columns: order) { target throws(Failure) in
    guard let base = target.baseAddress else { return }
    try parallelFor(pairs.count, stoppingAt: safePoint) { index in
      let (row, column) = pairs[index]
      let tile = SymmetricTile(matrix: base, order: order, rows: tiling[row], columns: tiling[column])
      fill(tile)
      tile.finish(
        rowSums: sums.base + column * order + tile.rows.lowerBound,
        columnSums: sums.base + row * order + tile.columns.lowerBound)
    }
  }
  let rowSums = (0..<order).map { row in
    (0..<tiling.count).reduce(0.0) { $0 + sums.base[$1 * order + row] }
  }
  return SummedMatrix(matrix: matrix, rowSums: rowSums)
}
