#if canImport(Glibc)
  internal import Glibc
#endif

/// A few orthonormal directions that hold most of what some rows are.
///
/// With P the projection onto them and t(x) the length of what it leaves of x, the inequality of Cauchy and Schwarz says
/// x·c ≤ Px·Pc + t(x) t(c): the product of two short rows, (Px, t(x)) and (Pc, t(c)), bounds that of two long ones.
/// The lengths are made larger by what rounding may do, so that the computed bound holds as well.
///
/// Source: Bottesch, Bühler, Kächele, Speeding up k-means by approximating Euclidean distances via block vectors,
/// ICML 2016.
public struct ProjectionAxes: Sendable {
  /// The directions as rows: count × d.
  public let vectors: Matrix<Float>
  /// The Frobenius norm of vectors·vectorsᵀ − 1.
  private let skew: Double

  /// Directions that are orthonormal but for rounding: count × d.
  public init(_ vectors: Matrix<Float>) {
    self.vectors = vectors
    let wide = vectors.converted(to: Double.self)
    let products = gram(wide)
    var sum = 0.0
    for row in 0..<products.rows {
      for column in 0..<products.columns {
        let difference = products[row, column] - (row == column ? 1 : 0)
        sum += difference * difference
      }
    }
    skew = sum.squareRoot()
  }

  /// About the leading principal axes of a sample of the rows, without centring; nil for rows that are not finite.
  ///
  /// - Parameter count: at most min(n, d).
  public init?(sampling rows: Matrix<Float>, count: Int) {
    let step = max(1, rows.rows / Self.sampleSize)
    var sample = rows.selecting(rows: Array(stride(from: 0, to: rows.rows, by: step)))
    // By a power of two, so that no square is beyond all numbers.
    let largest = sample.withElements { values in
      var largest: Float = 0
      for index in values.indices where !(abs(values[index]) <= largest) { largest = abs(values[index]) }
      return largest
    }
    guard largest.isFinite, count <= min(sample.rows, sample.columns) else { return nil }
    if largest > 0 {
      let scale = Float(sign: .plus, exponent: -largest.exponent / 2, significand: 1)
      sample.withMutableElements { values in
        // In two steps: the whole factor may be no number.
        for index in values.indices { values[index] = values[index] * scale * scale }
      }
    }
    guard let found = try? randomizedSVD(sample, count: count, oversampling: 8, powerIterations: 1, seed: 0)
    else { return nil }
    self.init(found.right)
  }

  /// The rows of a sample.
  private static let sampleSize = 4096

  /// How many directions there are.
  public var count: Int { vectors.rows }

  /// The first of the directions.
  public func prefix(_ count: Int) -> ProjectionAxes {
    count == self.count ? self : ProjectionAxes(vectors.selecting(rows: Array(0..<count)))
  }

  /// Directions that span the same space, over which any row is spread evenly: turned by Hartley's matrix, whose
  /// elements are (cos 2πij/m + sin 2πij/m) ÷ √m.
  func spread() -> ProjectionAxes {
    let scale = 1 / Double(count).squareRoot()
    let turns = Matrix<Double>(rows: count, columns: count) { target in
      for index in target.indices {
        let angle = 2 * Double.pi * Double(index / count * (index % count) % count) / Double(count)
        target[index] = scale * (cos(angle) + sin(angle))
      }
    }
    return ProjectionAxes(product(turns, vectors.converted(to: Double.self)).converted(to: Float.self))
  }

  /// Columns that are multiplied at a time: what a sum rounds by grows with its length.
  private static let depth = 64

  /// What is added to the square of t(x), as a share of ‖x‖², so that bounds hold in spite of rounding.
  ///
  /// With an orthonormal basis W within `skew` of the vectors, a computed projection is within e·‖x‖ of Wᵀx, where
  /// e = skew + √count · (64 + d ÷ 64 + 8) · 2⁻²⁴: the product of two of them is off by 3e ‖x‖ ‖c‖, the square of what
  /// they leave by 3e ‖x‖², and the product of the short rows rounds by (count + 9) · 2⁻²⁴ ‖x‖ ‖c‖.
  var slack: Double {
    let unit = 0x1p-24
    let columns = vectors.columns
    let terms = Double(min(columns, Self.depth) + columns / Self.depth + 8)
    return 8 * (skew + Double(count).squareRoot() * terms * unit) + 4 * Double(count + 16) * unit
  }

  /// Writes (Px, t(x)) of a block of rows: rows × (count + 1).
  ///
  /// Squared norms of the rows are finite as Float.
  func project(_ rows: BLAS.Operand<Float>, count rowCount: Int, into target: UnsafeMutablePointer<Float>) {
    let (width, columns) = (count + 1, vectors.columns)
    vectors.withPointer { base in
      for start in stride(from: 0, to: columns, by: Self.depth) {
        BLAS.multiply(
          BLAS.Operand(base: rows.base + start, stride: rows.stride),
          BLAS.Operand(base: base + start, stride: columns, isTransposed: true), rows: rowCount,
          columns: count, depth: min(Self.depth, columns - start), beta: start == 0 ? 0 : 1, into: target,
          stride: width)
      }
    }
    let slack = slack
    for row in 0..<rowCount {
      let square = Kernels.squaredNorm(rows.base + row * rows.stride, count: columns)
      let kept = Kernels.squaredNorm(target + row * width, count: count)
      let left = (max(0, square - kept) + slack * square).squareRoot()
      // Enough for products that are too small for a Float.
      target[row * width + count] = Float(left).nextUp + .leastNormalMagnitude
    }
  }
}
