internal import CKernels

/// Rows with short stand-ins, by which most points can be told not to be the nearest.
///
/// The score of a point c for a row x is ‖c‖² − 2 x·c: the least of them belongs to the nearest point. Short rows of
/// `ProjectionAxes` bound all scores from below; only where the bound is not above the score of a point that is known
/// the point itself is looked at. What is found is exact.
public struct ProjectedRows: Sendable {
  /// The directions.
  public let axes: ProjectionAxes
  /// The rows themselves.
  public let rows: Matrix<Float>
  /// Panels of sixteen short rows.
  private let panels: RowPanels

  /// Projects rows whose squared norms are finite as Float.
  public init(_ rows: Matrix<Float>, on axes: ProjectionAxes) {
    (self.axes, self.rows) = (axes, rows)
    panels = RowPanels(rows: rows.rows, columns: axes.count + 1) { range, target in
      rows.withPointer { base in
        let block = BLAS.Operand(base: base + range.lowerBound * rows.columns, stride: rows.columns)
        axes.project(block, count: range.count, into: target)
      }
    }
  }

  /// Points with their short stand-ins.
  public struct Points: Sendable {
    let points: Matrix<Float>
    let norms: [Double]
    let packed: Buffer<Float>
    /// Not above ‖c‖²; infinite for the padding.
    let lowNorms: [Float]

    /// How many there are.
    public var count: Int { points.rows }

    /// Projects points whose squared norms are finite as Float.
    public init(_ points: Matrix<Float>, on axes: ProjectionAxes) {
      self.points = points
      norms = points.squaredRowNorms()
      let (block, width) = (Int(BOUND_BLOCK), axes.count + 1)
      let padded = (points.rows + block - 1) / block * block
      let packed = Buffer<Float>(repeating: 0, count: padded * width)
      let tiling = Tiling(total: points.rows, size: 64 * block)
      let scratch = Scratch<Float>(count: tiling.size * width)
      points.withPointer { base in
        parallelTiles(tiling) { range in
          scratch.withBuffer { short in
            let rows = BLAS.Operand(base: base + range.lowerBound * points.columns, stride: points.columns)
            axes.project(rows, count: range.count, into: short)
            for (position, point) in range.enumerated() {
              let target = packed.base + point / block * block * width + point % block
              for column in 0..<width { target[column * block] = short[position * width + column] }
            }
          }
        }
      }
      self.packed = packed
      let low = norms.map { Float($0 * (1 - 0x1p-20)).nextDown }
      lowNorms = low + [Float](repeating: .infinity, count: padded - points.rows)
    }
  }

  /// For each row of some panels of sixteen the point with the least score, the first of equal ones, and the score.
  ///
  /// Products are taken in double.
  /// - Parameters:
  ///   - panels: rows from 16 · the lower bound on.
  ///   - points: at least one.
  ///   - scores: of all rows.
  ///   - indices: of all rows; holds for each row any point, a near one at best, and then the nearest.
  /// - Returns: How many points were looked at themselves.
  public func nearest(
    _ panels: Range<Int>, to points: Points, scores: UnsafeMutablePointer<Double>,
    indices: UnsafeMutablePointer<Int32>
  ) -> Int {
    let (width, padded) = (RowPanels.width, points.lowNorms.count)
    let bounds = Buffer<Float>(uninitialized: width * padded)
    let candidates = Buffer<Int32>(uninitialized: width * padded)
    var limits = [Float](repeating: -.infinity, count: width)
    var found = [Int32](repeating: 0, count: width)
    var looked = 0
    for panel in panels {
      let first = panel * width
      let last = min(rows.rows, first + width)
      for row in first..<last {
        scores[row] = points.score(rows, row, Int(indices[row]))
        limits[row - first] = Self.limit(scores[row])
      }
      for lane in last - first..<width { limits[lane] = -.infinity }
      panel_within(
        self.panels.base(of: panel), axes.count + 1, points.packed.base, padded, points.lowNorms, limits,
        bounds.base, candidates.base, &found)
      for row in first..<last {
        let place = (row - first) * padded
        looked += search(
          row, points, bounds.base + place, candidates.base + place, Int(found[row - first]),
          &scores[row], &indices[row])
      }
    }
    return looked
  }

  /// Looks at those candidates of a row that may be nearer than the point it has.
  private func search(
    _ row: Int, _ points: Points, _ bounds: UnsafePointer<Float>, _ candidates: UnsafePointer<Int32>,
    _ count: Int, _ score: inout Double, _ index: inout Int32
  ) -> Int {
    let given = index
    var looked = 1
    var promising: Int32 = -1
    if count > 2 {
      // The one with the least bound is often the nearest, and spares the others.
      let least = (0..<count).min { bounds[$0] < bounds[$1] } ?? 0
      promising = candidates[least]
    }
    func look(_ point: Int32) {
      if point == given { return }
      let found = points.score(rows, row, Int(point))
      looked += 1
      if found < score || (found == score && point < index) { (score, index) = (found, point) }
    }
    if promising >= 0 { look(promising) }
    for place in 0..<count where candidates[place] != promising && bounds[place] <= Self.limit(score) {
      look(candidates[place])
    }
    return looked
  }

  /// The greatest bound of a score that is not above `score`.
  private static func limit(_ score: Double) -> Float { Float(score).nextUp + .leastNormalMagnitude }
}

extension ProjectedRows.Points {
  /// ‖c‖² − 2 x·c, in double.
  fileprivate func score(_ rows: Matrix<Float>, _ row: Int, _ point: Int) -> Double {
    let columns = points.columns
    return norms[point] - 2
      * kernel_dot(rows.buffer.base + row * columns, points.buffer.base + point * columns, columns)
  }
}
