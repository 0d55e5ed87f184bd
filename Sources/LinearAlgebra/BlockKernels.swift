internal import CKernels

/// The kernels for a block of vectors, for either precision; the layout is described beside them.
enum BlockKernels {
  typealias Vectors<Scalar> = UnsafeMutablePointer<Scalar>

  /// y ← y ± A·x, where A is row-major with `inner` columns.
  static func addProduct<Scalar: MatrixScalar>(
    rows: Int, inner: Int, _ a: UnsafePointer<Scalar>, _ x: Vectors<Scalar>, _ y: Vectors<Scalar>, width: Int
  ) {
    Scalar.self == Float.self
      ? block_product_f32(rows, inner, reading(a), inner, 1, cast(x), cast(y), Int32(width), 1)
      : block_product_f64(rows, inner, reading(a), inner, 1, cast(x), cast(y), Int32(width), 1)
  }

  /// y ← y − Aᵀ·x for the columns of A from `start`: A is row-major with `stride` columns, y has `rows` coordinates.
  static func subtractTransposedProduct<Scalar: MatrixScalar>(
    rows: Int, inner: Int, _ a: UnsafePointer<Scalar>, stride: Int, _ x: Vectors<Scalar>,
    _ y: Vectors<Scalar>,
    width: Int
  ) {
    Scalar.self == Float.self
      ? block_product_f32(rows, inner, reading(a), 1, stride, cast(x), cast(y), Int32(width), -1)
      : block_product_f64(rows, inner, reading(a), 1, stride, cast(x), cast(y), Int32(width), -1)
  }

  /// yᵀ·y, row after row.
  static func gram<Scalar: MatrixScalar>(_ n: Int, _ y: Vectors<Scalar>, width: Int) -> [Double] {
    var gram = [Double](repeating: 0, count: width * width)
    Scalar.self == Float.self
      ? block_gram_f32(n, cast(y), Int32(width), &gram) : block_gram_f64(n, cast(y), Int32(width), &gram)
    return gram
  }

  /// y ← y·s.
  static func transform<Scalar: MatrixScalar>(_ n: Int, _ y: Vectors<Scalar>, width: Int, by s: [Double]) {
    Scalar.self == Float.self
      ? block_transform_f32(n, cast(y), Int32(width), s) : block_transform_f64(n, cast(y), Int32(width), s)
  }

  /// ‖y_v − values_v·x_v‖² for each vector.
  static func residualSquares<Scalar: MatrixScalar>(
    _ n: Int, _ y: Vectors<Scalar>, _ x: Vectors<Scalar>, values: [Double]
  ) -> [Double] {
    var squares = [Double](repeating: 0, count: values.count)
    let width = Int32(values.count)
    Scalar.self == Float.self
      ? block_residuals_f32(n, cast(y), cast(x), width, values, &squares)
      : block_residuals_f64(n, cast(y), cast(x), width, values, &squares)
    return squares
  }

  static func fromRows<Scalar: MatrixScalar>(
    _ n: Int, _ rows: UnsafePointer<Scalar>, width: Int, _ block: Vectors<Scalar>
  ) {
    Scalar.self == Float.self
      ? block_from_rows_f32(n, reading(rows), Int32(width), cast(block))
      : block_from_rows_f64(n, reading(rows), Int32(width), cast(block))
  }

  static func toRows<Scalar: MatrixScalar>(
    _ n: Int, _ block: Vectors<Scalar>, width: Int, _ rows: Vectors<Scalar>
  ) {
    Scalar.self == Float.self
      ? block_to_rows_f32(n, cast(block), Int32(width), cast(rows))
      : block_to_rows_f64(n, cast(block), Int32(width), cast(rows))
  }

  private static func reading<From, To>(_ pointer: UnsafePointer<From>) -> UnsafePointer<To> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
  }

  private static func cast<From, To>(_ pointer: Vectors<From>) -> UnsafeMutablePointer<To> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: To.self)
  }
}
