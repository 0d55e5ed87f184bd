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

  /// The predictions for all rows.
  ///
  /// - Throws: `cancelled`.
  func predictions(
    _ features: Features, _ classes: FitClasses, _ labels: Labels, in context: StageContext
  ) throws(StageError) -> Predictions {
    try Self.predictions(of: [self], features, classes, labels, in: context)[0]
  }

  /// The predictions for all rows by a model that has a score for each class that there is a name of.
  ///
  /// - Throws: `cancelled`.
  func predictions(
    _ features: Features, names: [String], in context: StageContext
  ) throws(StageError) -> Predictions {
    let classes = Array(names.indices.map { Int32($0) })
    return try Self.predictions(of: [self], features, present: classes, names: names, in: context)[0]
  }

  /// The predictions of several models that subtract the same means, from one pass over the rows: of each the class of
  /// the largest score, the first of equal ones.
  ///
  /// - Throws: `cancelled`.
  static func predictions(
    of models: [LinearModel], _ features: Features, _ classes: FitClasses, _ labels: Labels,
    in context: StageContext
  ) throws(StageError) -> [Predictions] {
    try predictions(of: models, features, present: classes.present, names: labels.names, in: context)
  }

  /// - Parameter present: the class that each of a model's scores is of.
  private static func predictions(
    of models: [LinearModel], _ features: Features, present: [Int32], names: [String],
    in context: StageContext
  ) throws(StageError) -> [Predictions] {
    let matrix = features.matrix
    let tile = max(16, min(512, 131_072 / max(1, matrix.columns)) / 16 * 16)
    let all = Array(0..<matrix.rows)
    let scorers = models.map {
      Scorer(points: $0.weights.converted(), offsets: $0.intercepts.map { Float($0) })
    }
    let found = models.map { _ in Buffer<Int32>(uninitialized: matrix.rows) }
    try parallelFor((matrix.rows + tile - 1) / tile, stoppingAt: context.safePoint) { index in
      let rows = index * tile..<min(matrix.rows, (index + 1) * tile)
      let panels = RowPanels(centered(matrix, rows: Array(all[rows]), means: models[0].means))
      for (scorer, found) in zip(scorers, found) {
        scorer.largest(panels, into: found.base + rows.lowerBound)
      }
    }
    return found.map { found in
      let indices = UnsafeBufferPointer(start: found.base, count: matrix.rows)
      return Predictions(classes: indices.map { present[Int($0)] }, names: names)
    }
  }

  /// A model in single precision.
  private struct Scorer {
    let points: Matrix<Float>
    let offsets: [Float]

    /// The class of the largest score of each row.
    func largest(_ panels: RowPanels, into target: UnsafeMutablePointer<Int32>) {
      let scores = Buffer<Float>(uninitialized: panels.paddedRows * offsets.count)
      let indices = Buffer<Int32>(uninitialized: panels.paddedRows)
      points.withPointer { points in
        panels.products(
          0..<panels.count, with: RowPanels.Points(points, count: offsets.count), into: scores.base)
      }
      offsets.withUnsafeBufferPointer { offsets in
        guard let base = offsets.baseAddress else { return }
        PanelKernels.largest(
          scores.base, panels: panels.count, classes: offsets.count, intercepts: base, indices: indices.base)
      }
      target.update(from: indices.base, count: panels.rows)
    }
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
