import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// The error of a kernel whose values are beyond all numbers.
func kernelNotFinite(for noun: String) -> StageError {
  Diagnostic(
    .outOfRange, "the kernel is not finite for \(noun)",
    hint: "standardise the features, or lower `gamma` or `degree`")
}

/// Values of a kernel between rows: quick ones in single precision, exact ones in double.
struct KernelMatrix {
  let kernel: Kernel
  let gamma: Double
  private let safePoint: SafePoint<StageError>

  init(_ kernel: Kernel, columns: Int, in context: StageContext) {
    self.kernel = kernel
    safePoint = context.safePoint
    gamma = kernel.gamma(columns: columns)
  }

  /// The kernel between the rows of `a` and those of `b`.
  func quick(_ a: Matrix<Float>, _ b: Matrix<Float>) throws(StageError) -> Matrix<Float> {
    var values: Matrix<Float>
    switch kernel {
    case .linear: return try product(a, transposed: b, stoppingAt: safePoint)
    case .cosine: return try product(unitRows(a), transposed: unitRows(b), stoppingAt: safePoint)
    case .rbf, .exponential: values = try squaredDistances(a, b, stoppingAt: safePoint)
    case .laplacian: values = try manhattanDistances(a, b, safePoint)
    case .polynomial, .sigmoid: values = try product(a, transposed: b, stoppingAt: safePoint)
    }
    try values.mapRows(stoppingAt: safePoint) { row, _ in finish(row) }
    return values
  }

  /// The kernel among the rows of `a`, with the sums of its rows.
  func quick(among a: Matrix<Float>) throws(StageError) -> SummedMatrix {
    switch kernel {
    case .linear: try mappedGram(a, stoppingAt: safePoint) { _ in }
    case .cosine: try mappedGram(unitRows(a), stoppingAt: safePoint) { _ in }
    case .rbf, .exponential: try mappedSquaredDistances(among: a, stoppingAt: safePoint) { finish($0) }
    case .laplacian: try mappedManhattanDistances(among: a, stoppingAt: safePoint) { finish($0) }
    case .polynomial, .sigmoid: try mappedGram(a, stoppingAt: safePoint) { finish($0) }
    }
  }

  /// Turns dot products, or distances, into values of the kernel.
  private func finish(_ values: UnsafeMutableBufferPointer<Float>) {
    guard let base = values.baseAddress else { return }
    switch kernel {
    case .linear, .cosine: break
    case .rbf, .laplacian: Kernels.exponentiate(base, scale: Float(-gamma), count: values.count)
    case .exponential:
      for index in values.indices { values[index] = values[index].squareRoot() }
      Kernels.exponentiate(base, scale: Float(-gamma), count: values.count)
    case .polynomial(let polynomial):
      raise(values, scale: Float(gamma), constant: Float(polynomial.coef0), toPower: polynomial.degree)
    case .sigmoid(let sigmoid):
      let (gamma, constant) = (Float(gamma), Float(sigmoid.coef0))
      for index in values.indices { values[index] = tanh(gamma * values[index] + constant) }
    }
  }

  /// The kernel between the rows of `a` and those of `b`, or among those of `a`, in double.
  func exact(_ a: Matrix<Double>, _ b: Matrix<Double>? = nil) throws(StageError) -> Matrix<Double> {
    var values: Matrix<Double>
    switch kernel {
    case .cosine: return try products(unitRows(a), b.map(unitRows))
    case .laplacian: values = try manhattanDistances(a, b ?? a, safePoint)
    case .linear, .rbf, .exponential, .polynomial, .sigmoid: values = try products(a, b)
    }
    let gamma = gamma
    switch kernel {
    case .linear, .cosine: break
    case .laplacian:
      try values.mapRows(stoppingAt: safePoint) { row, _ in
        for i in row.indices { row[i] = exp(-gamma * row[i]) }
      }
    case .rbf, .exponential:
      let (left, right) = (squaredNorms(a), squaredNorms(b ?? a))
      let isSquared = if case .rbf = kernel { true } else { false }
      try values.mapRows(stoppingAt: safePoint) { row, number in
        for i in row.indices {
          // A root would make much of the rounding of a row's distance from itself.
          let isSame = b == nil && i == number
          let square = isSame ? 0 : max(0, left[number] + right[i] - 2 * row[i])
          row[i] = exp(-gamma * (isSquared ? square : square.squareRoot()))
        }
      }
    case .polynomial(let polynomial):
      try values.mapRows(stoppingAt: safePoint) { row, _ in
        for i in row.indices { row[i] = power(gamma * row[i] + polynomial.coef0, polynomial.degree) }
      }
    case .sigmoid(let sigmoid):
      try values.mapRows(stoppingAt: safePoint) { row, _ in
        for i in row.indices { row[i] = tanh(gamma * row[i] + sigmoid.coef0) }
      }
    }
    return values
  }

