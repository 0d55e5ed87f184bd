import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Rows minus their mean, with what a scan needs of each.
struct CenteredRows: Sendable {
  let means: [Double]
  let meanVariance: Double
  let rows: Matrix<Float>
  /// ‖row‖².
  let norms: [Float]
  /// Runs of rows that are worth a thread's while, at most 16: as many as there are partial sums.
  let tiles: [Range<Int>]

  init(_ matrix: Matrix<Float>) {
    let moments = columnMoments(of: matrix)
    means = moments.means
    meanVariance = moments.variances.reduce(0, +) / Double(max(1, matrix.columns))
    rows = centered(matrix, means: means)
    norms = rows.squaredRowNorms().map { Float($0) }
    let (count, width) = (rows.rows, RowPanels.width)
    let size = max(32 * width, (count + 16 * width - 1) / (16 * width) * width)
    tiles = stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }

  /// Refuses rows whose distances are beyond all numbers.
  ///
  /// - Throws: `outOfRange`.
  func requireFiniteDistances() throws(StageError) {
    // Between two rows lie four times the square of the larger norm at most.
    guard norms.allSatisfy({ $0 < .greatestFiniteMagnitude / 8 }) else { throw distancesNotFinite() }
  }

  /// Points with the mean added again.
  func uncentered(_ points: Matrix<Float>) -> Matrix<Float> { points.adding(means) }
}

extension Matrix<Float> {
  /// The matrix with `means` added to each row.
  func adding(_ means: [Double]) -> Matrix<Float> {
    Matrix(rows: rows, columns: columns) { target in
      for index in target.indices {
        let (row, column) = index.quotientAndRemainder(dividingBy: columns)
        target[index] = Float(Double(self[row, column]) + means[column])
      }
    }
  }
}

/// The error of rows whose distances are beyond all numbers.
func distancesNotFinite() -> StageError {
  Diagnostic(
    .outOfRange, "the distances between rows go beyond the largest Float32",
    hint: "scale the features down first")
}

extension Features {
  /// Refuses rows that are not finite, or whose distances are not.
  ///
  /// - Throws: `notFinite`, `outOfRange`.
  func requireFiniteDistances() throws(StageError) {
    // Between two rows lie four times the square of the larger norm at most, and the mean is no longer than a row.
    guard matrix.squaredRowNorms().allSatisfy({ $0 < Double(Float.greatestFiniteMagnitude) / 32 }) else {
      try requireFinite()
      throw distancesNotFinite()
    }
  }

  /// Refuses a table that cannot be divided into so many clusters.
  ///
  /// - Throws: `tooFewRows`, `badShape`, `notFinite`.
  func requireRows(forClusters clusters: Int) throws(StageError) {
    try requireSize(forClusters: clusters)
    try requireFinite()
  }

  /// As `requireRows(forClusters:)`, but looks at no value.
  ///
  /// - Throws: `tooFewRows`, `badShape`.
  func requireSize(forClusters clusters: Int) throws(StageError) {
    try requireSize()
    guard rows >= clusters else {
      throw Diagnostic(
        .tooFewRows, "there are fewer rows than clusters",
        fields: ["rows": "\(rows)", "clusters": "\(clusters)"], hint: "ask for fewer clusters")
    }
  }
}
