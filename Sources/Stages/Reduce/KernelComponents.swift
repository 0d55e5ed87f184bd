import Diagnostics
import LinearAlgebra
import StageKit

/// Components of a kernel's space, as combinations of the fit rows.
struct KernelComponents<Scalar: MatrixScalar> {
  /// The sum of the squared scores of the fit rows along each component, the largest first.
  let values: [Double]
  /// The scores of the fit rows: a row a component, k × n.
  let scores: Matrix<Scalar>
  /// What the centred kernel values of any row are multiplied by to give its scores: k × n.
  let directions: Matrix<Scalar>

  init(values: [Double], scores: Matrix<Scalar>, directions: Matrix<Scalar>) {
    (self.values, self.scores, self.directions) = (values, scores, directions)
  }

  /// Those of eigenpairs (λ, v) of the centred kernel, all positive: scores √λ·v and directions v ÷ √λ.
  init(_ pairs: EigenPairs<Scalar>) {
    values = pairs.values.map { Double($0) }
    let roots = pairs.values.map { $0.squareRoot() }
    var (scores, directions) = (pairs.vectors, pairs.vectors)
    scores.scaleRows(by: roots)
    directions.scaleRows(by: roots.map { 1 / $0 })
    (self.scores, self.directions) = (scores, directions)
  }
}

/// The means of a kernel matrix among fit rows, which centre other rows too.
struct KernelCentering<Scalar: MatrixScalar> {
  private let means: [Scalar]
  private let mean: Scalar
  private let safePoint: SafePoint<StageError>
  /// The trace of the centred matrix.
  let trace: Double

  /// Centres the kernel matrix among the fit rows in place; its sums of rows are known or are taken.
  init(
    _ gram: inout Matrix<Scalar>, rowSums: [Double]? = nil, in context: StageContext
  ) throws(StageError) {
    safePoint = context.safePoint
    let count = Double(max(1, gram.rows))
    let sums = if let rowSums { rowSums } else { try Self.rowSums(gram, safePoint) }
    let exact = sums.map { $0 / count }
    let mean = exact.reduce(0, +) / count
    guard mean.isFinite else { throw kernelNotFinite(for: "these features") }
    let (means, middle) = (exact.map { Scalar($0) }, Scalar(mean))
    try gram.mapRows(stoppingAt: safePoint) { row, number in
      // The same sum for (i, j) and (j, i): the matrix stays symmetric.
      for index in row.indices { row[index] = row[index] - (means[number] + means[index]) + middle }
    }
    trace = exact.indices.reduce(0) { $0 + Double(gram[$1, $1]) }
    (self.means, self.mean) = (means, middle)
  }

  /// The scores of other rows, m × k, from their kernel values with the fit rows, m × n.
  func scores(
    of values: consuming Matrix<Scalar>, along directions: Matrix<Scalar>
  ) throws(StageError) -> Matrix<Scalar> {
    let own = try Self.rowSums(values, safePoint).map { $0 / Double(max(1, means.count)) }
    guard own.allSatisfy(\.isFinite) else { throw kernelNotFinite(for: "a held-out row") }
    try values.mapRows(stoppingAt: safePoint) { row, number in
      let offset = mean - Scalar(own[number])
      for index in row.indices { row[index] = row[index] - means[index] + offset }
    }
    return try product(values, transposed: directions, stoppingAt: safePoint)
  }

  /// The sum of each row, in double.
  private static func rowSums(
    _ matrix: Matrix<Scalar>, _ safePoint: SafePoint<StageError>
  ) throws(StageError) -> [Double] {
    let columns = matrix.columns
    let sums = Buffer<Double>(uninitialized: matrix.rows)
    try matrix.withPointer { base throws(StageError) in
      let tile = max(1, 65_536 / max(1, columns))
      try parallelFor((matrix.rows + tile - 1) / tile, stoppingAt: safePoint) { index in
        for row in index * tile..<min(matrix.rows, index * tile + tile) {
          sums.base[row] = sum(base + row * columns, count: columns)
        }
      }
    }
    return (0..<matrix.rows).map { sums.base[$0] }
  }

  private static func sum(_ values: UnsafePointer<Scalar>, count: Int) -> Double {
    var lanes = SIMD8<Double>()
    let whole = count & ~7
    for index in stride(from: 0, to: whole, by: 8) {
      lanes += SIMD8<Double>(UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Scalar>.self))
    }
    return (whole..<count).reduce(lanes.sum()) { $0 + Double(values[$1]) }
  }
}

/// Numbers that look random but depend on the values of a row alone, not on its place: n × `count`, from −1 to 1.
///
/// They are waves so short that they tell rows apart: a start for searches whose results then follow the rows when
/// those change their order.
func scatteredNumbers(_ features: Matrix<Float>, count: Int, seed: UInt64) -> Matrix<Float> {
  var random = RandomStream(seed: seed)
  let spread = columnVariances(of: features, means: columnMeans(of: features)).reduce(0, +).squareRoot()
  // Some five turns for a standard deviation.
  let length = 5 / max(spread, 1e-30)
  let frequencies = Matrix<Float>(rows: count, columns: features.columns) { target in
    for index in target.indices { target[index] = Float(random.normal() * length) }
  }
  let phases = (0..<count).map { _ in Float(random.uniform()) }
  var waves = product(features, transposed: frequencies)
  waves.cosineOfTurns(phases: phases, scale: 1)
  return waves
}