  private func products(_ a: Matrix<Double>, _ b: Matrix<Double>?) throws(StageError) -> Matrix<Double> {
    if let b { return try product(a, transposed: b, stoppingAt: safePoint) }
    return try gram(a, stoppingAt: safePoint)
  }
}

/// Σ|x − y| between the rows of `a` and those of `b`, in panels.
private func manhattanDistances(
  _ a: Matrix<Float>, _ b: Matrix<Float>, _ safePoint: SafePoint<StageError>
) throws(StageError) -> Matrix<Float> {
  let (panels, width) = (RowPanels(b), RowPanels.width)
  return try Matrix(rows: a.rows, columns: b.rows) { target throws(StageError) in
    guard let out = target.baseAddress else { return }
    try a.withPointer { base throws(StageError) in
      try parallelFor((a.rows + 47) / 48, stoppingAt: safePoint) { tile in
        let rows = tile * 48..<min(a.rows, tile * 48 + 48)
        let points = RowPanels.Points(base + rows.lowerBound * a.columns, count: rows.count)
        let part = Buffer<Float>(uninitialized: rows.count * width)
        for panel in 0..<panels.count {
          panels.manhattan(panel..<panel + 1, to: points, into: part.base)
          let kept = min(width, b.rows - panel * width)
          for row in 0..<rows.count {
            let start = out + (rows.lowerBound + row) * b.rows + panel * width
            start.update(from: part.base + row * width, count: kept)
          }
        }
      }
    }
  }
}

private func manhattanDistances(
  _ a: Matrix<Double>, _ b: Matrix<Double>, _ safePoint: SafePoint<StageError>
) throws(StageError) -> Matrix<Double> {
  let columns = a.columns
  var distances = Matrix<Double>(rows: a.rows, columns: b.rows)
  try a.withPointer { a throws(StageError) in
    try b.withPointer { b throws(StageError) in
      try distances.mapRows(stoppingAt: safePoint) { row, number in
        for i in row.indices {
          var sum = 0.0
          for column in 0..<columns { sum += abs(a[number * columns + column] - b[i * columns + column]) }
          row[i] = sum
        }
      }
    }
  }
  return distances
}

/// Rows of length 1; rows of zeros stay.
private func unitRows<Scalar>(_ a: Matrix<Scalar>) -> Matrix<Scalar> {
  let norms = squaredNorms(a)
  var unit = a
  unit.scaleRows(by: norms.map { $0 > 0 ? Scalar(1 / $0.squareRoot()) : 1 })
  return unit
}

private func squaredNorms<Scalar>(_ a: Matrix<Scalar>) -> [Double] {
  a.withPointer { base in
    (0..<a.rows).map { row in
      (0..<a.columns).reduce(0) {
        $0 + Double(base[row * a.columns + $1]) * Double(base[row * a.columns + $1])
      }
    }
  }
}

/// xᵖ for a whole p of at least 1, by multiplication.
private func power(_ x: Double, _ degree: Int) -> Double {
  var (result, factor, rest) = (1.0, x, degree)
  while rest > 0 {
    if rest & 1 == 1 { result *= factor }
    factor *= factor
    rest >>= 1
  }
  return result
}

extension Matrix {
  /// Calls `body` with each row, to be changed in place, and its number; on several threads.
  mutating func mapRows(
    stoppingAt safePoint: SafePoint<StageError>, _ body: (UnsafeMutableBufferPointer<Scalar>, Int) -> Void
  ) throws(StageError) {
    let (rows, columns) = (rows, columns)
    try withMutablePointer { base throws(StageError) in
      let tile = max(1, 65_536 / max(1, columns))
      try parallelFor((rows + tile - 1) / tile, stoppingAt: safePoint) { index in
        for row in index * tile..<min(rows, index * tile + tile) {
          body(UnsafeMutableBufferPointer(start: base + row * columns, count: columns), row)
        }
      }
    }
  }
}
