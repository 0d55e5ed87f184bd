import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// How much two sets of features of the same rows have in common, by the canonical directions that matter to the first.
///
/// The canonical correlations ρᵢ are averaged with weights αᵢ = Σⱼ |hᵢ·xⱼ| over the centred columns xⱼ of `features`, where
/// hᵢ is the canonical variate of `features` of unit length: it is not symmetric.
///
/// - Shapes: `features` and `other` n × d and n × e → one number from 0 to 1.
/// - Units: none.
/// - Fits on: nothing; measured on every row. Where rows are not many more than directions, it is near 1 by chance.
/// - Cost: O(n (d + e)² + d³ + e³) time, O(d² + e²) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`; `rankDeficient` if all rows of a side are equal;
///   `outOfRange` for more than 30,000 columns.
/// - Source: Morcos, Raghu, Bengio, NeurIPS 2018.
struct PWCCA: MeasureStage {
  struct Parameters: StageParameters {
    @Parameter("Which principal directions of each side are kept.") var keep = KeptDirections.all
  }
  struct Input: Ports {
    var features: Features
    var other: Features
  }

  static let name = "pwcca"
  static let summary =
    "The mean canonical correlation of two sets of features, weighted by what matters to the first."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .neither, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let pair = try FeaturePair(input.features, input.other, rowsAtLeast: 2)
    let found = try CanonicalCorrelations(pair, parameters.keep, context)
    let weights = found.values.indices.map { row in
      (0..<found.loadings.columns).reduce(0) { $0 + abs(found.loadings[row, $1]) }
    }
    let sum = zip(weights, found.values).reduce(0) { $0 + $1.0 * $1.1 }
    return MeasureOutput(sum / weights.reduce(0, +))
  }
}
