/// Columns packed sixteen side by side, row after row, so that sums over rows run along sixteen columns.
///
/// A constant column comes last, then columns of zeros; rows of zeros come after the others.
public struct ColumnPanels: Sendable {
  /// The number of panels.
  public let count: Int
  /// The rows of each panel, with those of zeros.
  public let paddedRows: Int
  /// The numbers of all columns of a row: 16 times the number of panels.
  public var width: Int { count * RowPanels.width }
  let storage: Buffer<Float>

  /// Packs the columns of a matrix.
  ///
  /// - Parameters:
  ///   - paddedRows: how many rows there are with those of zeros.
  ///   - constant: what the last column holds.
  public init(_ a: Matrix<Float>, paddedRows: Int, constant: Float) {
    precondition(paddedRows >= a.rows)
    let size = RowPanels.width
    let count = a.columns / size + 1
    let packed = Buffer<Float>(uninitialized: count * size * paddedRows)
    let whole = a.columns / size
    a.withPointer { base in
      parallelTiles(Tiling(total: paddedRows, size: 512)) { rows in
        for panel in 0..<count {
          for row in rows {
            let target = packed.base + (panel * paddedRows + row) * size
            let kept = row >= a.rows ? 0 : panel < whole ? size : a.columns - panel * size
            if kept > 0 { target.update(from: base + row * a.columns + panel * size, count: kept) }
            if kept < size { (target + kept).update(repeating: 0, count: size - kept) }
            if panel == whole && row < a.rows { target[kept] = constant }
          }
        }
      }
    }
    (self.count, self.paddedRows, storage) = (count, paddedRows, packed)
  }

  /// Where a row of a panel lies.
  public func base(panel: Int, row: Int) -> UnsafePointer<Float> {
    UnsafePointer(storage.base + (panel * paddedRows + row) * RowPanels.width)
  }
}
