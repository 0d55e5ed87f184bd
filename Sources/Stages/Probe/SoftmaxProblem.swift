import Diagnostics
import LinearAlgebra
import StageKit

/// The fit rows of logistic regressions in coordinates in which features and penalty are white together.
///
/// With the covariance U Λ Uᵀ of the fit rows the search is for V with W = V Uᵀ, over the columns of (X − μ) U: the
/// penalty stays ½ ‖V‖², and the curvature of any class is diagonal as far as its rows are a fair sample of all. One
/// problem serves all strengths of the penalty.
struct SoftmaxProblem {
  let classes: FitClasses
  let means: [Double]
  /// The variance of each coordinate, largest first.
  let variances: [Double]
  /// The coordinates' axes as rows.
  let axes: Matrix<Double>
  let rows: RowPanels
  /// The same rows with a last column of ones.
  let padded: PaddedRows
  /// The class of each row; −1 for rows of padding.
  let classOf: [Int32]

  /// Coordinates of a class, its intercept included.
  var stride: Int { variances.count + 1 }
  /// The number of coordinates: those of V, class after class, each with its intercept last.
  var unknowns: Int { classes.count * stride }

  /// Where a search starts: all classes are equally likely.
  var start: [Double] { [Double](repeating: 0, count: unknowns) }

  /// - Throws: `outOfRange`, `notFinite`, `notConverged`, `cancelled`.
  init(_ matrix: Matrix<Float>, _ classes: FitClasses, in context: StageContext) throws(StageError) {
    self.classes = classes
    means = columnMeans(of: matrix, rows: classes.rows)
    let data = ShiftedRows(matrix, rows: classes.rows, mean: means)
    (variances, axes) = try Self.axes(of: data, context)
    let coordinates = try Self.coordinates(of: data, axes, context)
    rows = RowPanels(coordinates)
    padded = PaddedRows(coordinates, rows: rows.paddedRows, constant: 1)
    classOf = classes.classOf + [Int32](repeating: -1, count: rows.paddedRows - classes.rows.count)
  }

  private static func axes(
    of data: ShiftedRows, _ context: StageContext
  ) throws(StageError) -> (variances: [Double], axes: Matrix<Double>) {
    let count = data.rows.count
    if count < data.matrix.columns {
      let axes = try PrincipalAxes.byGram(
        of: data.matrix, rows: data.rows, means: data.means.row(0), count: count, in: context)
      return (axes.variances.map { $0 * Double(count - 1) / Double(count) }, axes.vectors)
    }
    let moments =
      try data.isSmall ? data.scatter(in: Double.self, context) : data.scatter(in: Float.self, context)
    do throws(LinearAlgebraError) {
      let pairs = try symmetricEigen(moments, stoppingAt: context.arithmeticSafePoint)
      return (pairs.values.map { max(0, $0 / Double(count)) }, pairs.vectors)
    } catch {
      throw error.stageError
    }
  }

  private static func coordinates(
    of data: ShiftedRows, _ axes: Matrix<Double>, _ context: StageContext
  ) throws(StageError) -> Matrix<Float> {
    let all = 0..<data.rows.count
    if data.isSmall {
      return try product(
        data.block(all, as: Double.self), transposed: axes, stoppingAt: context.safePoint
      ).converted()
    }
    let axes: Matrix<Float> = axes.converted()
    return try product(data.block(all, as: Float.self), transposed: axes, stoppingAt: context.safePoint)
  }

  /// The model of a point.
  func model(at point: [Double]) -> LinearModel {
    let v = Matrix<Double>(
      rows: classes.count, columns: stride - 1,
      elements: (0..<classes.count).flatMap { point[$0 * stride..<($0 + 1) * stride - 1] })
    return LinearModel(
      means: means, weights: product(v, axes),
      intercepts: (0..<classes.count).map { point[($0 + 1) * stride - 1] })
  }
}
