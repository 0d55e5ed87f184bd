import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// How many rows that have nothing in common would be as diverse as these: the Vendi score.
///
/// With the similarities K of the n rows, scaled to 1 on the diagonal, and the eigenvalues λ of K ÷ n, which add up
/// to 1, it is exp(−Σ λ log λ); of another order q it is (Σ λ^q)^(1 ÷ (1 − q)), and 1 ÷ max λ of the order infinity.
/// It is 1 if all rows are alike, and at most the rank of K. Eigenvalues that rounding alone can make count as 0.
///
/// - Shapes: `features` n × d, `labels` n → one number from 1 to n.
/// - Units: rows.
/// - Fits on: nothing; measured on every row, or on those of one class.
/// - Cost: O(n d² + d³) time and O(d²) memory for `cosine` and `linear` where d is less than n, else O(n² d + n³) and
///   O(n²).
/// - Errors: `lengthMismatch`, `missingPort`, `tooFewRows`, `badShape`, `notFinite`; `rankDeficient` for a row of zeros
///   under `cosine`; `outOfRange` for a class that there is not, or more than 30,000 rows and columns.
/// - Source: Friedman, Dieng, TMLR 2023; of other orders: Pasarkar, Dieng, AISTATS 2024.
struct Vendi: MeasureStage {
  struct Parameters: StageParameters {
    @Parameter("How alike two rows are: a kernel that has no negative eigenvalue.") var kernel = Kernel.cosine
    @Parameter(
      "What similarities are divided by: by those of both rows to themselves (unit), or by the mean of these (trace)."
    )
    var scale = SimilarityScale.unit
    @Parameter("The order q of the entropy: small ones weigh rare rows more; null for infinity.", .atLeast(0))
    var order: Double? = 1
    @Parameter("The class whose rows are measured, counted from 0; null for every row.", .atLeast(0))
    var `class`: Int? = nil

    var conflicts: [String] { kernel.similarityConflicts }
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels?
  }

  static let name = "vendi"
  static let summary = "How many rows that have nothing in common would be as diverse as these."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .higher)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let measured = try input.features.measuredRows(ofClass: parameters.class, input.labels)
    let similarities = try Similarities(
      measured.matrix, rows: measured.rows, parameters.kernel, parameters.scale, context)
    return MeasureOutput(Self.score(try similarities.eigenvalues(), order: parameters.order))
  }

  /// The effective number of eigenvalues that add up to 1.
  static func score(_ eigenvalues: [Double], order: Double?) -> Double {
    let values = eigenvalues.filter { $0 > 0 }
    guard let order else { return 1 / (values.max() ?? 1) }
    if order == 1 { return exp(-values.reduce(0) { $0 + $1 * log($1) }) }
    return pow(values.reduce(0) { $0 + pow($1, order) }, 1 / (1 - order))
  }
}

extension Kernel {
  /// What is wrong with the kernel as a measure of similarity.
  var similarityConflicts: [String] {
    isPositive ? [] : ["`kernel` must have no negative eigenvalue, as sigmoid or a negative `coef0` may give"]
  }
}
