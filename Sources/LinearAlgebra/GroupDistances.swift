internal import CKernels

/// For each row the sums of its Euclidean distances to the rows of each group: n × groups.
///
/// Rows of one group stand side by side. Each distance is computed once, for both of its rows, from products in double
/// precision: the error is about 1e-8 of a row's norm for a distance that is nearly 0, else negligible. Takes memory for
/// n² ÷ 512 numbers besides the rows.
/// - Parameter starts: where each group begins, and the number of rows at the end; no group is empty.
public func distanceSums<Failure>(
  among a: Matrix<Double>, groups starts: [Int], stoppingAt safePoint: SafePoint<Failure>
) throws(Failure) -> Matrix<Double> {
  let pieces = GroupPieces(starts, tiling: Tiling(total: a.rows, size: 512))
  let norms = (0..<a.rows).map { row in a.squaredNorm(row) }
  let sums = Buffer<Double>(uninitialized: pieces.bounds.count * a.rows)
  let pairs = lowerPairs(pieces.tiling.count)
  let scratch = Scratch<Double>(count: 512 * 512 + 512)
  try norms.withUnsafeBufferPointer { norms throws(Failure) in
    guard let norms = norms.baseAddress else { return }
    try parallelFor(pairs.count, stoppingAt: safePoint) { index in
      scratch.withBuffer { pieces.add(pairs[index], of: a, norms, $0, to: sums.base) }
    }
  }
  return Matrix(rows: a.rows, columns: starts.count - 1) { target in
    for index in target.indices { target[index] = 0 }
    // In the order of the pieces, whoever summed them.
    for (piece, group) in pieces.groups.enumerated() {
      for row in 0..<a.rows { target[row * (starts.count - 1) + group] += sums.base[piece * a.rows + row] }
    }
  }
}

extension Matrix<Double> {
  fileprivate func squaredNorm(_ row: Int) -> Double {
    withPointer { base in
      var sum = 0.0
      for index in row * columns..<(row + 1) * columns { sum += base[index] * base[index] }
      return sum
    }
  }
}

/// Groups cut where tiles end, so that each piece lies in one tile.
private struct GroupPieces {
  let tiling: Tiling
  /// The rows of each piece.
  private(set) var bounds: [Range<Int>] = []
  /// The group of each piece.
  private(set) var groups: [Int] = []
  /// The pieces of each tile.
  private(set) var ofTile: [Range<Int>] = []

  init(_ starts: [Int], tiling: Tiling) {
    self.tiling = tiling
    var group = 0
    for tile in (0..<tiling.count).map({ tiling[$0] }) {
      let first = bounds.count
      var row = tile.lowerBound
      while row < tile.upperBound {
        while starts[group + 1] <= row { group += 1 }
        let end = min(starts[group + 1], tile.upperBound)
        bounds.append(row..<end)
        groups.append(group)
        row = end
      }
      ofTile.append(first..<bounds.count)
    }
  }

  /// Sums the distances between the rows of two tiles, of a later one and an earlier one or the same, for both.
  func add(
    _ pair: (Int, Int), of a: Matrix<Double>, _ norms: UnsafePointer<Double>,
    _ scratch: UnsafeMutablePointer<Double>, to sums: UnsafeMutablePointer<Double>
  ) {
    let (rows, columns) = (tiling[pair.0], tiling[pair.1])
    let (products, width, isSame) = (scratch, columns.count, pair.0 == pair.1)
    a.withPointer { base in
      let left = BLAS.Operand(base: base + rows.lowerBound * a.columns, stride: a.columns)
      let right = BLAS.Operand(
        base: base + columns.lowerBound * a.columns, stride: a.columns, isTransposed: true)
      BLAS.multiply(
        left, right, rows: rows.count, columns: width, depth: a.columns, into: products, stride: width)
    }
    // A row is at no distance from itself, to the last bit.
    if isSame { for index in 0..<width { products[index * width + index] = norms[rows.lowerBound + index] } }
    // Within one tile every distance comes twice: the sums of its columns are those of its rows.
    let unused = scratch + 512 * 512
    for piece in ofTile[pair.0] {
      let columnSums = isSame ? unused : sums + piece * a.rows + columns.lowerBound
      columnSums.update(repeating: 0, count: width)
      for row in bounds[piece] {
        let line = products + (row - rows.lowerBound) * width
        for other in ofTile[pair.1] {
          let (start, count) = (bounds[other].lowerBound, bounds[other].count)
          let offset = start - columns.lowerBound
          sums[other * a.rows + row] = linkage_add_distances(
            line + offset, norms[row], norms + start, columnSums + offset, count)
        }
      }
    }
  }
}
