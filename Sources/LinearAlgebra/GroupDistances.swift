internal import CKernels

/// For each row the sums of its Euclidean distances to the rows of each group: n × groups.
///
/// Rows of one group stand side by side. Each distance is computed once, for both of its rows, from products of the
/// rows, whose mean should be near 0: in double precision, or, where there are many, in single precision with the tiles
/// in double that hold a pair near to each other. Then sums are accurate to about 1e-6, and means of many to 1e-8. Takes
/// memory for n² ÷ 512 numbers besides the rows.
/// - Parameter starts: where each group begins, and the number of rows at the end; no group is empty.
public func distanceSums<Failure>(
  among a: Matrix<Double>, groups starts: [Int], stoppingAt safePoint: SafePoint<Failure>
) throws(Failure) -> Matrix<Double> {
  // Below so many multiplications double precision costs nothing that is felt.
  let isLarge = a.rows * a.rows / 2 * a.columns >= 1 << 30
  return try distanceSums(among: a, groups: starts, quickly: isLarge, stoppingAt: safePoint)
}

/// The same, in the precision that is asked for.
func distanceSums<Failure>(
  among a: Matrix<Double>, groups starts: [Int], quickly: Bool,
  stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Matrix<Double> {
  let pieces = GroupPieces(starts, tiling: Tiling(total: a.rows, size: DistanceTile.size))
  let sums = Buffer<Double>(uninitialized: pieces.bounds.count * a.rows)
  let tile = DistanceTile(a, pieces, sums, quickly: quickly)
  let pairs = lowerPairs(pieces.tiling.count)
  let scratch = Scratch<Double>(count: DistanceTile.scratchCount)
  try parallelFor(pairs.count, stoppingAt: safePoint) { index in
    scratch.withBuffer { tile.add(pairs[index], $0) }
  }
  return Matrix(rows: a.rows, columns: starts.count - 1) { target in
    guard let target = target.baseAddress else { return }
    let groups = starts.count - 1
    parallelTiles(Tiling(total: a.rows, size: 256)) { rows in
      (target + rows.lowerBound * groups).update(repeating: 0, count: rows.count * groups)
      // In the order of the pieces, whoever summed them.
      for (piece, group) in pieces.groups.enumerated() {
        for row in rows { target[row * groups + group] += sums.base[piece * a.rows + row] }
      }
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
}

/// Sums distances between the rows of two tiles.
private struct DistanceTile {
  static let size = 512
  /// Products of two tiles, sums that nobody wants, and what a kernel may read behind its last.
  static let scratchCount = size * size + size + RowPanels.width
  /// Squared distances below this share of the squared norms' sum are taken from products in double precision.
  private static let close: Float = 0.05

  private let points: Matrix<Double>
  private let norms: Buffer<Double>
  /// The same in single precision, where it pays.
  private let quick: (points: Matrix<Float>, norms: Buffer<Float>)?
  private let pieces: GroupPieces
  private let sums: Buffer<Double>

  init(_ points: Matrix<Double>, _ pieces: GroupPieces, _ sums: Buffer<Double>, quickly: Bool) {
    (self.points, self.pieces, self.sums) = (points, pieces, sums)
    let (rows, columns) = (points.rows, points.columns)
    let norms = Buffer<Double>(uninitialized: rows)
    let single = quickly ? Buffer<Float>(uninitialized: rows * columns) : nil
    points.withPointer { base in
      parallelTiles(Tiling(total: rows, size: 64)) { tile in
        for row in tile {
          var lanes = SIMD8<Double>.zero
          for index in row * columns..<(row + 1) * columns { lanes[index & 7] += base[index] * base[index] }
          norms.base[row] = lanes.sum()
          guard let single else { continue }
          for index in row * columns..<(row + 1) * columns { single.base[index] = Float(base[index]) }
        }
      }
    }
    self.norms = norms
    guard let single, (0..<rows).allSatisfy({ norms.base[$0] < 1e37 }) else {
      quick = nil
      return
    }
    let singleNorms = Buffer<Float>(repeating: 0, count: rows + RowPanels.width)
    for row in 0..<rows { singleNorms.base[row] = Float(norms.base[row]) }
    quick = (Matrix(rows: rows, columns: columns, buffer: single), singleNorms)
  }

  /// Sums the distances between the rows of a later tile and an earlier one or the same, for both.
  func add(_ pair: (Int, Int), _ scratch: UnsafeMutablePointer<Double>) {
    if let quick, addQuickly(pair, quick.points, quick.norms.base, scratch) { return }
    let (rows, columns) = (pieces.tiling[pair.0], pieces.tiling[pair.1])
    let (width, isSame) = (columns.count, pair.0 == pair.1)
    multiply(points, rows, columns, into: scratch)
    // A row is at no distance from itself, to the last bit.
    if isSame {
      for index in 0..<width { scratch[index * width + index] = norms.base[rows.lowerBound + index] }
    }
    for piece in pieces.ofTile[pair.0] {
      let columnSums = columnSums(piece, columns, isSame: isSame, scratch)
      for row in pieces.bounds[piece] {
        let line = scratch + (row - rows.lowerBound) * width
        for other in pieces.ofTile[pair.1] {
          let (start, count) = (pieces.bounds[other].lowerBound, pieces.bounds[other].count)
          let offset = start - columns.lowerBound
          sums.base[other * points.rows + row] = linkage_add_distances(
            line + offset, norms.base[row], norms.base + start, columnSums + offset, count)
        }
      }
    }
  }

  /// The same in single precision; false if that is not good enough.
  private func addQuickly(
    _ pair: (Int, Int), _ points: Matrix<Float>, _ norms: UnsafePointer<Float>,
    _ scratch: UnsafeMutablePointer<Double>
  ) -> Bool {
    let (rows, columns) = (pieces.tiling[pair.0], pieces.tiling[pair.1])
    let (width, isSame) = (columns.count, pair.0 == pair.1)
    var close = isSame ? -width : 0
    scratch.withMemoryRebound(to: Float.self, capacity: 2 * Self.scratchCount) { products in
      multiply(points, rows, columns, into: products)
      if isSame {
        for index in 0..<width { products[index * width + index] = norms[rows.lowerBound + index] }
      }
      for piece in pieces.ofTile[pair.0] {
        let columnSums = columnSums(piece, columns, isSame: isSame, scratch)
        let own = pieces.bounds[piece]
        for other in pieces.ofTile[pair.1] {
          let bounds = pieces.bounds[other]
          let offset = bounds.lowerBound - columns.lowerBound
          let rowSums = sums.base + other * points.rows + own.lowerBound
          rowSums.update(repeating: 0, count: own.count)
          close += linkage_add_quick_distances(
            products + (own.lowerBound - rows.lowerBound) * width + offset, width, norms + own.lowerBound,
            own.count, norms + bounds.lowerBound, bounds.count, Self.close, rowSums, columnSums + offset)
        }
      }
    }
    return close == 0
  }

  /// Where the sums of a piece's distances to each row of another tile go, emptied.
  ///
  /// Within one tile every distance comes twice: the sums of its columns are those of its rows.
  private func columnSums(
    _ piece: Int, _ columns: Range<Int>, isSame: Bool, _ scratch: UnsafeMutablePointer<Double>
  ) -> UnsafeMutablePointer<Double> {
    let target =
      isSame ? scratch + Self.size * Self.size : sums.base + piece * points.rows + columns.lowerBound
    target.update(repeating: 0, count: columns.count)
    return target
  }

  private func multiply<Scalar>(
    _ a: Matrix<Scalar>, _ rows: Range<Int>, _ columns: Range<Int>, into out: UnsafeMutablePointer<Scalar>
  ) {
    a.withPointer { base in
      let left = BLAS.Operand(base: base + rows.lowerBound * a.columns, stride: a.columns)
      let right = BLAS.Operand(
        base: base + columns.lowerBound * a.columns, stride: a.columns, isTransposed: true)
      BLAS.multiply(
        left, right, rows: rows.count, columns: columns.count, depth: a.columns, into: out,
        stride: columns.count)
    }
  }
}
