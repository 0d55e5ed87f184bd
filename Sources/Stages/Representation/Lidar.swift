import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// How many dimensions tell samples apart evenly, where each is seen in several views: LiDAR.
///
/// Rows of a group are views of one sample. With the covariance S_b of the n groups' means (divided by n − 1) and the
/// covariance S_w within groups (divided by the number of rows less n), to which δ I is added, the eigenvalues λ of
/// S_w^(−½) S_b S_w^(−½) give pᵢ = (λᵢ + ε) ÷ Σ (λ + ε), and LiDAR is exp(−Σ pᵢ log pᵢ). Columns of noise alone keep an
/// eigenvalue of about 1 ÷ (views of a sample): compare at equal numbers of views and columns.
///
/// - Shapes: `features` n q × d, `groups` n q → one number from 1 to d.
/// - Units: dimensions.
/// - Fits on: nothing; measured on every row.
/// - Cost: O(n q d² + d³) time, O(d² + n d) memory.
/// - Errors: `lengthMismatch`, `tooFewRows` if every group is one row, `badShape`, `notFinite`; `tooFewClasses` for one
///   group; `rankDeficient` if δ is 0 and views do not vary in every direction, or if nothing tells samples apart;
///   `outOfRange` for more than 30,000 columns.
/// - Source: Thilak, Huang, Saremi, Dinh, Goh, Nakkiran, Susskind, Littwin, ICLR 2024.
struct Lidar: MeasureStage {
  struct Parameters: StageParameters {
    @Parameter("δ, added to the variances within groups, in squares of the features' unit.", .atLeast(0))
    var delta = 1e-4
    @Parameter("ε, added to each eigenvalue.", .range(0...1)) var epsilon = 1e-8
  }
  struct Input: Ports {
    var features: Features
    var groups: Labels
  }

  static let name = "lidar"
  static let summary = "How many dimensions tell samples apart evenly, where each is seen in several views."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .higher)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let (matrix, rows) = try input.features.measuredRows(ofClass: nil, input.groups, atLeast: 2)
    try requireOrder(matrix.columns, of: "columns")
    let groups = try FitClasses(input.features, input.groups, nil, for: "LiDAR")
    guard rows.count > groups.count else {
      throw Diagnostic(
        .tooFewRows, "no sample has two views",
        fields: ["rows": "\(rows.count)", "groups": "\(groups.count)"],
        hint: "name the data set in the loader that tells which rows are views of one sample, as \"groups\"")
    }
    let means = groups.means(of: matrix)
    let views = ShiftedRows(
      matrix, rows: rows, groupOf: groups.classOf, means: means,
      factors: [Double](repeating: 1, count: groups.count))
    var within = try views.scatter(in: Double.self, context)
    within.multiply(by: 1 / Double(rows.count - groups.count))
    within.addToDiagonal(parameters.delta)
    let eigenvalues = try eigenvalues(between: try scatter(of: means, context), within, context)
    let total = eigenvalues.reduce(0, +)
    guard total > 0 else {
      throw Diagnostic(
        .rankDeficient, "the means of all samples are equal, so nothing tells them apart",
        fields: ["groups": "\(groups.count)"])
    }
    let sum = total + parameters.epsilon * Double(eigenvalues.count)
    return MeasureOutput(perplexity(eigenvalues.map { ($0 + parameters.epsilon) / sum }))
  }

  /// The covariance of the groups' means.
  private func scatter(of means: Matrix<Double>, _ context: StageContext) throws(StageError) -> Matrix<Double>
  {
    let weights = [Double](repeating: 1, count: means.rows)
    let mean = means.weightedMeanRow(weights)
    var centered = means
    centered.withMutablePointer { base in
      for row in 0..<means.rows {
        for column in 0..<means.columns { base[row * means.columns + column] -= mean[column] }
      }
    }
    var scatter = try crossProduct(centered, stoppingAt: context.safePoint)
    scatter.multiply(by: 1 / Double(means.rows - 1))
    return scatter
  }

  private func eigenvalues(
    between: Matrix<Double>, _ within: Matrix<Double>, _ context: StageContext
  ) throws(StageError) -> [Double] {
    let pairs = try positiveEigenpairs(of: within, size: within.rows, context)
    guard pairs.values.allSatisfy({ $0 > 0 }) else {
      throw Diagnostic(
        .rankDeficient, "the views of a sample do not vary in every direction",
        fields: ["columns": "\(within.rows)", "directions": "\(pairs.values.count { $0 > 0 })"],
        hint: "raise `delta`")
    }
    let half = try product(pairs.vectors, between, stoppingAt: context.safePoint)
    var table = try product(half, transposed: pairs.vectors, stoppingAt: context.safePoint)
    let weights = pairs.values.map { 1 / $0.squareRoot() }
    table.scaleRows(by: weights)
    table.scaleColumns(by: weights)
    return try positiveEigenvalues(of: table, size: within.rows, context)
  }
}
