internal import CKernels

/// A function whose mean tells how far from normal a projection is; independent component analysis seeks its extremes.
public enum Contrast: Sendable {
  /// log cosh y: its derivative is tanh y.
  case logcosh
  /// −exp(−y² ÷ 2): its derivative is y·exp(−y² ÷ 2).
  case exponential
  /// y⁴ ÷ 4: its derivative is y³.
  case cube

  /// Replaces values by the derivative there; returns the sum of the second derivatives.
  fileprivate func differentiate(_ values: UnsafeMutablePointer<Float>, count: Int) -> Double {
    switch self {
    case .logcosh: kernel_contrast_logcosh(values, count)
    case .exponential: kernel_contrast_exponential(values, count)
    case .cube: kernel_contrast_cube(values, count)
    }
  }
}

/// The means over rows z of g(w·z)·z and of g′(w·z) for each direction w, with g the derivative of a contrast.
///
/// Rows are taken in blocks that stay in the cache from the first product to the last; blocks are summed in double.
/// - Parameters:
///   - rows: n × k, n ≥ 1.
///   - directions: p × k.
/// - Returns: The means of g(w·z)·z, p × k, and of g′(w·z), p.
public func contrastMeans<Failure>(
  of rows: Matrix<Float>, along directions: Matrix<Float>, _ contrast: Contrast,
  stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> (products: Matrix<Double>, slopes: [Double]) {
  precondition(rows.columns == directions.columns && rows.rows > 0)
  let (count, width, depth) = (rows.rows, directions.rows, rows.columns)
  let blocks = Tiling(total: count, size: 512)
  let groups = Tiling(total: blocks.count, size: (blocks.count + 31) / 32)
  let size = width * depth + width
  let sums = Buffer<Double>(repeating: 0, count: groups.count * size)
  let images = Scratch<Float>(count: blocks.size * width)
  let products = Scratch<Float>(count: width * depth)
  try rows.withPointer { base throws(Failure) in
    try directions.withPointer { points throws(Failure) in
      try parallelFor(groups.count, stoppingAt: safePoint) { group in
        images.withBuffer { image in
          products.withBuffer { product in
            for range in groups[group].map({ blocks[$0] }) where !safePoint.shouldStop {
              let block = BLAS.Operand(base: base + range.lowerBound * depth, stride: depth)
              add(
                block, count: range.count, depth: depth, along: points, width: width, contrast, image,
                product, to: sums.base + group * size)
            }
          }
        }
      }
    }
  }
  func mean(_ index: Int) -> Double {
    (0..<groups.count).reduce(0) { $0 + sums.base[$1 * size + index] } / Double(count)
  }
  let means = Matrix<Double>(rows: width, columns: depth) { target in
    for index in target.indices { target[index] = mean(index) }
  }
  return (means, (0..<width).map { mean(width * depth + $0) })
}

/// Adds a block's sums: those of the products, then those of the slopes.
private func add(
  _ block: BLAS.Operand<Float>, count: Int, depth: Int, along points: UnsafePointer<Float>, width: Int,
  _ contrast: Contrast, _ image: UnsafeMutablePointer<Float>, _ product: UnsafeMutablePointer<Float>,
  to sums: UnsafeMutablePointer<Double>
) {
  var across = block
  across.isTransposed = true
  // A direction a row, so that each is a run of its own.
  BLAS.multiply(
    BLAS.Operand(base: points, stride: depth), across, rows: width, columns: count, depth: depth,
    into: image, stride: count)
  for index in 0..<width {
    sums[width * depth + index] += contrast.differentiate(image + index * count, count: count)
  }
  BLAS.multiply(
    BLAS.Operand(base: UnsafePointer(image), stride: count), block, rows: width, columns: depth, depth: count,
    into: product, stride: depth)
  kernel_accumulate(sums, product, width * depth)
}
