import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// How unlike two rows are on average.
///
/// It is 1 − mean Kᵢⱼ^p over all pairs of rows, those of a row with itself among them, where K are the similarities
/// scaled to 1 on the diagonal.
///
/// - Shapes: `features` n × d, `labels` n → one number, from 0 to 1 for kernels without negative values.
/// - Units: none.
/// - Fits on: nothing; measured on every row, or on those of one class.
/// - Cost: O(n d) for dot products to the first power, else O(n² d) time and O(n d) memory.
/// - Errors: `lengthMismatch`, `missingPort`, `tooFewRows`, `badShape`, `notFinite`; `rankDeficient` for a row of zeros
///   under `cosine`; `outOfRange` for a class that there is not, or similarities beyond all numbers.
/// - Source: Benhenda, arXiv:1708.08227; Friedman, Dieng, TMLR 2023.
struct InternalDiversity: MeasureStage {
  struct Parameters: StageParameters {
    @Parameter("How alike two rows are: a kernel that has no negative eigenvalue.") var kernel = Kernel.cosine
    @Parameter("The power p that similarities are raised to.", .range(1...64)) var power = 1
    @Parameter("The class whose rows are measured, counted from 0; null for every row.", .atLeast(0))
    var `class`: Int? = nil

    var conflicts: [String] { kernel.similarityConflicts }
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels?
  }

  static let name = "int-div"
  static let summary = "How unlike two rows are on average."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .higher)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let measured = try input.features.measuredRows(ofClass: parameters.class, input.labels)
    let similarities = try Similarities(
      measured.matrix, rows: measured.rows, parameters.kernel, .unit, context)
    return MeasureOutput(1 - (try similarities.mean(ofPower: parameters.power)))
  }
}
