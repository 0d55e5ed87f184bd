import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// How far points of the plane are from lying evenly over a rectangle: the Kullback–Leibler divergence of a Gaussian
/// kernel density of the points from the uniform density.
///
/// The density at the points of a grid is scaled so that it adds up to 1 over the rectangle; with d the density, A the
/// area and s the grid's step, the divergence is Σ d ln(d A) s². The points are the rows of a sample where there is one,
/// else the centres of clusters (their means where a clusterer gives assignments alone, without rows left out as noise),
/// else all rows.
///
/// - Shapes: `features` n × 2, `assignment` n, `centroids` k × 2, `sample` n → one number, 0 for an even density.
/// - Units: nats; parameters in the features' unit.
/// - Fits on: nothing.
/// - Cost: O(g m) exponentials and O(g² m) products for m points and g grid points a side, O(g²) memory.
/// - Errors: `badShape` unless the features have two columns; `notFinite`, `lengthMismatch`; `tooFewRows` if there is
///   no point; `outOfRange` if all points are so far from the rectangle that they have no density there.
/// - Source: the simulation of Vo et al., arXiv:2405.15613; the density is that of scikit-learn's `KernelDensity`.
struct KDEDivergence: MeasureStage {
  struct Parameters: StageParameters {
    @Parameter("Standard deviation of the kernel.", .above(0)) var bandwidth = 0.5
    @Parameter("The rectangle's bounds in the first column.", .length(2)) var x = [-3.0, 3.0]
    @Parameter("The rectangle's bounds in the second column.", .length(2)) var y = [-3.0, 3.0]
    @Parameter("Distance between points of the grid, which starts at the lower bounds.", .above(0))
    var step = 0.02

    var conflicts: [String] {
      [("x", x), ("y", y)].compactMap { name, bounds in
        guard bounds.count == 2, bounds[0] < bounds[1] else { return "`\(name)` must go from less to more" }
        let count = (bounds[1] - bounds[0]) / step
        return count <= 10_000 ? nil : "`step` divides `\(name)` into more than 10000 parts"
      }
    }
  }
  struct Input: Ports {
    var features: Features
    var assignment: Assignment?
    var centroids: Matrix<Float>?
    var sample: RowMask?
  }

  static let name = "kde-kl"
  static let summary =
    "The Kullback–Leibler divergence of a Gaussian kernel density of points from the uniform."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .planar, .onRequest]
  static let metric = Metric(better: .lower)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let points = try points(input)
    guard points.rows > 0 else {
      throw Diagnostic(.tooFewRows, "there are no points whose density could be measured")
    }
    let density = try density(of: points, context)
    let area = (parameters.x[1] - parameters.x[0]) * (parameters.y[1] - parameters.y[0])
    let cell = parameters.step * parameters.step
    let total = density.elements.reduce(0, +) * cell
    guard total > 0, total.isFinite else {
      throw Diagnostic(
        .outOfRange, "the points lie so far from the rectangle that they have no density there",
        fields: ["x": "\(parameters.x)", "y": "\(parameters.y)", "bandwidth": "\(parameters.bandwidth)"],
        hint: "give the measure the bounds of the data")
    }
    let sum = density.elements.reduce(0.0) { sum, value in
      let share = value / total
      return share > 0 ? sum + share * log(share * area) : sum
    }
    return MeasureOutput(sum * cell)
  }

  /// The points whose density is measured.
  private func points(_ input: Input) throws(StageError) -> Matrix<Float> {
    let features = input.features
    guard features.columns == 2 else {
      throw Diagnostic(
        .badShape, "the density is measured in the plane, and the features have another number of columns",
        fields: ["shape": "\(features.rows) × \(features.columns)", "needed": "n × 2"],
        hint: "reduce them to two columns first")
    }
    try features.requireFinite()
    if let assignment = input.assignment {
      try requireEqualRows(assignment.rows, of: "assignment", toBe: features.rows, as: "features")
    }
    if let sample = input.sample {
      try requireEqualRows(sample.rows, of: "sample", toBe: features.rows, as: "features")
      return features.matrix.selecting(rows: sample.fitRows)
    }
    if let centroids = input.centroids {
      guard centroids.columns == 2, centroids.isFinite else {
        throw Diagnostic(.badShape, "the centres are not those of the features")
      }
      return centroids
    }
    guard let assignment = input.assignment else { return features.matrix }
    let filled = Set(assignment.clusters.filter { $0 >= 0 }).sorted().map(Int.init)
    return features.matrix.clusterMeans(of: assignment).selecting(rows: filled)
  }

  /// Σ exp(−‖point − grid point‖² ÷ 2h²), rows of the grid by columns: a product of one factor in x and one in y.
  private func density(
    of points: Matrix<Float>, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    let (xs, ys) = (grid(parameters.x), grid(parameters.y))
    var density = Matrix<Double>(rows: xs.count, columns: ys.count)
    // In blocks of points, which are added in their order.
    for start in stride(from: 0, to: points.rows, by: 2048) {
      let block = start..<min(points.rows, start + 2048)
      let part = product(
        kernel(points, block, column: 0, xs), transposed: kernel(points, block, column: 1, ys))
      try context.checkCancelled()
      density.withMutableElements { sums in
        part.withPointer { part in for index in sums.indices { sums[index] += part[index] } }
      }
    }
    return density
  }

  private func grid(_ bounds: [Double]) -> [Double] {
    // Less a hair, so that rounding adds no point at the end.
    let count = max(1, Int(((bounds[1] - bounds[0]) / parameters.step - 1e-9).rounded(.up)))
    return (0..<count).map { bounds[0] + Double($0) * parameters.step }
  }

  /// exp(−(point − grid)² ÷ 2h²) of one column, grid × points.
  private func kernel(
    _ points: Matrix<Float>, _ block: Range<Int>, column: Int, _ grid: [Double]
  ) -> Matrix<Double> {
    let scale = -1 / (2 * parameters.bandwidth * parameters.bandwidth)
    return Matrix(rows: grid.count, columns: block.count) { target in
      guard let target = target.baseAddress else { return }
      parallelFor(grid.count) { place in
        for (offset, row) in block.enumerated() {
          let difference = Double(points[row, column]) - grid[place]
          target[place * block.count + offset] = exp(scale * difference * difference)
        }
      }
    }
  }
}
