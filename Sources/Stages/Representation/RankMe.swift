import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// How many dimensions features fill evenly: the exponential of the entropy of their singular values.
///
/// With the singular values σ of the rows, which are not centred unless that is asked for, and pᵢ = σᵢ ÷ Σ σ + ε, it is
/// exp(−Σ pᵢ log pᵢ). With ε = 0 it is the effective rank of Roy and Vetterli.
///
/// - Shapes: `features` n × d → one number, from 1 to min(n, d) but for ε.
/// - Units: dimensions.
/// - Fits on: nothing; measured on every row.
/// - Cost: O(n d min(n, d)) time, O(min(n, d)²) memory, or O(n d) where small singular values want it.
/// - Errors: `tooFewRows`, `badShape`, `notFinite`; `rankDeficient` if all values are 0; `outOfRange` for more than
///   30,000 rows and columns.
/// - Source: Garrido, Balestriero, Najman, LeCun, ICML 2023; Roy, Vetterli, EUSIPCO 2007.
struct RankMe: MeasureStage {
  struct Parameters: StageParameters {
    @Parameter("What is added to each share of the singular values.", .range(0...0.1)) var epsilon = 1e-7
    @Parameter("Whether the means of the columns are subtracted first.") var centered = false
  }
  struct Input: Ports { var features: Features }

  static let name = "rank-me"
  static let summary = "How many dimensions features fill evenly, by the entropy of their singular values."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .higher)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let (matrix, _) = try input.features.measuredRows(ofClass: nil, nil)
    let rows = RowBlocks(matrix: matrix, means: parameters.centered ? columnMeans(of: matrix) : nil)
    let values = try rows.singularValues(context)
    let total = values.reduce(0, +)
    guard total > 0 else {
      throw Diagnostic(
        .rankDeficient, "the features have no singular value above 0",
        fields: ["rows": "\(matrix.rows)", "columns": "\(matrix.columns)"])
    }
    return MeasureOutput(perplexity(values.map { $0 / total + parameters.epsilon }))
  }
}
