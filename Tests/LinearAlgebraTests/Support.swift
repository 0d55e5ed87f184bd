import LinearAlgebra
import Testing

/// A matrix of normal numbers, plus an offset.
func randomMatrix<Scalar: MatrixScalar>(
  _ rows: Int, _ columns: Int, seed: UInt64 = 1, offset: Double = 0, _ type: Scalar.Type = Float.self
) -> Matrix<Scalar> {
  var stream = RandomStream(seed: seed, stream: UInt64(rows << 32 | columns))
  return Matrix(
    rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in Scalar(stream.normal() + offset) }
  )
}

extension Matrix {
  /// The bytes of the elements, to compare results exactly.
  var bytes: [UInt8] {
    withPointer { Array(UnsafeRawBufferPointer(start: $0, count: count * MemoryLayout<Scalar>.stride)) }
  }
}

/// Expects that each element of `actual` (or each `step`-th) is what `expected` gives, up to an error in units of
/// `scale`, which is what rounding is proportional to.
func expectClose<Scalar: MatrixScalar>(
  _ actual: Matrix<Scalar>, rows: Int, columns: Int, tolerance: Double, step: Int = 1,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ expected: (Int, Int) -> (value: Double, scale: Double)
) {
  guard actual.rows == rows && actual.columns == columns else {
    Issue.record(
      "\(actual.rows) × \(actual.columns) instead of \(rows) × \(columns)", sourceLocation: sourceLocation)
    return
  }
  for index in stride(from: 0, to: rows * columns, by: step) {
    let (row, column) = (index / columns, index % columns)
    let (value, scale) = expected(row, column)
    let error = abs(Double(actual[row, column]) - value)
    if !(error <= tolerance * scale) {
      Issue.record(
        "(\(row), \(column)): \(actual[row, column]) instead of \(value)", sourceLocation: sourceLocation)
      return
    }
  }
}

/// The dot product of two sequences and the sum of the absolute products.
func dot(_ count: Int, _ a: (Int) -> Double, _ b: (Int) -> Double) -> (value: Double, scale: Double) {
  var (value, scale) = (0.0, 1e-30)
  for index in 0..<count {
    let product = a(index) * b(index)
    value += product
    scale += abs(product)
  }
  return (value, scale)
}

/// Expects the same bytes at 1, 2, 3 and 8 threads and outside a pool.
func expectSameAtAnyNumberOfThreads<R: Equatable>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () -> R
) {
  let alone = body()
  for threads in [1, 2, 3, 8] {
    #expect(onThreads(threads, body) == alone, "\(threads) threads", sourceLocation: sourceLocation)
  }
}
