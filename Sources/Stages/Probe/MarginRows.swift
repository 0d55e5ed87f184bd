import Diagnostics
import LinearAlgebra
import StageKit

/// The fit rows as all one-vs-rest problems pass over them, with a last column of ones for the intercepts.
struct MarginRows {
  /// The number of rows.
  let count: Int
  /// The number of columns, that of ones included.
  let width: Int
  /// The class of each row; −1 for rows of padding.
  let classOf: [Int32]
  /// The rows, without the column of ones.
  let panels: RowPanels
  /// The same rows with a last column of ones.
  let padded: PaddedRows
  /// Runs of tiles of panels, each summed by itself; sums of a tile's rows are taken in single precision.
  let groups: [Range<Int>]
  /// What preconditions: the eigenvalues of the products of all pairs of columns, with the eigenvectors as rows.
  private let values: [Double]
  private let vectors: Matrix<Double>?

  /// The panels of a tile: 512 rows.
  static let tilePanels = 32
  /// Columns beyond which eigenvectors cost more than they save: the diagonal serves then.
  private static let widest = 2048

  /// - Throws: `outOfRange`, `cancelled`.
  init(_ matrix: Matrix<Float>, _ classes: FitClasses, _ context: StageContext) throws(StageError) {
    (count, width) = (classes.rows.count, matrix.columns + 1)
    let chosen =
      classes.rows.count == matrix.rows ? matrix : matrix.selecting(rows: classes.rows)
    panels = RowPanels(chosen)
    classOf = classes.classOf + [Int32](repeating: -1, count: panels.paddedRows - classes.rows.count)
    padded = PaddedRows(chosen, rows: panels.paddedRows, constant: 1)
    let tiles = (panels.count + Self.tilePanels - 1) / Self.tilePanels
    let size = Self.tilePanels * max(1, (tiles + 63) / 64)
    let all = panels.count
    groups = stride(from: 0, to: all, by: size).map { $0..<min(all, $0 + size) }
    let rows = ShiftedRows(matrix, rows: classes.rows, mean: [Double](repeating: 0, count: matrix.columns))
    guard width <= Self.widest else {
      values = (columnVariances(of: chosen, means: rows.means.row(0)) + [1])
        .map { $0 * Double(classes.rows.count) }
      vectors = nil
      return
    }
    let pairs = try Self.eigen(of: rows, context)
    (values, vectors) = (pairs.values.map { max(0, $0) }, pairs.vectors)
  }

  private static func eigen(
    of rows: ShiftedRows, _ context: StageContext
  ) throws(StageError) -> EigenPairs<Double> {
    let inner =
      try rows.isSmall ? rows.scatter(in: Double.self, context) : rows.scatter(in: Float.self, context)
    let sums = columnMeans(of: rows.matrix, rows: rows.rows).map { $0 * Double(rows.rows.count) }
    let width = sums.count + 1
    let moments = Matrix<Double>(rows: width, columns: width) { target in
      for row in 0..<width {
        for column in 0..<width {
          let value: Double
          switch (row < sums.count, column < sums.count) {
          case (true, true): value = inner[row, column]
          case (true, false): value = sums[row]
          case (false, true): value = sums[column]
          case (false, false): value = Double(rows.rows.count)
          }
          target[row * width + column] = value
        }
      }
    }
    do throws(LinearAlgebraError) {
      return try symmetricEigen(moments, stoppingAt: context.arithmeticSafePoint)
    } catch {
      throw error.stageError
    }
  }

  /// Each vector times the inverse of identity + its weight · the products of all pairs of columns.
  func preconditioned(_ vectors: Matrix<Double>, weights: [Double]) -> Matrix<Double> {
    var coordinates = self.vectors.map { product(vectors, transposed: $0) } ?? vectors
    let (rows, columns) = (coordinates.rows, coordinates.columns)
    coordinates.withMutablePointer { base in
      for row in 0..<rows {
        for column in 0..<columns { base[row * columns + column] /= 1 + weights[row] * values[column] }
      }
    }
    return self.vectors.map { product(coordinates, $0) } ?? coordinates
  }
}
