import LinearAlgebra
import StageKit

/// The mean objective of a logistic regression per row: the mean loss and the penalty.
final class SoftmaxObjective: CurvedFunction {
  private let problem: SoftmaxProblem
  private let context: StageContext
  /// What a row's loss counts against ½ ‖W‖².
  var c = 1.0
  /// The weight of ½ ‖V‖²; of two classes it is that of two opposite vectors of half the difference, so twice as large.
  private var penalty: Double { (problem.classes.count == 2 ? 2 : 1) / (c * rowCount) }
  private let rowCount: Double
  /// Runs of panels of rows; sums of 512 rows are taken in single precision.
  private let tiles: [Range<Int>]
  /// Runs of tiles, whose gradients are summed one after the other.
  private let groups: [Range<Int>]
  /// Residuals, panel after panel, and each group's part of the gradient: kept between evaluations.
  private let residuals: Buffer<Float>
  private let partial: Buffer<Double>
  private let losses: Buffer<Double>
  /// Whether the point that was evaluated last has zeros alone: all classes are equally likely there.
  private var isStart = false
  private var entries: SoftmaxEntries?
  /// What stands for the curvature of each class beside that of the entries: one number for each coordinate.
  private var rest: [Double] = []

  init(_ problem: SoftmaxProblem, in context: StageContext) {
    (self.problem, self.context) = (problem, context)
    let classCount = problem.classes.count
    rowCount = Double(problem.classes.rows.count)
    let count = problem.rows.count
    tiles = stride(from: 0, to: count, by: 32).map { $0..<min(count, $0 + 32) }
    let size = classCount * problem.padded.width
    // Each group has sums of its own: as many as are worth their memory.
    let most = max(1, min(32, (32 << 20) / max(1, size)))
    let (all, step) = (tiles.count, max(1, (tiles.count + most - 1) / most))
    groups = stride(from: 0, to: all, by: step).map { $0..<min(all, $0 + step) }
    residuals = Buffer(uninitialized: problem.rows.paddedRows * classCount)
    partial = Buffer(uninitialized: groups.count * size)
    losses = Buffer(uninitialized: tiles.count)
  }

  /// The largest entry of a gradient in coordinates in which M = s · covariance + p · identity is the identity, p the
  /// penalty of a row.
  ///
  /// s stands for the curvature of the soft-max, which is small where most rows are told apart.
  func norm(of gradient: [Double]) -> Double {
    let (curvature, penalty) = (0.002, penalty)
    let scales =
      problem.variances.map { 1 / (curvature * $0 + penalty).squareRoot() } + [1 / curvature.squareRoot()]
    return gradient.indices.reduce(0) { max($0, abs(gradient[$1]) * scales[$1 % scales.count]) }
  }
}

// MARK: - Value and gradient

extension SoftmaxObjective {
  /// NaN when the run is interrupted.
  func evaluate(
    _ point: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let (stride, classCount) = (problem.stride, problem.classes.count)
    isStart = point.allSatisfy { $0 == 0 }
    let weights = Buffer<Float>(uninitialized: classCount * (stride - 1))
    let intercepts = Buffer<Float>(uninitialized: classCount)
    for index in 0..<classCount {
      for column in 0..<stride - 1 {
        weights.base[index * (stride - 1) + column] = Float(point[index * stride + column])
      }
      intercepts.base[index] = Float(point[(index + 1) * stride - 1])
    }
    parallelFor(groups.count) { scan(group: $0, weights, intercepts) }
    if context.shouldStop { return .nan }
    gather(into: gradient)
    let penalty = penalty
    var squares = 0.0
    for index in point.indices where index % stride != stride - 1 {
      squares += point[index] * point[index]
      gradient[index] += penalty * point[index]
    }
    return tiles.indices.reduce(0) { $0 + losses.base[$1] } / rowCount + penalty * squares / 2
  }

