internal import COpenBLAS

/// LAPACK's column-major routines for either precision, with their work arrays; each returns LAPACK's `info`.
enum LAPACK {
  /// All eigenpairs of a symmetric matrix, ascending, by divide and conquer; the eigenvectors replace the matrix.
  ///
  /// Without vectors the matrix is destroyed.
  static func syevd<Scalar: MatrixScalar>(
    order n: Int, _ a: UnsafeMutablePointer<Scalar>, values: UnsafeMutablePointer<Scalar>,
    vectors: Bool = true
  ) -> Int {
    let (order, job) = (Int32(n), vectors ? letterV : letterN)
    return withWork { (work: UnsafeMutablePointer<Scalar>, length, integers, integerLength) in
      if Scalar.self == Float.self {
        lapack_ssyevd(
          job, upper, order, cast(a), order, cast(values), cast(work), length, integers, integerLength)
      } else {
        lapack_dsyevd(
          job, upper, order, cast(a), order, cast(values), cast(work), length, integers, integerLength)
      }
    }
  }

  /// The `top` largest eigenpairs, ascending, by relatively robust representations; the matrix is destroyed.
  ///
  /// `values` has room for `n` numbers. An `info` other than 0 also says that fewer were found than asked for.
  static func syevr<Scalar: MatrixScalar>(
    order n: Int, top: Int, _ a: UnsafeMutablePointer<Scalar>, values: UnsafeMutablePointer<Scalar>,
    vectors: UnsafeMutablePointer<Scalar>
  ) -> Int {
    let order = Int32(n)
    let (first, last) = (Int32(n - top + 1), Int32(n))
    var found: Int32 = 0
    var support = [Int32](repeating: 0, count: 2 * max(1, top))
    let info = withWork { (work: UnsafeMutablePointer<Scalar>, length, integers, integerLength) in
      if Scalar.self == Float.self {
        lapack_ssyevr(
          letterV, letterI, upper, order, cast(a), order, 0, 0, first, last, 0, &found, cast(values),
          cast(vectors), order, &support, cast(work), length, integers, integerLength)
      } else {
        lapack_dsyevr(
          letterV, letterI, upper, order, cast(a), order, 0, 0, first, last, 0, &found, cast(values),
          cast(vectors), order, &support, cast(work), length, integers, integerLength)
      }
    }
    return info == 0 && Int(found) != top ? -100 : info
  }

  /// The thin singular value decomposition of a column-major `rows × columns` matrix, which is destroyed.
  static func gesdd<Scalar: MatrixScalar>(
    rows m: Int, columns n: Int, _ a: UnsafeMutablePointer<Scalar>, values: UnsafeMutablePointer<Scalar>,
    left: UnsafeMutablePointer<Scalar>, right: UnsafeMutablePointer<Scalar>
  ) -> Int {
    let (rows, columns, rank) = (Int32(m), Int32(n), Int32(min(m, n)))
    var integers = [Int32](repeating: 0, count: 8 * min(m, n))
    return withWork { (work: UnsafeMutablePointer<Scalar>, length, _, _) in
      if Scalar.self == Float.self {
        lapack_sgesdd(
          letterS, rows, columns, cast(a), rows, cast(values), cast(left), rows, cast(right), rank,
          cast(work), length, &integers)
      } else {
        lapack_dgesdd(
          letterS, rows, columns, cast(a), rows, cast(values), cast(left), rows, cast(right), rank,
          cast(work), length, &integers)
      }
    }
  }

  /// Householder reflections that make a column-major matrix triangular.
  static func geqrf<Scalar: MatrixScalar>(
    rows m: Int, columns n: Int, _ a: UnsafeMutablePointer<Scalar>, scales: UnsafeMutablePointer<Scalar>
  ) -> Int {
    let (rows, columns) = (Int32(m), Int32(n))
    return withWork { (work: UnsafeMutablePointer<Scalar>, length, _, _) in
      Scalar.self == Float.self
        ? lapack_sgeqrf(rows, columns, cast(a), rows, cast(scales), cast(work), length)
        : lapack_dgeqrf(rows, columns, cast(a), rows, cast(scales), cast(work), length)
    }
  }

