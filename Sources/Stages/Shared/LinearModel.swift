import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// A linear score for each of some classes, of rows less a mean: large means cost no accuracy then.
struct LinearModel {
  /// What is subtracted from a row before it is multiplied.
  let means: [Double]
  /// Classes × columns.
  let weights: Matrix<Double>
  /// Of rows less the mean.
  let intercepts: [Double]

  /// The class of the largest score of each row, the first of equal ones.
  ///
  /// - Throws: `cancelled`.
  func largest(_ matrix: Matrix<Float>, in context: StageContext) throws(StageError) -> [Int32] {
    let points: Matrix<Float> = weights.converted()
    let offsets = intercepts.map { Float($0) }
    let tile = max(16, min(512, 131_072 / max(1, matrix.columns)) / 16 * 16)
    let all = Array(0..<matrix.rows)
    let found = Buffer<Int32>(uninitialized: matrix.rows)
    try points.withPointer { points throws(StageError) in
      try parallelFor((matrix.rows + tile - 1) / tile, stoppingAt: context.safePoint) { index in
        let rows = index * tile..<min(matrix.rows, (index + 1) * tile)
        let panels = RowPanels(centered(matrix, rows: Array(all[rows]), means: means))
        let scores = Buffer<Float>(uninitialized: panels.paddedRows * offsets.count)
        let indices = Buffer<Int32>(uninitialized: panels.paddedRows)
        panels.products(
          0..<panels.count, with: RowPanels.Points(points, count: offsets.count), into: scores.base)
        offsets.withUnsafeBufferPointer { offsets in
          guard let offsets = offsets.baseAddress else { return }
          PanelKernels.largest(
            scores.base, panels: panels.count, classes: weights.rows, intercepts: offsets,
            indices: indices.base)
        }
        (found.base + rows.lowerBound).update(from: indices.base, count: rows.count)
      }
    }
    return Array(UnsafeBufferPointer(start: found.base, count: matrix.rows))
  }

  /// The predictions for all rows.
  ///
  /// - Throws: `cancelled`.
  func predictions(
    _ features: Features, _ classes: FitClasses, _ labels: Labels, in context: StageContext
  ) throws(StageError) -> Predictions {
    let found = try largest(features.matrix, in: context)
    return Predictions(classes: found.map { classes.present[Int($0)] }, names: labels.names)
  }

  /// The weights with the intercepts of the features as they are in a last column; zeros for absent classes.
  ///
  /// - Throws: `outOfRange` where a weight goes beyond Float32.
  func weights(of classes: FitClasses, among classCount: Int) throws(StageError) -> Matrix<Float> {
    let columns = means.count
    var all = Matrix<Float>(rows: classCount, columns: columns + 1)
    for (position, index) in classes.present.enumerated() {
      var intercept = intercepts[position]
      for column in 0..<columns {
        let weight = weights[position, column]
        all[Int(index), column] = Float(weight)
        intercept -= weight * means[column]
      }
      all[Int(index), columns] = Float(intercept)
    }
    return try all.finiteFeatures().matrix
  }
}
