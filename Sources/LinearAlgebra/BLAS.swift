internal import COpenBLAS

/// What can go wrong in linear algebra; callers turn it into a message that fits their stage.
public enum LinearAlgebraError: Error, Sendable, Equatable {
  /// OpenBLAS is not installed or lacks a routine; the text is the loader's.
  case libraryMissing(String)
  /// An input holds an infinite value or NaN.
  case notFinite
  /// A matrix has no inverse to working precision.
  case singular
  /// A matrix is not positive definite; the leading minor of this order is the first that is not positive.
  case notPositiveDefinite(order: Int)
  /// An iteration stopped before it reached its tolerance.
  case notConverged(method: String, iterations: Int)
  /// A safe point asked the work to end.
  case stopped
}

/// OpenBLAS with its LAPACK, loaded on first use and single-threaded.
public enum BLAS {
  /// Loads the library; later calls cost nothing.
  ///
  /// A program calls this before its first arithmetic, so that a missing library ends in a message.
  /// - Throws: `libraryMissing`.
  public static func load() throws(LinearAlgebraError) {
    if openblas_load() == 0 { throw .libraryMissing(String(cString: openblas_load_error())) }
  }

  /// Version and build options of the library, or nil where it is missing.
  public static var version: String? { openblas_load() == 0 ? nil : String(cString: openblas_version()) }

  /// The processor type whose kernels the library picked, or nil where it is missing.
  public static var core: String? { openblas_load() == 0 ? nil : String(cString: openblas_core()) }

  /// Makes sure that the library is there before a routine of it is called.
  @inline(__always) static func require() {
    if openblas_load() == 0 {
      fatalError("BLAS.load() was not called or failed: \(String(cString: openblas_load_error()))")
    }
  }
}

extension BLAS {
  /// A row-major matrix somewhere in memory, perhaps to be read with rows and columns exchanged.
  struct Operand<Scalar: MatrixScalar> {
    var base: UnsafePointer<Scalar>
    /// Elements from one stored row to the next.
    var stride: Int
    var isTransposed = false
  }

  /// C ← α·op(A)·op(B) + β·C, where C is `rows × columns` and the inner dimension is `depth`.
  static func multiply<Scalar: MatrixScalar>(
    _ a: Operand<Scalar>, _ b: Operand<Scalar>, rows: Int, columns: Int, depth: Int,
    alpha: Scalar = 1, beta: Scalar = 0, into c: UnsafeMutablePointer<Scalar>, stride: Int
  ) {
    if rows == 0 || columns == 0 { return }
    if depth == 0 && beta == 0 {
      for row in 0..<rows { (c + row * stride).update(repeating: 0, count: columns) }
      return
    }
    require()
    let (ta, tb) = (
      a.isTransposed ? blasTranspose : blasNoTranspose, b.isTransposed ? blasTranspose : blasNoTranspose
    )
    let (m, n, k) = (Int32(rows), Int32(columns), Int32(depth))
    let (lda, ldb, ldc) = (Int32(max(1, a.stride)), Int32(max(1, b.stride)), Int32(stride))
    if Scalar.self == Float.self {
      blas_sgemm(
        ta, tb, m, n, k, Float(alpha), retyped(a.base), lda, retyped(b.base), ldb, Float(beta), retyped(c),
        ldc)
    } else {
      blas_dgemm(
        ta, tb, m, n, k, Double(alpha), retyped(a.base), lda, retyped(b.base), ldb, Double(beta), retyped(c),
        ldc)
    }
  }

  /// The lower triangle of C ← op(A)·op(A)ᵀ + β·C, where C is `order × order`; its upper part stays as it was.
  static func multiplySymmetric<Scalar: MatrixScalar>(
    _ a: Operand<Scalar>, order: Int, depth: Int, beta: Scalar = 0, into c: UnsafeMutablePointer<Scalar>,
    stride: Int
  ) {
    if order == 0 { return }
    if depth == 0 && beta == 0 {
      for row in 0..<order { (c + row * stride).update(repeating: 0, count: row + 1) }
      return
    }
    require()
    let transpose = a.isTransposed ? blasTranspose : blasNoTranspose
    let (n, k, lda, ldc) = (Int32(order), Int32(depth), Int32(max(1, a.stride)), Int32(stride))
    if Scalar.self == Float.self {
      blas_ssyrk(blasLower, transpose, n, k, 1, retyped(a.base), lda, Float(beta), retyped(c), ldc)
    } else {
      blas_dsyrk(blasLower, transpose, n, k, 1, retyped(a.base), lda, Double(beta), retyped(c), ldc)
    }
  }

  private static func retyped<From, To>(_ pointer: UnsafePointer<From>) -> UnsafePointer<To> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
  }

  private static func retyped<From, To>(_ pointer: UnsafeMutablePointer<From>) -> UnsafeMutablePointer<To> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: To.self)
  }
}
