import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// The leading principal components of Nyström's features over the fit rows.
///
/// The features are z = W (k(x) − c) with W = Λ^(−1/2) Uᵀ. The constant c, the landmarks' mean kernel values, goes out
/// again when z is centred; as it is near to the mean of k(x), little is lost to rounding then.
struct NystroemComponents {
  private let map: LandmarkMap
  private let matrix: Matrix<Float>
  private let fitted: [Int]
  private let context: StageContext
  /// The constants c.
  private let means: [Float]
  /// The kernel values of the fit rows, block after block, where there is room for them.
  private let kept: [Matrix<Float>]?
  /// One row a component: what the kernel values of a row are multiplied by.
  private var directions: Matrix<Float>
  /// What is subtracted then, one number a component.
  private var offsets: [Float]
  private let spectrum: Spectrum

  /// Finds the components.
  ///
  /// - Throws: `tooManyComponents`, `outOfRange`, `rankDeficient`, `cancelled`.
  init(
    _ kernel: Kernel, count: Int, _ matrix: Matrix<Float>, _ fitted: [Int], _ landmarks: Matrix<Float>,
    _ context: StageContext
  ) throws(StageError) {
    (self.fitted, self.context) = (fitted, context)
    var (centredRows, centredLandmarks) = (matrix, landmarks)
    if case .linear = kernel {
      let middle = columnMeans(of: matrix, rows: fitted)
      centredRows = centered(matrix, means: middle)
      centredLandmarks = centered(landmarks, means: middle)
    }
    self.matrix = centredRows
    map = try LandmarkMap(kernel, landmarks: centredLandmarks, in: context)
    means = try map.kernelMeans().map { Float($0) }
    let whitening = map.whitening()
    // Kept values are computed once; what a run may take is for other nodes as well.
    let room = landmarks.rows * fitted.count <= context.memoryLimit / 4 / MemoryLayout<Float>.stride
    var moments = FeatureMoments(whitening, in: context)
    var blocks: [Matrix<Float>] = []
    for start in stride(from: 0, to: fitted.count, by: map.blockSize) {
      let rows = fitted[start..<min(fitted.count, start + map.blockSize)]
      let values = try map.values(of: centredRows, rows: rows, less: means)
      try moments.add(values)
      if room { blocks.append(values) }
    }
    kept = room ? blocks : nil
    let found = try moments.components(count)
    spectrum = Spectrum(values: found.pairs.values, total: found.total)
    let exact = try product(found.pairs.vectors, whitening, stoppingAt: context.safePoint)
    directions = exact.converted(to: Float.self)
    offsets = found.offsets.map { Float($0) }
  }

  /// The scores of fit rows and held-out rows in the order of the rows.
  func embed(_ heldOut: [Int]) throws(StageError) -> (Matrix<Float>, Spectrum) {
    let width = directions.rows
    var scores = Matrix<Float>(rows: matrix.rows, columns: width)
    for (number, start) in stride(from: 0, to: fitted.count, by: map.blockSize).enumerated() {
      let rows = fitted[start..<min(fitted.count, start + map.blockSize)]
      try write(rows, kept?[number], to: &scores)
    }
    let signs = signs(of: scores)
    for start in stride(from: 0, to: heldOut.count, by: map.blockSize) {
      try write(heldOut[start..<min(heldOut.count, start + map.blockSize)], nil, to: &scores)
    }
    scores.scaleColumns(by: signs)
    return (scores, spectrum)
  }

  private func write(
    _ rows: ArraySlice<Int>, _ known: Matrix<Float>?, to scores: inout Matrix<Float>
  ) throws(StageError) {
    let values = if let known { known } else { try map.values(of: matrix, rows: rows, less: means) }
    let part = try product(values, transposed: directions, stoppingAt: context.safePoint)
    let width = part.columns
    scores.withMutablePointer { target in
      part.withPointer { source in
        for (position, row) in rows.enumerated() {
          for column in 0..<width {
            target[row * width + column] = source[position * width + column] - offsets[column]
          }
        }
      }
    }
  }

  /// −1 for each component whose fit row of largest magnitude is negative, else 1.
  private func signs(of scores: Matrix<Float>) -> [Float] {
    var byComponent = scores.selecting(rows: fitted).transposed
    return byComponent.fixSigns()
  }
}

/// Sums over rows of features and of their products.
private struct FeatureMoments {
  private let whitening: Matrix<Float>
  private let context: StageContext
  private var products: Matrix<Double>
  private var sums: [Double]
  private var rows = 0

  init(_ whitening: Matrix<Double>, in context: StageContext) {
    self.whitening = whitening.converted()
    self.context = context
    products = Matrix(rows: whitening.rows, columns: whitening.rows)
    sums = [Double](repeating: 0, count: whitening.rows)
  }

  /// Adds rows by their kernel values.
  mutating func add(_ values: Matrix<Float>) throws(StageError) {
    let features = try product(values, transposed: whitening, stoppingAt: context.safePoint)
    let part = try crossProduct(features, stoppingAt: context.safePoint)
    let count = products.count
    products.withMutablePointer { sum in
      part.withPointer { for index in 0..<count { sum[index] += $0[index] } }
    }
    let means = columnMeans(of: features)
    for index in sums.indices { sums[index] += means[index] * Double(features.rows) }
    rows += features.rows
  }

  /// The leading eigenpairs of the scatter about the mean, its trace, and the mean along each eigenvector.
  func components(
    _ count: Int
  ) throws(StageError) -> (pairs: EigenPairs<Double>, total: Double, offsets: [Double]) {
    var scatter = products
    let order = sums.count
    scatter.withMutablePointer { base in
      for row in 0..<order {
        for column in 0..<order { base[row * order + column] -= sums[row] * sums[column] / Double(rows) }
      }
    }
    var pairs: EigenPairs<Double>
    do throws(LinearAlgebraError) {
      pairs = try symmetricEigen(scatter, top: count, stoppingAt: context.arithmeticSafePoint)
    } catch {
      throw error.stageError
    }
    let least = 1e-6 * max(0, pairs.values.first ?? 0)
    let positive = pairs.values.prefix { $0 > least }.count
    guard positive == count else {
      throw Diagnostic(
        .tooManyComponents, "the approximated kernel has fewer components than asked for",
        fields: ["components": "\(count)", "positive eigenvalues": "\(positive)"],
        hint: "lower `components`, or raise `landmarks`")
    }
    pairs.vectors.fixSigns()
    let offsets = (0..<count).map { component in
      (0..<order).reduce(0) { $0 + pairs.vectors[component, $1] * sums[$1] } / Double(rows)
    }
    return (pairs, (0..<order).reduce(0) { $0 + scatter[$1, $1] }, offsets)
  }
}
