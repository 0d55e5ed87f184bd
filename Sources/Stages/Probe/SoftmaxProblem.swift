import Diagnostics
import LinearAlgebra
import StageKit

/// The mean objective of a logistic regression in coordinates in which it is well conditioned.
///
/// With M = s · covariance + p · identity, p the penalty of a row and M = L Lᵀ, the search is for V with W = L⁻ᵀ V, over
/// the columns of U = X L⁻ᵀ. s stands for the curvature of the soft-max, which is small where most rows are told
/// apart. The intercept goes with a constant column of 1 ÷ √s.
struct SoftmaxProblem {
  /// The number of coordinates: those of V, class after class, each with its intercept last.
  var unknowns: Int { classCount * (columns + 1) }

  private static let curvature = 0.002
  private static let constant = 1 / curvature.squareRoot()

  private let classCount: Int
  private let columns: Int
  private let rowCount: Int
  private let c: Double
  /// The weight of ½ ‖W‖² in the mean objective.
  private let penalty: Double
  private let means: [Double]
  /// L⁻ᵀ.
  private let back: Matrix<Double>
  /// The penalty's quadratic form p · L⁻¹ L⁻ᵀ.
  private let form: Matrix<Double>
  private let rows: RowPanels
  /// Sixteen columns of U a panel, row after row, with rows of zeros as padding; the constant column comes last.
  private let columnPanels: Buffer<Float>
  private let classOf: [Int32]
  /// Runs of panels of rows; sums of 512 rows are taken in single precision.
  private let tiles: [Range<Int>]
  /// Residuals, panel after panel, and each tile's part of the gradient: kept between evaluations.
  private let residuals: Buffer<Float>
  private let partial: Buffer<Float>
  private let losses: Buffer<Double>
  private let context: StageContext

  init(
    _ matrix: Matrix<Float>, rows fitted: [Int], classes: [Int32], classCount: Int, c: Double,
    in context: StageContext
  ) throws(StageError) {
    self.context = context
    (self.classCount, self.c, columns, rowCount) = (classCount, c, matrix.columns, fitted.count)
    // Two opposite vectors of half the difference each: twice the penalty makes ½ ‖w₁ − w₀‖² of it.
    penalty = (classCount == 2 ? 2 : 1) / (c * Double(fitted.count))
    means = columnMeans(of: matrix, rows: fitted)
    let x = centered(matrix, rows: fitted, means: means)
    back = try Self.whitening(x, penalty: penalty, context)
    var form: Matrix<Double> = try LinearAlgebra.product(
      transposed: back, back, stoppingAt: context.safePoint)
    form.scaleRows(by: [Double](repeating: penalty, count: columns))
    self.form = form
    let u: Matrix<Float> = try LinearAlgebra.product(
      x.converted(to: Double.self), back, stoppingAt: context.safePoint
    ).converted()
    rows = RowPanels(u)
    classOf = classes + [Int32](repeating: -1, count: rows.paddedRows - classes.count)
    columnPanels = Self.columnPanels(of: u, constant: Float(Self.constant), paddedRows: rows.paddedRows)
    let count = rows.count
    tiles = stride(from: 0, to: count, by: 32).map { $0..<min(count, $0 + 32) }
    residuals = Buffer(uninitialized: rows.paddedRows * classCount)
    let width = (columns + 1 + 15) / 16 * 16
    partial = Buffer(uninitialized: tiles.count * classCount * width)
    losses = Buffer(uninitialized: tiles.count)
  }

  /// L⁻ᵀ of the centred rows.
  private static func whitening(
    _ x: Matrix<Float>, penalty: Double, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    let columns = x.columns
    var moments = try covariance(
      of: x, means: [Double](repeating: 0, count: columns), stoppingAt: context.safePoint)
    let trace = (0..<columns).reduce(0) { $0 + moments[$1, $1] }
    moments.scaleRows(by: [Double](repeating: curvature, count: columns))
    // Rounding of the covariance must not make it indefinite where the penalty is weak.
    let floor = penalty + 1e-9 * curvature * trace
    for column in 0..<columns { moments[column, column] += floor }
    var identity = Matrix<Double>(rows: columns, columns: columns)
    for column in 0..<columns { identity[column, column] = 1 }
    do throws(LinearAlgebraError) {
      let safePoint = context.arithmeticSafePoint
      return try Cholesky(moments, stoppingAt: safePoint).solveLower(identity, stoppingAt: safePoint)
        .transposed
    } catch {
      throw error.stageError
    }
  }

  private static func columnPanels(of u: Matrix<Float>, constant: Float, paddedRows: Int) -> Buffer<Float> {
    let (rows, columns, width) = (u.rows, u.columns, RowPanels.width)
    let count = (columns + 1 + width - 1) / width
    let packed = Buffer<Float>(repeating: 0, count: count * width * paddedRows)
    u.withPointer { base in
      parallelFor(count) { panel in
        let target = packed.base + panel * width * paddedRows
        let kept = min(width, columns - panel * width)
        for row in 0..<rows {
          (target + row * width).update(from: base + row * columns + panel * width, count: max(0, kept))
          if kept < width { target[row * width + kept] = constant }
        }
      }
    }
    return packed
  }
}

extension SoftmaxProblem {
  /// The mean objective at a point, and its gradient; NaN without one when the run is interrupted.
  func evaluate(
    _ point: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let stride = columns + 1
    var weights = [Float](repeating: 0, count: classCount * columns)
    for index in 0..<classCount {
      for column in 0..<columns { weights[index * columns + column] = Float(point[index * stride + column]) }
    }
    let intercepts = (0..<classCount).map { Float(point[$0 * stride + columns] * Self.constant) }
    weights.withUnsafeBufferPointer { weights in
      intercepts.withUnsafeBufferPointer { intercepts in
        guard let weights = weights.baseAddress, let intercepts = intercepts.baseAddress else { return }
        parallelFor(tiles.count) { tile in
          if !context.shouldStop { scan(tile: tile, weights: weights, intercepts: intercepts) }
        }
      }
    }
    if context.shouldStop { return .nan }
    gather(into: gradient)
    let loss = tiles.indices.reduce(0) { $0 + losses.base[$1] } / Double(rowCount)
    return loss + addPenalty(point, gradient)
  }

