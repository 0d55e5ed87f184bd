internal import CKernels

extension Matrix where Scalar == Float {
  /// Σ x² of each row, in double.
  public func squaredRowNorms() -> [Double] {
    [Double](unsafeUninitializedCapacity: rows) { norms, filled in
      filled = rows
      guard let target = norms.baseAddress else { return }
      withPointer { base in
        parallelTiles(Tiling(total: rows, size: rowsPerTile(columns: columns))) { tile in
          for row in tile { target[row] = kernel_squared_norm(base + row * columns, columns) }
        }
      }
    }
  }

  /// Replaces each element x by exp(scale · x), relative error at most 3e-7.
  ///
  /// The radial kernel exp(−γ d²) is this with `scale` −γ on squared distances.
  public mutating func exponentiate<Failure>(
    scale: Float, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
  ) throws(Failure) {
    let (rows, columns) = (rows, columns)
    try withMutablePointer { base throws(Failure) in
      let tiling = Tiling(total: rows, size: rowsPerTile(columns: columns))
      try parallelTiles(tiling, stoppingAt: safePoint) { tile in
        kernel_exp_scaled(base + tile.lowerBound * columns, scale, tile.count * columns)
      }
    }
  }

  /// Replaces each element x of column j by scale · cos(2π (x + phase j)), absolute error at most 3e-7 · scale.
  ///
  /// The rounding of the sum comes on top: 6e-8 of x, in turns.
  public mutating func cosineOfTurns<Failure>(
    phases: [Float], scale: Float, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
  ) throws(Failure) {
    precondition(phases.count == columns)
    let (rows, columns) = (rows, columns)
    try withMutablePointer { base throws(Failure) in
      let tiling = Tiling(total: rows, size: rowsPerTile(columns: columns))
      try parallelTiles(tiling, stoppingAt: safePoint) { tile in
        phases.withUnsafeBufferPointer { phases in
          guard let phases = phases.baseAddress else { return }
          for row in tile { kernel_cosine_turns(base + row * columns, phases, scale, columns) }
        }
      }
    }
  }

  /// Turns each row of log-odds into probabilities; returns each row's logarithm of the sum of exponentials.
  ///
  /// There is at least one column.
  @discardableResult public mutating func softmaxRows() -> [Double] {
    let (rows, columns) = (rows, columns)
    precondition(columns > 0)
    return [Double](unsafeUninitializedCapacity: rows) { logarithms, filled in
      filled = rows
      guard let target = logarithms.baseAddress else { return }
      withMutablePointer { base in
        parallelTiles(Tiling(total: rows, size: rowsPerTile(columns: columns))) { tile in
          for row in tile { target[row] = kernel_softmax(base + row * columns, columns) }
        }
      }
    }
  }
}

/// Vectorised loops over plain memory, for the inside of a tile.
public enum Kernels {
  /// Σ x·y, summed in double.
  public static func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Double {
    kernel_dot(x, y, count)
  }

  /// Σ (x − y)², summed in double.
  public static func squaredDistance(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int
  ) -> Double {
    kernel_squared_distance(x, y, count)
  }

  /// Σ x², summed in double.
  public static func squaredNorm(_ x: UnsafePointer<Float>, count: Int) -> Double {
    kernel_squared_norm(x, count)
  }

  /// y ← y + a·x.
  public static func addScaled(
    _ a: Float, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    kernel_axpy(y, a, x, count)
  }

  /// y ← y + a·x, where y is in double.
  public static func addScaled(
    _ a: Double, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Double>, count: Int
  ) {
    kernel_axpy_double(y, a, x, count)
  }

  /// Σ of the lesser of a and b at each place, summed in double.
  public static func sumOfLesser(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
  ) -> Double {
    kernel_sum_of_lesser(a, b, count)
  }

  /// Where a value is less than `least` takes it and puts `mark` among the marks.
  public static func keepLesser(
    _ least: UnsafeMutablePointer<Float>, marks: UnsafeMutablePointer<Int32>, _ values: UnsafePointer<Float>,
    mark: Int32, count: Int
  ) {
    kernel_keep_lesser(least, marks, values, mark, count)
  }

  /// Replaces each of `values` by exp(scale · value), relative error at most 3e-7.
  public static func exponentiate(_ values: UnsafeMutablePointer<Float>, scale: Float, count: Int) {
    kernel_exp_scaled(values, scale, count)
  }

  /// Turns log-odds into probabilities; returns the logarithm of the sum of exponentials; `count` is at least 1.
  public static func softmax(_ row: UnsafeMutablePointer<Float>, count: Int) -> Double {
    kernel_softmax(row, count)
  }
}
