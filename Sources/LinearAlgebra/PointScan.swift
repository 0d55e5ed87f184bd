internal import CKernels

/// Points that blocks of rows are compared with, all of them, at the speed of a product.
public struct PointScan: Sendable {
  private let points: Matrix<Float>
  private let norms: Buffer<Float>
  private let scratch: Scratch<Float>
  /// Blocks of rows and points whose products stay in the cache.
  private static let (rowsAtOnce, pointsAtOnce) = (256, 512)

  /// Points whose squared norms are finite as Float.
  public init(_ points: Matrix<Float>) {
    self.points = points
    norms = Buffer(uninitialized: points.rows)
    for (point, norm) in points.squaredRowNorms().enumerated() { norms.base[point] = Float(norm) }
    scratch = Scratch(count: Self.rowsAtOnce * min(Self.pointsAtOnce, points.rows))
  }

  /// For each row the point c with the least score ‖c‖² − 2 x·c, the first of equal ones, and that number.
  ///
  /// `scores` and `indices` are for all rows of the matrix. There is at least one point.
  public func nearest(
    _ rows: Range<Int>, of a: Matrix<Float>, scores: UnsafeMutablePointer<Double>,
    indices: UnsafeMutablePointer<Int32>
  ) {
    scratch.withBuffer { products in
      for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsAtOnce) {
        let block = start..<min(rows.upperBound, start + Self.rowsAtOnce)
        for first in stride(from: 0, to: points.rows, by: Self.pointsAtOnce) {
          let range = first..<min(points.rows, first + Self.pointsAtOnce)
          multiply(block, of: a, with: range, into: products)
          for row in block {
            var found: Int32 = 0
            let least = Double(
              kernel_row_argmin(
                products + (row - start) * range.count, norms.base + first, range.count, &found))
            if first == 0 || least < scores[row] {
              (scores[row], indices[row]) = (least, Int32(first) + found)
            }
          }
        }
      }
    }
  }

  /// The squared distances of some rows from each point, point after point and `stride` apart.
  ///
  /// - Parameters:
  ///   - rowNorms: the squared norms of all rows of the matrix.
  ///   - target: where the number of row 0 and point 0 belongs.
  public func squaredDistances(
    _ rows: Range<Int>, of a: Matrix<Float>, rowNorms: UnsafePointer<Float>,
    into target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    points.withPointer { left in
      a.withPointer { base in
        let right = BLAS.Operand(
          base: base + rows.lowerBound * a.columns, stride: a.columns, isTransposed: true)
        BLAS.multiply(
          BLAS.Operand(base: left, stride: a.columns), right, rows: points.rows, columns: rows.count,
          depth: a.columns, into: target + rows.lowerBound, stride: stride)
      }
    }
    for point in 0..<points.rows {
      kernel_distances_from_products(
        target + point * stride + rows.lowerBound, norms.base[point], rowNorms + rows.lowerBound, rows.count)
    }
  }

  private func multiply(
    _ rows: Range<Int>, of a: Matrix<Float>, with range: Range<Int>,
    into products: UnsafeMutablePointer<Float>
  ) {
    points.withPointer { right in
      a.withPointer { left in
        let columns = a.columns
        BLAS.multiply(
          BLAS.Operand(base: left + rows.lowerBound * columns, stride: columns),
          BLAS.Operand(base: right + range.lowerBound * columns, stride: columns, isTransposed: true),
          rows: rows.count, columns: range.count, depth: columns, into: products, stride: range.count)
      }
    }
  }
}
