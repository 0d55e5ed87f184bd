internal import CKernels

/// Rows of a matrix in memory, perhaps selected and perhaps with the means of the columns subtracted.
struct RowSource<Scalar: MatrixScalar> {
  /// The first element of the matrix.
  let base: UnsafePointer<Scalar>
  /// The number of columns.
  let columns: Int
  /// Which rows, in this order; all where nil.
  let indices: [Int]?
  /// What is subtracted from each row; nothing where nil.
  let means: [Double]?
  /// The number of rows that are read.
  let count: Int
  /// The first element where the matrix is in single precision and read as double; nothing is read from `base` then.
  private let narrow: UnsafePointer<Float>?
  /// What each such row is multiplied by; 1 where nil.
  private let factors: [Double]?
  /// Whether each row comes after the one before: neighbours among them then lie side by side.
  private let isAscending: Bool

  init(
    _ base: UnsafePointer<Scalar>, rows: Int, columns: Int, indices: [Int]? = nil, means: [Double]? = nil
  ) {
    precondition(indices?.allSatisfy { $0 >= 0 && $0 < rows } ?? true)
    precondition(means.map { $0.count == columns } ?? true)
    self.base = base
    self.columns = columns
    self.indices = indices
    self.means = means
    count = indices?.count ?? rows
    isAscending = indices.map { zip($0, $0.dropFirst()).allSatisfy { $0 < $1 } } ?? true
    (narrow, factors) = (nil, nil)
  }

  /// Rows in single precision that are read as double, less the means and each times a factor of its own.
  init(
    widening narrow: UnsafePointer<Float>, rows: Int, columns: Int, means: [Double]?, factors: [Double]?
  ) where Scalar == Double {
    precondition(means.map { $0.count == columns } ?? true)
    precondition(factors.map { $0.count == rows } ?? true)
    base = UnsafeRawPointer(narrow).assumingMemoryBound(to: Double.self)
    (self.narrow, self.factors) = (narrow, factors)
    (self.columns, self.means, count) = (columns, means, rows)
    (indices, isAscending) = (nil, true)
  }

  /// The memory of some rows of the matrix.
  func memory(ofRows rows: Range<Int>) -> UnsafeRawBufferPointer {
    let rowBytes = columns * (narrow == nil ? MemoryLayout<Scalar>.stride : MemoryLayout<Float>.stride)
    return UnsafeRawBufferPointer(
      start: UnsafeRawPointer(base) + rows.lowerBound * rowBytes, count: rows.count * rowBytes)
  }

  /// How many elements of scratch a block needs.
  func scratchCount(rows: Int, columns: Int) -> Int {
    indices == nil && means == nil && narrow == nil ? 0 : rows * columns
  }

  /// Lends a block of rows and columns: in place where nothing is selected or subtracted, else through `scratch`.
  func withBlock<R>(
    rows: Range<Int>, columns range: Range<Int>, scratch: Scratch<Scalar>,
    _ body: (BLAS.Operand<Scalar>) -> R
  ) -> R {
    if let first = firstInPlace(rows) {
      return body(BLAS.Operand(base: base + first * columns + range.lowerBound, stride: columns))
    }
    return scratch.withBuffer { block in
      read(rows, columns: range, into: block)
      return body(BLAS.Operand(base: UnsafePointer(block), stride: range.count))
    }
  }

  /// The row of the matrix where a block begins that needs no copy; nil if it needs one.
  private func firstInPlace(_ rows: Range<Int>) -> Int? {
    guard means == nil, narrow == nil else { return nil }
    guard let indices else { return rows.lowerBound }
    guard isAscending, let start = rows.first else { return nil }
    let first = indices[start]
    return indices[rows.upperBound - 1] - first == rows.count - 1 ? first : nil
  }

  /// Writes a block of rows and columns to `target`, row after row.
  func read(_ rows: Range<Int>, columns range: Range<Int>, into target: UnsafeMutablePointer<Scalar>) {
    if let narrow {
      let target = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Double.self)
      return widen(narrow, rows, columns: range, into: target)
    }
    for (position, row) in rows.enumerated() {
      let source = base + (indices?[row] ?? row) * columns + range.lowerBound
      copy(source, columns: range, to: target + position * range.count)
    }
  }

  private func copy(
    _ source: UnsafePointer<Scalar>, columns range: Range<Int>, to target: UnsafeMutablePointer<Scalar>
  ) {
    guard let means else {
      target.update(from: source, count: range.count)
      return
    }
    means.withUnsafeBufferPointer { means in
      guard let first = means.baseAddress else { return }
      if Scalar.self == Float.self {
        kernel_subtract(
          UnsafeMutableRawPointer(target).assumingMemoryBound(to: Float.self),
          UnsafeRawPointer(source).assumingMemoryBound(to: Float.self), first + range.lowerBound, range.count)
      } else {
        for column in 0..<range.count {
          target[column] = Scalar(Double(source[column]) - means[range.lowerBound + column])
        }
      }
    }
  }

  private func widen(
    _ narrow: UnsafePointer<Float>, _ rows: Range<Int>, columns range: Range<Int>,
    into target: UnsafeMutablePointer<Double>
  ) {
    for (position, row) in rows.enumerated() {
      let (source, result) = (narrow + row * columns + range.lowerBound, target + position * range.count)
      let factor = factors?[row] ?? 1
      if let means {
        means.withUnsafeBufferPointer { means in
          guard let means = means.baseAddress.map({ $0 + range.lowerBound }) else { return }
          for column in 0..<range.count { result[column] = (Double(source[column]) - means[column]) * factor }
        }
      } else {
        for column in 0..<range.count { result[column] = Double(source[column]) * factor }
      }
    }
  }
}