  /// Residuals, loss and part of the gradient of one tile.
  private func scan(tile: Int, weights: UnsafePointer<Float>, intercepts: UnsafePointer<Float>) {
    let (range, width) = (tiles[tile], RowPanels.width)
    let part = residuals.base + range.lowerBound * width * classCount
    rows.products(range, with: RowPanels.Points(weights, count: classCount), into: part)
    losses.base[tile] = classOf.withUnsafeBufferPointer { classOf in
      guard let classOf = classOf.baseAddress else { return 0 }
      return PanelKernels.softmaxResiduals(
        part, panels: range.count, classes: classCount, intercepts: intercepts,
        classOf: classOf + range.lowerBound * width)
    }
    let panels = columns / width + 1
    for panel in 0..<panels {
      PanelKernels.residualProducts(
        part, panels: range.count, classes: classCount,
        columns: columnPanels.base + (panel * rows.paddedRows + range.lowerBound * width) * width,
        into: partial.base + (tile * panels + panel) * classCount * width)
    }
  }

  /// Adds the tiles' parts in order.
  private func gather(into gradient: UnsafeMutableBufferPointer<Double>) {
    let (width, stride, panels) = (RowPanels.width, columns + 1, columns / RowPanels.width + 1)
    for index in 0..<classCount {
      for column in 0...columns {
        let place = (column / width * classCount + index) * width + column % width
        var sum = 0.0
        for tile in tiles.indices { sum += Double(partial.base[tile * panels * classCount * width + place]) }
        gradient[index * stride + column] = sum / Double(rowCount)
      }
    }
  }

  /// Adds the penalty's gradient; returns the penalty.
  private func addPenalty(
    _ point: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let stride = columns + 1
    guard let point = point.baseAddress else { return 0 }
    var total = 0.0
    form.withPointer { form in
      for start in Swift.stride(from: 0, to: unknowns, by: stride) where !context.shouldStop {
        for row in 0..<columns {
          let sum = Self.product(form + row * columns, point + start, count: columns)
          gradient[start + row] += sum
          total += sum * point[start + row]
        }
      }
    }
    return total / 2
  }

  private static func product(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int
  ) -> Double {
    var lanes = SIMD4<Double>()
    let whole = count & ~3
    for index in Swift.stride(from: 0, to: whole, by: 4) {
      lanes +=
        UnsafeRawPointer(x + index).loadUnaligned(as: SIMD4<Double>.self)
        * UnsafeRawPointer(y + index).loadUnaligned(as: SIMD4<Double>.self)
    }
    return (whole..<count).reduce(lanes.sum()) { $0 + x[$1] * y[$1] }
  }

  /// The model of a point.
  func model(at point: [Double], value: Double) -> SoftmaxModel {
    let stride = columns + 1
    let v = Matrix<Double>(
      rows: classCount, columns: columns,
      elements: (0..<classCount).flatMap { index in
        point[index * stride..<index * stride + columns]
      })
    return SoftmaxModel(
      means: means, weights: LinearAlgebra.product(v, transposed: back),
      intercepts: (0..<classCount).map { point[$0 * stride + columns] * Self.constant },
      loss: value * c * Double(rowCount))
  }
}

/// Weights of a logistic regression on features minus their means.
struct SoftmaxModel {
  let means: [Double]
  /// Classes × columns.
  let weights: Matrix<Double>
  /// Of the centred features.
  let intercepts: [Double]
  /// The whole objective.
  let loss: Double

  /// The class of the largest log-odds of each row.
  func largest(_ matrix: Matrix<Float>, in context: StageContext) throws(StageError) -> [Int32] {
    let panels = RowPanels(centered(matrix, means: means))
    let (classCount, width) = (weights.rows, RowPanels.width)
    let logits = Buffer<Float>(uninitialized: panels.paddedRows * classCount)
    let indices = Buffer<Int32>(uninitialized: panels.paddedRows)
    let points: Matrix<Float> = weights.converted()
    let offsets = intercepts.map { Float($0) }
    points.withPointer { base in
      offsets.withUnsafeBufferPointer { offsets in
        guard let offsets = offsets.baseAddress else { return }
        parallelFor((panels.count + 31) / 32) { tile in
          if context.shouldStop { return }
          let range = tile * 32..<min(panels.count, tile * 32 + 32)
          let part = logits.base + range.lowerBound * width * classCount
          panels.products(range, with: RowPanels.Points(base, count: classCount), into: part)
          PanelKernels.largest(
            part, panels: range.count, classes: classCount, intercepts: offsets,
            indices: indices.base + range.lowerBound * width)
        }
      }
    }
    try context.checkCancelled()
    return Array(UnsafeBufferPointer(start: indices.base, count: matrix.rows))
  }

  /// The weights with the intercepts of the features as they are in a last column; zeros for absent classes.
  func weights(of present: [Int], among classCount: Int) -> Matrix<Float> {
    var all = Matrix<Float>(rows: classCount, columns: means.count + 1)
    for (position, index) in present.enumerated() {
      var intercept = intercepts[position]
      for column in means.indices {
        all[index, column] = Float(weights[position, column])
        intercept -= weights[position, column] * means[column]
      }
      all[index, means.count] = Float(intercept)
    }
    return all
  }
}
