internal import CKernels

/// The probabilities of a soft-max regression that are not negligible, row after row, for products with its Hessian.
///
/// Most rows are told apart from most classes, so that few are listed, and a product costs a small part of a pass over
/// all rows and classes.
public struct SoftmaxEntries: Sendable {
  /// Σ p·(1 − p) of each class over the rows and probabilities that are not listed.
  public let rest: [Double]
  private let classCount: Int
  private let rows: PaddedRows
  /// Where the entries of each row begin; one more for the end.
  private let starts: Buffer<Int>
  private let classes: Buffer<Int32>
  private let shares: Buffer<Float>
  private let groups: Tiling
  private let scratch: Scratch<Float>

  /// Lists the probabilities above `least` of the rows that their own class does not have all but `least` of.
  ///
  /// - Parameters:
  ///   - residuals: probabilities minus 1 at each row's class, laid out as products of panels are.
  ///   - classOf: the class of each row, −1 for padding.
  ///   - rows: the rows themselves.
  public init(
    residuals: UnsafePointer<Float>, classOf: [Int32], classCount: Int, least: Float, rows: PaddedRows
  ) {
    precondition(classOf.count == rows.rows)
    let width = RowPanels.width
    let tiles = Tiling(total: classOf.count / width, size: 32)
    let counts = Buffer<Int32>(uninitialized: classOf.count)
    let rests = Buffer<Double>(repeating: 0, count: tiles.count * classCount)
    let starts = Buffer<Int>(uninitialized: classOf.count + 1)
    parallelFor(tiles.count) { tile in
      let first = tiles[tile].lowerBound * width
      Self.withBase(classOf, first) {
        softmax_count(
          residuals + first * classCount, tiles[tile].count, classCount, $0, least, counts.base + first,
          rests.base + tile * classCount)
      }
    }
    starts.base[0] = 0
    for row in 0..<classOf.count { starts.base[row + 1] = starts.base[row] + Int(counts.base[row]) }
    let count = starts.base[classOf.count]
    let (classes, shares) = (Buffer<Int32>(uninitialized: count), Buffer<Float>(uninitialized: count))
    parallelFor(tiles.count) { tile in
      let first = tiles[tile].lowerBound * width
      Self.withBase(classOf, first) { own in
        softmax_entries(
          residuals + first * classCount, tiles[tile].count, classCount, own, least, starts.base + first,
          classes.base, shares.base)
      }
    }
    rest = (0..<classCount).map { index in
      (0..<tiles.count).reduce(0) { $0 + rests.base[$1 * classCount + index] }
    }
    (self.classCount, self.rows, self.starts) = (classCount, rows, starts)
    (self.classes, self.shares) = (classes, shares)
    // Each group has sums of its own: as many as are worth their memory.
    let most = max(1, min(32, (64 << 20) / max(1, classCount * rows.width)))
    groups = Tiling(total: classOf.count, size: max(512, (classOf.count + most - 1) / most))
    scratch = Scratch(count: classCount)
  }

  private static func withBase(_ values: [Int32], _ first: Int, _ body: (UnsafePointer<Int32>) -> Void) {
    values.withUnsafeBufferPointer { values in
      if let base = values.baseAddress { body(base + first) }
    }
  }

  /// How many probabilities are listed.
  public var count: Int { classes.count }

  /// Σ over rows of pₖ·(zₖ − Σ p·z) · row for each class k, with z the products of the points with the row.
  ///
  /// - Parameter points: classes × the width of the rows; the sums have the same shape.
  public func curvature(along points: Buffer<Float>, shouldStop: () -> Bool) -> Buffer<Double> {
    sums(shouldStop) { rows, range, scratch, sums in
      softmax_curvature(rows, range.lowerBound, range.count, points.base, scratch, sums)
    }
  }

  /// Σ over rows of p·(1 − p) · row² for each class.
  public func diagonal(shouldStop: () -> Bool) -> Buffer<Double> {
    sums(shouldStop) { rows, range, _, sums in softmax_diagonal(rows, range.lowerBound, range.count, sums) }
  }

  private func sums(
    _ shouldStop: () -> Bool,
    _ kernel: (softmax_rows, Range<Int>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) -> Buffer<Double> {
    let size = classCount * rows.width
    let parts = Buffer<Float>(uninitialized: groups.count * size)
    let total = Buffer<Double>(uninitialized: size)
    let listed = softmax_rows(
      base: rows.base(row: 0), width: rows.width, starts: starts.base, classes: classes.base,
      entries: shares.base)
    parallelFor(groups.count) { group in
      let part = parts.base + group * size
      part.update(repeating: 0, count: size)
      if !shouldStop() { scratch.withBuffer { kernel(listed, groups[group], $0, part) } }
    }
    parallelFor(classCount) { index in
      let target = total.base + index * rows.width
      target.update(repeating: 0, count: rows.width)
      for group in 0..<groups.count {
        kernel_accumulate(target, parts.base + group * size + index * rows.width, rows.width)
      }
    }
    return total
  }
}
