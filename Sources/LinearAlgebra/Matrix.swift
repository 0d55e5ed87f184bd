/// The element types that matrices hold.
public protocol MatrixScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable, SIMDScalar, Codable {}
extension Float: MatrixScalar {}
extension Double: MatrixScalar {}

/// A dense row-major matrix with value semantics; rows are observations.
///
/// Copies share their memory until one of them is written.
public struct Matrix<Scalar: MatrixScalar>: Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The elements, row after row.
  public private(set) var buffer: Buffer<Scalar>

  /// A matrix whose elements are all `value`.
  public init(rows: Int, columns: Int, repeating value: Scalar = 0) {
    self.init(rows: rows, columns: columns, buffer: Buffer(repeating: value, count: rows * columns))
  }

  /// A matrix over a buffer of `rows × columns` elements.
  public init(rows: Int, columns: Int, buffer: Buffer<Scalar>) {
    precondition(rows >= 0 && columns >= 0 && buffer.count == rows * columns)
    self.rows = rows
    self.columns = columns
    self.buffer = buffer
  }

  /// A matrix whose fresh memory `body` fills completely.
  public init<Failure: Error>(
    rows: Int, columns: Int, filledBy body: (UnsafeMutableBufferPointer<Scalar>) throws(Failure) -> Void
  ) throws(Failure) {
    self.init(rows: rows, columns: columns, buffer: Buffer(uninitialized: rows * columns))
    try body(UnsafeMutableBufferPointer(start: buffer.base, count: buffer.count))
  }

  /// A matrix from its rows, all of one length.
  public init(_ rows: [[Scalar]]) {
    let columns = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == columns })
    self.init(rows: rows.count, columns: columns, elements: rows.flatMap(\.self))
  }

  /// A matrix from its elements, row after row.
  public init(rows: Int, columns: Int, elements: [Scalar]) {
    precondition(elements.count == rows * columns)
    self.init(rows: rows, columns: columns) { target in _ = target.update(from: elements) }
  }

  /// The number of elements.
  public var count: Int { rows * columns }

  /// The element in a row and a column.
  public subscript(row: Int, column: Int) -> Scalar {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      return buffer.base[row * columns + column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      makeUnique()
      buffer.base[row * columns + column] = newValue
    }
  }

  /// The elements as an array, row after row.
  public var elements: [Scalar] { Array(UnsafeBufferPointer(start: buffer.base, count: count)) }

  /// The elements of a row as an array.
  public func row(_ index: Int) -> [Scalar] {
    precondition(index >= 0 && index < rows)
    return Array(UnsafeBufferPointer(start: buffer.base + index * columns, count: columns))
  }

  /// Lends all elements, row after row, for reading.
  public func withElements<R: ~Copyable, Failure: Error>(
    _ body: (Span<Scalar>) throws(Failure) -> R
  ) throws(Failure) -> R {
    try body(UnsafeBufferPointer(start: buffer.base, count: count).span)
  }

  /// Lends all elements, row after row, for writing.
  public mutating func withMutableElements<R: ~Copyable, Failure: Error>(
    _ body: (inout MutableSpan<Scalar>) throws(Failure) -> R
  ) throws(Failure) -> R {
    makeUnique()
    var span = UnsafeMutableBufferPointer(start: buffer.base, count: count).mutableSpan
    return try body(&span)
  }

  /// Lends the address of the first element for reading, for kernels and BLAS.
  public func withPointer<R, Failure: Error>(
    _ body: (UnsafePointer<Scalar>) throws(Failure) -> R
  ) throws(Failure) -> R {
    defer { withExtendedLifetime(buffer) {} }
    return try body(UnsafePointer(buffer.base))
  }

  /// Lends the address of the first element for writing, for kernels and BLAS.
  public mutating func withMutablePointer<R, Failure: Error>(
    _ body: (UnsafeMutablePointer<Scalar>) throws(Failure) -> R
  ) throws(Failure) -> R {
    makeUnique()
    defer { withExtendedLifetime(buffer) {} }
    return try body(buffer.base)
  }

  /// The rows at `indices`, in that order.
  public func selecting(rows indices: [Int]) -> Matrix {
    Matrix(rows: indices.count, columns: columns) { target in
      guard let out = target.baseAddress else { return }
      let isInFile = FileMemory.holds(self)
      for (position, index) in indices.enumerated() {
        precondition(index >= 0 && index < rows)
        (out + position * columns).update(from: buffer.base + index * columns, count: columns)
        // With a row of a file the system may bring two megabytes around it.
        if isInFile, position % 32 == 31 { FileMemory.release(self) }
      }
    }
  }

  /// The first `count` columns.
  public func prefix(columns count: Int) -> Matrix {
    precondition(count <= columns)
    return Matrix(rows: rows, columns: count) { target in
      guard let out = target.baseAddress else { return }
      for row in 0..<rows { (out + row * count).update(from: buffer.base + row * columns, count: count) }
    }
  }

  /// Rows and columns exchanged.
  public var transposed: Matrix {
    Matrix(rows: columns, columns: rows) { target in
      for row in 0..<rows {
        for column in 0..<columns { target[column * rows + row] = buffer.base[row * columns + column] }
      }
    }
  }

  /// The same values in another precision.
  @_specialize(where Scalar == Float, Other == Double)
  @_specialize(where Scalar == Double, Other == Float)
  public func converted<Other: MatrixScalar>(to type: Other.Type = Other.self) -> Matrix<Other> {
    Matrix<Other>(rows: rows, columns: columns) { target in
      for index in 0..<count { target[index] = Other(buffer.base[index]) }
    }
  }

  private mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&buffer) || !buffer.isOwned { buffer = buffer.copy() }
  }
}

extension Matrix: Equatable {
  /// Equality of shapes and of elements; NaN is unequal to itself.
  public static func == (a: Matrix, b: Matrix) -> Bool {
    guard a.rows == b.rows, a.columns == b.columns else { return false }
    return (0..<a.count).allSatisfy { a.buffer.base[$0] == b.buffer.base[$0] }
  }
}
