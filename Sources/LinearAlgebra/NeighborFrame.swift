internal import CKernels

/// Rows made ready for bounds: of unit length for cosines, and less the mean of the references.
///
/// With m the mean, q = m + y and r = m + z: 1 − q·r = (1 − m·m − y·m) − m·z − y·z, and
/// ‖q − r‖² = ‖y‖² + ‖z‖² − 2 y·z.
struct NeighborFrame {
  let ranking: NeighborRanking
  let means: [Double]
  private var squaredMean: Double { means.reduce(0) { $0 + $1 * $1 } }

  /// Nil for rows that are not finite or too large for single precision.
  init?(_ ranking: NeighborRanking) {
    self.ranking = ranking
    // Between two rows lie four times the square of the larger norm at most, and the mean is no longer than a row.
    let most = Double(Float.greatestFiniteMagnitude) / 32
    func isFit(_ squares: [Double]) -> Bool { squares.allSatisfy { $0 < most } }
    let squares = ranking.references.squaredRowNorms()
    guard isFit(squares), isFit(ranking.queries.squaredRowNorms()) else { return nil }
    let columns = ranking.references.columns
    if ranking.metric == .euclidean {
      means = columnMeans(of: ranking.references)
    } else {
      let lengths = ranking.referenceNorms
      let tiling = Tiling(total: squares.count, size: (squares.count + 15) / 16)
      let sums = Buffer<Double>(repeating: 0, count: tiling.count * columns)
      ranking.references.withPointer { base in
        parallelFor(tiling.count) { tile in
          for row in tiling[tile] where lengths[row] > 0 {
            kernel_axpy_double(sums.base + tile * columns, 1 / lengths[row], base + row * columns, columns)
          }
        }
      }
      means = (0..<columns).map { column in
        (0..<tiling.count).reduce(0) { $0 + sums.base[$1 * columns + column] } / Double(squares.count)
      }
    }
  }

  /// What the product of rows is multiplied with.
  var scale: Float { ranking.metric == .euclidean ? 2 : 1 }

  /// Writes some rows, made ready.
  func read(_ rows: Range<Int>, of matrix: Matrix<Float>, into target: UnsafeMutablePointer<Float>) {
    let columns = matrix.columns
    matrix.withPointer { base in
      means.withUnsafeBufferPointer { means in
        guard let means = means.baseAddress else { return }
        for (position, row) in rows.enumerated() {
          let (source, out) = (base + row * columns, target + position * columns)
          if ranking.metric == .euclidean {
            kernel_subtract(out, source, means, columns)
          } else {
            let square = kernel_squared_norm(source, columns)
            kernel_scaled_less(out, source, square > 0 ? 1 / square.squareRoot() : 0, means, columns)
          }
        }
      }
    }
  }

  /// What a query's bounds have in common, from its row made ready, rounded down.
  func bias(_ row: UnsafePointer<Float>) -> Double {
    if ranking.metric == .euclidean { return kernel_squared_norm(row, means.count) * (1 - 0x1p-20) }
    return 1 - squaredMean + lessMean(row)
  }

  /// What a reference adds to its bounds, from its row made ready, rounded down.
  func offset(_ row: UnsafePointer<Float>) -> Float {
    let offset =
      ranking.metric == .euclidean
      ? kernel_squared_norm(row, means.count) * (1 - 0x1p-20) : lessMean(row)
    return Float(offset).nextDown
  }

  /// −m·y, less what the rounding of y to single precision may do.
  private func lessMean(_ row: UnsafePointer<Float>) -> Double {
    let product = means.indices.reduce(0) { $0 + Double(row[$1]) * means[$1] }
    return -product - 0x1p-20 * (squaredMean * kernel_squared_norm(row, means.count)).squareRoot()
  }
}