  /// Residuals, losses and part of the gradient of a group of tiles.
  private func scan(group: Int, _ weights: Buffer<Float>, _ intercepts: Buffer<Float>) {
    let (width, classCount) = (RowPanels.width, problem.classes.count)
    let sums = partial.base + group * classCount * problem.padded.width
    sums.update(repeating: 0, count: classCount * problem.padded.width)
    for tile in groups[group] where !context.shouldStop {
      let (range, first) = (tiles[tile], tiles[tile].lowerBound * width)
      let part = residuals.base + first * classCount
      problem.rows.products(range, with: RowPanels.Points(weights.base, count: classCount), into: part)
      losses.base[tile] = problem.classOf.withUnsafeBufferPointer { classOf in
        guard let classOf = classOf.baseAddress else { return 0 }
        return PanelKernels.softmaxResiduals(
          part, panels: range.count, classes: classCount, intercepts: intercepts.base,
          classOf: classOf + first)
      }
      for column in stride(from: 0, to: problem.padded.width, by: width) {
        PanelKernels.residualProducts(
          part, panels: range.count, classes: classCount,
          columns: problem.padded.base(row: first) + column, stride: problem.padded.width,
          to: sums + column * classCount)
      }
    }
  }

  /// The means of the groups' parts, added in order.
  private func gather(into gradient: UnsafeMutableBufferPointer<Double>) {
    let (width, stride, classCount) = (RowPanels.width, problem.stride, problem.classes.count)
    let size = classCount * problem.padded.width
    guard let target = gradient.baseAddress else { return }
    parallelFor(classCount) { index in
      for column in 0..<stride {
        let place = (column / width * classCount + index) * width + column % width
        let sum = groups.indices.reduce(0) { $0 + partial.base[$1 * size + place] }
        target[index * stride + column] = sum / rowCount
      }
    }
  }
}

// MARK: - Curvature

extension SoftmaxObjective {
  /// Probabilities that are small against the share are left out; rows and classes that are stand in for them.
  func bend(exactTo share: Double) -> [Double] {
    let (stride, classCount) = (problem.stride, problem.classes.count)
    let variances = problem.variances + [1]
    let penalty = penalty
    let penalties = variances.indices.map { $0 == stride - 1 ? 0 : penalty }
    if isStart {
      let mean = 1 / Double(classCount)
      entries = nil
      rest = (0..<unknowns).map { mean * variances[$0 % stride] + penalties[$0 % stride] }
      return rest.map(positive)
    }
    let least = min(0.002 * share, 0.1 / Double(classCount))
    let listed = SoftmaxEntries(
      residuals: residuals.base, classOf: problem.classOf, classCount: classCount, least: Float(least),
      rows: problem.padded)
    entries = listed
    // As if what is left out were a fair sample of all rows.
    rest = (0..<unknowns).map {
      listed.rest[$0 / stride] / rowCount * variances[$0 % stride] + penalties[$0 % stride]
    }
    let sums = listed.diagonal { context.shouldStop }
    return rest.indices.map {
      positive(rest[$0] + sums.base[$0 / stride * problem.padded.width + $0 % stride] / rowCount)
    }
  }

  private var unknowns: Int { problem.unknowns }

  /// A curvature that nothing gives is that of rounding.
  private func positive(_ value: Double) -> Double {
    max(value, 1e-12 * (problem.variances.first ?? 1) + 1e-300)
  }

  func curvature(along direction: [Double]) -> [Double] {
    let (stride, classCount) = (problem.stride, problem.classes.count)
    guard let entries else {
      // (I − 1 1ᵀ ÷ k) ÷ k between classes.
      let means = (0..<stride).map { column in
        (0..<classCount).reduce(0) { $0 + direction[$1 * stride + column] } / Double(classCount)
      }
      return direction.indices.map { index in
        let column = index % stride
        let variance = column == stride - 1 ? 1 : problem.variances[column]
        return rest[index] * direction[index] - variance / Double(classCount) * means[column]
      }
    }
    let width = problem.padded.width
    let points = Buffer<Float>(repeating: 0, count: classCount * width)
    for index in 0..<classCount {
      for column in 0..<stride {
        points.base[index * width + column] = Float(direction[index * stride + column])
      }
    }
    let sums = entries.curvature(along: points) { context.shouldStop }
    return direction.indices.map { index in
      rest[index] * direction[index] + sums.base[index / stride * width + index % stride] / rowCount
    }
  }
}
