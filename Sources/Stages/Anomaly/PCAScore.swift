import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Scores a row by its distances from the principal directions of the fit rows, the minor ones weighing most.
///
/// Columns are standardised by mean and population standard deviation of the fit rows (a constant one is only centred).
/// With the unit principal directions v₁, v₂, … and the shares r₁, r₂, … of the variance that they explain, the score of
/// a row x is Σⱼ ‖x − vⱼ‖ ÷ rⱼ. It depends on the signs of the directions: of each vⱼ the fit row with the largest
/// product in magnitude has a positive one. Directions that explain less than 10⁻¹² of the first are left out.
///
/// - Shapes: `features` n × d, `fitRows` n → `scores` n.
/// - Units: none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: O(m d² + d³ + n d²) time for m fit rows, O(n d) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`, `rankDeficient` if all fit rows are equal,
///   `outOfRange`.
/// - Source: Shyu, Chen, Sarinnapakorn, Chang, ICDM Foundation and New Direction of Data Mining Workshop 2003, in the
///   form of PyOD's `PCA`.
struct PCAScore: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports { var scores: Scores }

  static let name = "pca-score"
  static let summary = "Scores a row by its weighted distances from the principal directions of the fit rows."
  static let kind = StageKind.detector
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: NoParameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let rows = try input.features.fitIndices(input.fitRows, atLeast: 2)
    let standardized = try Standardize(parameters: NoParameters())
      .run(.init(features: input.features, fitRows: input.fitRows), in: context).features
    let axes = try PrincipalAxes.byCovariance(
      of: standardized, rows: rows, count: standardized.columns, in: context
    ).axes
    let largest = axes.variances.first ?? 0
    guard largest > 0 else {
      throw Diagnostic(
        .rankDeficient, "all fit rows are equal, so they have no principal direction",
        fields: ["fit rows": "\(rows.count)"])
    }
    let kept = axes.variances.prefix { $0 > 1e-12 * largest }.count
    let table = standardized.matrix.converted(to: Double.self)
    let products = try product(
      table, transposed: axes.vectors.selecting(rows: Array(0..<kept)), stoppingAt: context.safePoint)
    let total = axes.variances.reduce(0, +)
    let weights = (0..<kept).map { total / axes.variances[$0] }
    let signs = (0..<kept).map { sign(of: $0, products, rows) }
    let values = (0..<table.rows).map { row in
      let square = (0..<table.columns).reduce(0) { $0 + table[row, $1] * table[row, $1] }
      return (0..<kept).reduce(0) { sum, axis in
        sum + weights[axis] * max(0, square + 1 - 2 * signs[axis] * products[row, axis]).squareRoot()
      }
    }
    return Output(scores: Scores(values))
  }

  /// What makes the product of largest magnitude positive, the first of equal ones.
  private func sign(of axis: Int, _ products: Matrix<Double>, _ rows: [Int]) -> Double {
    var best = 0.0
    for row in rows where abs(products[row, axis]) > abs(best) { best = products[row, axis] }
    return best < 0 ? -1 : 1
  }
}
