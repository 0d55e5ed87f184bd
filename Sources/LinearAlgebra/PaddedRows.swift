/// Rows with a constant column after the others, then columns of zeros up to a multiple of sixteen; rows of zeros come
/// after the others.
///
/// Sums over rows run along sixteen columns then, and those over columns along a row.
public struct PaddedRows: Sendable {
  /// The number of rows, with those of zeros.
  public let rows: Int
  /// The number of columns, with the constant one and those of zeros.
  public let width: Int
  private let storage: Buffer<Float>

  /// Pads a matrix.
  ///
  /// - Parameters:
  ///   - rows: how many rows there are with those of zeros.
  ///   - constant: what the column after the others holds.
  public init(_ a: Matrix<Float>, rows: Int, constant: Float) {
    precondition(rows >= a.rows)
    let width = (a.columns / 16 + 1) * 16
    let padded = Buffer<Float>(uninitialized: rows * width)
    a.withPointer { base in
      parallelTiles(Tiling(total: rows, size: rowsPerTile(columns: width))) { tile in
        for row in tile {
          let target = padded.base + row * width
          let kept = row < a.rows ? a.columns : 0
          target.update(from: base + row * a.columns, count: kept)
          (target + kept).update(repeating: 0, count: width - kept)
          if row < a.rows { target[kept] = constant }
        }
      }
    }
    (self.rows, self.width, storage) = (rows, width, padded)
  }

  /// Where a row lies.
  public func base(row: Int) -> UnsafePointer<Float> { UnsafePointer(storage.base + row * width) }
}
