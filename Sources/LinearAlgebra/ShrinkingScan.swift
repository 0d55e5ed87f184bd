internal import CKernels

/// Finds which rows are nearer to one of them than each was yet known to be, while rows drop out one by one.
///
/// Products in single precision, sixteen rows side by side, pass over all rows that are certainly not nearer; the others
/// are measured in double. Rows that dropped out are packed away whenever they are half of all.
public struct ShrinkingScan {
  private let rows: Matrix<Float>
  /// The rows, shifted where that keeps accuracy.
  private let points: Matrix<Float>
  private let norms: [Double]
  private let highestNorm: Double
  /// The rows that are packed, ascending; those that dropped out since are still among them.
  private var packed: [Int32]
  private var panels: RowPanels
  private var remaining: Int
  /// Where each packed row stands among them.
  private let places: Buffer<Int32>
  /// The squared norm of each packed row less its limit; infinite for one that dropped out.
  private let offsets: Buffer<Float>
  private let scales: Buffer<Float>
  private let products: Buffer<Float>
  private let scores: Buffer<Float>
  private let found: Buffer<Int32>
  private let limits: Buffer<Double>

  /// A scan of the rows of a matrix, whose squared norms are finite as Float.
  ///
  /// - Parameter limit: the squared distance that rows are looked for within at first.
  public init(_ rows: Matrix<Float>, limit: Double) {
    let frame = DistanceFrame(rows)
    self.rows = rows
    points = frame.points
    norms = points.squaredRowNorms()
    highestNorm = (norms.max() ?? 0).squareRoot()
    packed = Array(0..<Int32(rows.rows))
    panels = RowPanels(points)
    remaining = rows.rows
    places = Buffer(uninitialized: rows.rows)
    let padded = panels.paddedRows
    offsets = Buffer(repeating: .infinity, count: padded)
    scales = Buffer(repeating: 2, count: padded)
    products = Buffer(uninitialized: padded)
    scores = Buffer(uninitialized: padded)
    found = Buffer(uninitialized: padded)
    limits = Buffer(repeating: limit, count: rows.rows)
    placeRows()
  }

  /// Looks for a row only where it is about as near as that squared distance, or nearer.
  public func setLimit(_ limit: Double, of row: Int) {
    limits.base[row] = limit
    offsets.base[Int(places.base[row])] = offset(row)
  }

  /// Drops a row.
  public mutating func remove(_ row: Int) {
    offsets.base[Int(places.base[row])] = .infinity
    limits.base[row] = -.infinity
    remaining -= 1
    guard remaining >= RowPanels.width, 2 * remaining <= packed.count else { return }
    packed.removeAll { limits.base[Int($0)] == -.infinity }
    panels = RowPanels(points.selecting(rows: packed.map { Int($0) }))
    placeRows()
  }

  /// The rows left, ascending, whose squared distance from a row is within their limit, or not above it for certain;
  /// with that distance.
  public func near(_ row: Int) -> [(row: Int, squaredDistance: Double)] {
    // Pieces that are worth a thread's while.
    let size = max(1, (1 << 20) / (RowPanels.width * max(1, points.columns)))
    let pieces = Tiling(total: panels.count, size: size)
    let counts = Buffer<Int>(repeating: 0, count: pieces.count)
    let limit = Float(error(row) - norms[row]).nextUp
    let columns = points.columns
    points.withPointer { base in
      parallelFor(pieces.count) { piece in
        let (range, first) = (pieces[piece], pieces[piece].lowerBound * RowPanels.width)
        panels.products(
          range, with: RowPanels.Points(base + row * columns, count: 1), into: products.base + first)
        counts.base[piece] = kernel_scores_within(
          products.base + first, offsets.base + first, scales.base + first, range.count * RowPanels.width,
          limit, scores.base + first, found.base + first)
      }
    }
    return rows.withPointer { base in
      (0..<pieces.count).flatMap { piece in
        let first = pieces[piece].lowerBound * RowPanels.width
        return (0..<counts.base[piece]).map { position in
          let other = Int(packed[first + Int(found.base[first + position])])
          return (other, kernel_squared_distance(base + row * columns, base + other * columns, columns))
        }
      }
    }
  }

  /// What the rounding of a score of two rows, of which this is one, may amount to.
  private func error(_ row: Int) -> Double {
    let norm = norms[row].squareRoot()
    return 0x1p-24
      * ((2 * Double(points.columns) + 16) * norm * highestNorm
        + 16 * (norms[row] + highestNorm * highestNorm))
  }

  private func placeRows() {
    offsets.base.update(repeating: .infinity, count: panels.paddedRows)
    for (place, row) in packed.enumerated() {
      places.base[Int(row)] = Int32(place)
      if limits.base[Int(row)] > -.infinity { offsets.base[place] = offset(Int(row)) }
    }
  }

  private func offset(_ row: Int) -> Float { Float(norms[row] - limits.base[row]).nextDown }
}
