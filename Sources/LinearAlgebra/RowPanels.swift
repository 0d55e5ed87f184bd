internal import CKernels

/// Rows packed sixteen side by side, so that many of them are compared with few points at the speed of the processor.
///
/// BLAS reaches a third of it for products with a handful of points, and what follows a product (the least, the
/// largest, a soft-max) would run across a row's few values; here it runs along sixteen rows. Packing costs a pass over
/// the data, so it pays where the same rows are used again and again. What is computed for a row depends on that row
/// and the points alone.
public struct RowPanels: Sendable {
  /// The rows of a panel.
  public static let width = 16
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  private let storage: Buffer<Float>

  /// Packs the rows of a matrix.
  public init(_ a: Matrix<Float>) {
    (rows, columns) = (a.rows, a.columns)
    let panels = (a.rows + Self.width - 1) / Self.width
    let packed = Buffer<Float>(uninitialized: panels * Self.width * a.columns)
    a.withPointer { base in
      parallelTiles(Tiling(total: panels, size: max(1, rowsPerTile(columns: a.columns) / Self.width))) {
        tile in
        for panel in tile {
          panel_pack(
            base + panel * Self.width * a.columns, a.columns, min(Self.width, a.rows - panel * Self.width),
            a.columns, packed.base + panel * Self.width * a.columns)
        }
      }
    }
    storage = packed
  }

  /// Packs rows that `body` writes, a range of them at a time, row after row.
  init(rows: Int, columns: Int, filledBy body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void) {
    (self.rows, self.columns) = (rows, columns)
    let panels = (rows + Self.width - 1) / Self.width
    let packed = Buffer<Float>(uninitialized: panels * Self.width * columns)
    let tiling = Tiling(total: rows, size: 512)
    let scratch = Scratch<Float>(count: min(rows, tiling.size) * columns)
    parallelTiles(tiling) { range in
      scratch.withBuffer { block in
        body(range, block)
        for start in stride(from: 0, to: range.count, by: Self.width) {
          panel_pack(
            block + start * columns, columns, min(Self.width, range.count - start), columns,
            packed.base + (range.lowerBound + start) * columns)
        }
      }
    }
    storage = packed
  }

  /// Where a panel starts.
  func base(of panel: Int) -> UnsafePointer<Float> {
    UnsafePointer(storage.base + panel * Self.width * columns)
  }

  /// The number of panels, the last perhaps with rows of zeros at its end.
  public var count: Int { (rows + Self.width - 1) / Self.width }
  /// The rows of all panels, with those of zeros: arrays of one number a row have this length.
  public var paddedRows: Int { count * Self.width }

  /// Points to compare rows with, `count` × columns, with their squared norms.
  public struct Points {
    let base: UnsafePointer<Float>
    let norms: UnsafePointer<Float>
    let count: Int

    /// Points in memory that outlives this value; `norms` may be left out where only products are taken.
    public init(_ base: UnsafePointer<Float>, norms: UnsafePointer<Float>? = nil, count: Int) {
      (self.base, self.norms, self.count) = (base, norms ?? base, count)
    }
  }

  /// For each row of some panels the point c with the least ‖c‖² − 2·row·c, the first of equal ones, and that number.
  ///
  /// `scores` and `indices` are for all rows, padding included.
  public func nearest(
    _ panels: Range<Int>, to points: Points, scores: UnsafeMutablePointer<Float>,
    indices: UnsafeMutablePointer<Int32>
  ) {
    // The kernel goes through all panels for every few points: as many at a time as stay in the second-level cache.
    let size = max(1, (384 << 10) / (max(1, columns) * Self.width * MemoryLayout<Float>.stride))
    for start in stride(from: panels.lowerBound, to: panels.upperBound, by: size) {
      let first = start * Self.width
      panel_nearest(
        storage.base + first * columns, min(size, panels.upperBound - start), columns, points.base,
        points.count, points.norms, scores + first, indices + first)
    }
  }

  /// The products of the rows of some panels with points: a panel holds 16 numbers a point, panel after panel.
  ///
  /// `out` is where the first of these panels goes.
  public func products(_ panels: Range<Int>, with points: Points, into out: UnsafeMutablePointer<Float>) {
    panel_products(
      storage.base + panels.lowerBound * Self.width * columns, panels.count, columns, points.base,
      points.count, out)
  }

  /// The sums of absolute differences of the rows of some panels and points, laid out as products are.
  public func manhattan(_ panels: Range<Int>, to points: Points, into out: UnsafeMutablePointer<Float>) {
    panel_manhattan(
      storage.base + panels.lowerBound * Self.width * columns, panels.count, columns, points.base,
      points.count, out)
  }
}

/// What is done with products of panels, sixteen rows at a time.
public enum PanelKernels {
  /// Turns products into the least of `closest` and the squared distance to each point; adds their sums to `sums`.
  ///
  /// All pointers are at the first of `panels` panels; `rowNorms` and `closest` hold one number a row.
  public static func leastDistances(
    _ products: UnsafeMutablePointer<Float>, panels: Int, to points: RowPanels.Points,
    rowNorms: UnsafePointer<Float>, closest: UnsafePointer<Float>, sums: UnsafeMutablePointer<Double>
  ) {
    panel_least_distances(products, panels, points.count, points.norms, rowNorms, closest, sums)
  }

  /// Turns log-odds without their intercepts into probabilities, minus 1 at each row's class; returns the sum of losses.
  ///
  /// A row's loss is −log of the probability of its class. Rows of class −1 become zeros and lose nothing.
  public static func softmaxResiduals(
    _ logits: UnsafeMutablePointer<Float>, panels: Int, classes count: Int,
    intercepts: UnsafePointer<Float>, classOf: UnsafePointer<Int32>
  ) -> Double {
    panel_softmax_residuals(logits, panels, count, intercepts, classOf)
  }

  /// The class of the largest log-odds of each row, the first of equal ones.
  public static func largest(
    _ logits: UnsafePointer<Float>, panels: Int, classes count: Int, intercepts: UnsafePointer<Float>,
    indices: UnsafeMutablePointer<Int32>
  ) {
    panel_largest(logits, panels, count, intercepts, indices)
  }

  /// Adds Σ over rows of residual c · column l to 16 sums a class; rows are summed in single precision.
  ///
  /// `columns` are 16 columns of rows that are `stride` apart; `residuals` is laid out as products are.
  public static func residualProducts(
    _ residuals: UnsafePointer<Float>, panels: Int, classes count: Int, columns: UnsafePointer<Float>,
    stride: Int, to sums: UnsafeMutablePointer<Double>
  ) {
    panel_residual_products(residuals, panels, count, columns, stride, sums)
  }
}