  /// The first `n` columns of the orthogonal matrix that `geqrf` left as reflections, in their place.
  static func orgqr<Scalar: MatrixScalar>(
    rows m: Int, columns n: Int, _ a: UnsafeMutablePointer<Scalar>, scales: UnsafeMutablePointer<Scalar>
  ) -> Int {
    let (rows, columns) = (Int32(m), Int32(n))
    return withWork { (work: UnsafeMutablePointer<Scalar>, length, _, _) in
      Scalar.self == Float.self
        ? lapack_sorgqr(rows, columns, columns, cast(a), rows, cast(scales), cast(work), length)
        : lapack_dorgqr(rows, columns, columns, cast(a), rows, cast(scales), cast(work), length)
    }
  }

  /// The Cholesky factor of a row-major symmetric matrix in its lower triangle; the upper one stays as it was.
  static func potrf<Scalar: MatrixScalar>(order n: Int, _ a: UnsafeMutablePointer<Scalar>) -> Int {
    // The upper triangle of columns is the lower one of rows.
    Scalar.self == Float.self
      ? Int(lapack_spotrf(upper, Int32(n), cast(a), Int32(n)))
      : Int(lapack_dpotrf(upper, Int32(n), cast(a), Int32(n)))
  }

  /// Solves L·X = B, or Lᵀ·X = B, in place for a row-major lower triangle and a row-major right-hand side.
  static func solveLower<Scalar: MatrixScalar>(
    order n: Int, _ lower: UnsafePointer<Scalar>, isTransposed: Bool, columns: Int,
    _ b: UnsafeMutablePointer<Scalar>
  ) {
    let transpose = isTransposed ? blasTranspose : blasNoTranspose
    let (order, width) = (Int32(n), Int32(columns))
    let factor = UnsafeMutablePointer(mutating: lower)
    if Scalar.self == Float.self {
      blas_strsm(blasLeft, blasLower, transpose, 0, order, width, 1, cast(factor), order, cast(b), width)
    } else {
      blas_dtrsm(blasLeft, blasLower, transpose, 0, order, width, 1, cast(factor), order, cast(b), width)
    }
  }

  private static let letterN = CChar(UInt8(ascii: "N"))
  private static let letterV = CChar(UInt8(ascii: "V"))
  private static let letterI = CChar(UInt8(ascii: "I"))
  private static let letterS = CChar(UInt8(ascii: "S"))
  private static let upper = CChar(UInt8(ascii: "U"))

  private typealias Routine<Scalar> = (
    UnsafeMutablePointer<Scalar>, Int32, UnsafeMutablePointer<Int32>, Int32
  ) -> Int32

  /// Asks a routine for its best work size, then runs it with that much.
  private static func withWork<Scalar: MatrixScalar>(_ routine: Routine<Scalar>) -> Int {
    BLAS.require()
    // Divide and conquer rounds its answer to Float: a little more keeps the size from falling short.
    let query = Buffer<Scalar>(repeating: 0, count: 1)
    var integerSize: Int32 = 1
    let asked = routine(query.base, -1, &integerSize, -1)
    if asked != 0 { return Int(asked) }
    let size = Int(query.base[0]) + Int(query.base[0]) / 1_000_000 + 1
    let work = Buffer<Scalar>(uninitialized: size)
    let integerWork = Buffer<Int32>(uninitialized: max(1, Int(integerSize)))
    return Int(routine(work.base, Int32(size), integerWork.base, max(1, integerSize)))
  }

  private static func cast<From, To>(_ pointer: UnsafeMutablePointer<From>) -> UnsafeMutablePointer<To> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: To.self)
  }
}
