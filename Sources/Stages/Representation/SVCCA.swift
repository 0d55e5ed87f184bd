import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// How much two sets of features of the same rows have in common: the mean canonical correlation of their principal
/// directions.
///
/// Of each side, about its means, the principal directions that explain most of the variance are kept; the canonical
/// correlations ρ₁ ≥ ρ₂ ≥ … between both are averaged, all of them, as many as the smaller side has directions, or only
/// the first that add up to 98 % of their sum (`truncated`). Any invertible linear map of a side, and any shift, leave
/// the correlations of `all` directions as they are.
///
/// - Shapes: `features` and `other` n × d and n × e → one number from 0 to 1.
/// - Units: none.
/// - Fits on: nothing; measured on every row. Where rows are not many more than directions, it is near 1 by chance.
/// - Cost: O(n (d + e)² + d³ + e³) time, O(d² + e²) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`; `rankDeficient` if all rows of a side are equal;
///   `outOfRange` for more than 30,000 columns.
/// - Source: Raghu, Gilmer, Yosinski, Sohl-Dickstein, NIPS 2017.
struct SVCCA: MeasureStage {
  enum Mean: String, PlainChoice { case all, truncated }
  struct Parameters: StageParameters {
    @Parameter("Which principal directions of each side are kept.") var keep = KeptDirections.variance(
      .init())
    @Parameter("Whether all correlations count, or the first that add up to 98 % of their sum.")
    var mean = Mean.all
  }
  struct Input: Ports {
    var features: Features
    var other: Features
  }

  static let name = "svcca"
  static let summary =
    "The mean canonical correlation between the principal directions of two sets of features."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .neither, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let pair = try FeaturePair(input.features, input.other, rowsAtLeast: 2)
    var values = try CanonicalCorrelations(pair, parameters.keep, context).values
    if parameters.mean == .truncated {
      let wanted = 0.98 * values.reduce(0, +)
      var (count, sum) = (0, 0.0)
      while count < values.count, count == 0 || sum < wanted {
        sum += values[count]
        count += 1
      }
      values = Array(values.prefix(count))
    }
    return MeasureOutput(values.reduce(0, +) / Double(values.count))
  }
}
