import Diagnostics
import LinearAlgebra
import StageKit

/// Nyström's approximation of a kernel by its values with some landmarks.
///
/// With K = U Λ Uᵀ the kernel among the landmarks and k(x) that of a row with each of them, the kernel of two rows is
/// about k(x)ᵀ K⁺ k(y), where K⁺ leaves out eigenvalues of 10⁻⁶ of the largest and less: in single precision their
/// share of a row's values would be rounding.
struct LandmarkMap {
  private let kernel: KernelMatrix
  private let landmarks: Matrix<Float>
  /// The eigenvalues that are kept, with their vectors.
  private let pairs: EigenPairs<Double>
  private let context: StageContext

  /// Decomposes the kernel among the landmarks.
  ///
  /// - Throws: `outOfRange` if the kernel is not finite; `rankDeficient` if it is zero; `cancelled`.
  init(_ kernel: Kernel, landmarks: Matrix<Float>, in context: StageContext) throws(StageError) {
    self.kernel = KernelMatrix(kernel, columns: landmarks.columns, in: context)
    (self.landmarks, self.context) = (landmarks, context)
    let values = try self.kernel.exact(landmarks.converted())
    guard values.isFinite else { throw kernelNotFinite(for: "these features") }
    let all: EigenPairs<Double>
    do throws(LinearAlgebraError) {
      all = try symmetricEigen(values, stoppingAt: context.arithmeticSafePoint)
    } catch {
      throw error.stageError
    }
    let least = 1e-6 * max(0, all.values.first ?? 0)
    let kept = all.values.prefix { $0 > least }.count
    guard kept > 0 else {
      throw Diagnostic(
        .rankDeficient, "the kernel among the landmarks is zero",
        fields: ["landmarks": "\(landmarks.rows)"], hint: "look for features that are all zero")
    }
    pairs = EigenPairs(
      values: Array(all.values.prefix(kept)), vectors: all.vectors.selecting(rows: Array(0..<kept)))
  }

  /// K^(−1/2) without the eigenvalues that are left out: m × m, symmetric.
  func inverseRoot() throws(StageError) -> Matrix<Double> {
    var scaled = pairs.vectors
    scaled.scaleRows(by: pairs.values.map { 1 / $0.squareRoot().squareRoot() })
    return try crossProduct(scaled, stoppingAt: context.safePoint)
  }

  /// Λ^(−1/2) Uᵀ: r × m, whose products with the kernel values of two rows have that kernel as their dot product.
  func whitening() -> Matrix<Double> {
    var scaled = pairs.vectors
    scaled.scaleRows(by: pairs.values.map { 1 / $0.squareRoot() })
    return scaled
  }

  /// The mean of each landmark's kernel values with the others: a constant near the values of most rows.
  func kernelMeans() throws(StageError) -> [Double] {
    let weights = zip(pairs.values, 0..<pairs.vectors.rows).map { value, row in
      value * pairs.vectors.row(row).reduce(0, +) / Double(landmarks.rows)
    }
    return try product(
      Matrix(rows: 1, columns: weights.count, elements: weights), pairs.vectors,
      stoppingAt: context.safePoint
    ).elements
  }

  /// How many rows are mapped at a time.
  var blockSize: Int { max(512, (8 << 20) / max(landmarks.rows, landmarks.columns)) }

  /// The kernel of some rows with each landmark, less a constant for each landmark if there are `means`.
  ///
  /// - Throws: `outOfRange` if a value is not finite.
  func values(
    of matrix: Matrix<Float>, rows: ArraySlice<Int>, less means: [Float]? = nil
  ) throws(StageError) -> Matrix<Float> {
    let part = rows.count == matrix.rows ? matrix : matrix.selecting(rows: Array(rows))
    var values = try kernel.quick(part, landmarks)
    guard values.isFinite else { throw kernelNotFinite(for: "these features") }
    if let means {
      try values.mapRows(stoppingAt: context.safePoint) { row, _ in
        for index in row.indices { row[index] -= means[index] }
      }
    }
    return values
  }
}
