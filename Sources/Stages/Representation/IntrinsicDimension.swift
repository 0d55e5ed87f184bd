import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Of how many dimensions the surroundings of a row are, by the distances of its nearest neighbours.
///
/// With the distances a₁ ≤ … ≤ aₖ of a row's neighbours the local dimension is by maximum likelihood (`mle`)
/// −k ÷ Σ log(aⱼ ÷ aₖ), by Hill's estimator (`hill`) −(k − 1) ÷ Σ log(aⱼ ÷ aₖ), and by the `moments` μ ÷ (aₖ − μ) with
/// their mean μ. The result is the mean over all rows. Neighbours at distance 0, copies of a row, do not count; a row is
/// left out if the neighbours that count are all at one distance, and the log tells how many were.
///
/// - Shapes: `features` n × d → one number.
/// - Units: dimensions.
/// - Fits on: nothing; measured on every row.
/// - Cost: O(n² d) time, O(n k) memory.
/// - Errors: `tooFewRows` unless there are more rows than neighbours, `badShape`, `notFinite`; `rankDeficient` if no row
///   is left.
/// - Source: Amsaleg et al., KDD 2015 (Hill, SIAM; moments); the geometric mean: Huang et al., ICLR 2024.
struct IntrinsicDimension: MeasureStage {
  enum Estimator: String, PlainChoice { case mle, hill, moments }
  enum Mean: String, PlainChoice { case geometric, arithmetic }
  struct Parameters: StageParameters {
    @Parameter("Number of neighbours.", .atLeast(2)) var k = 20
    @Parameter("How a row's dimension is estimated from the distances.") var estimator = Estimator.mle
    @Parameter("The mean over the rows.") var mean = Mean.geometric
  }
  struct Input: Ports { var features: Features }

  static let name = "intrinsic-dimension"
  static let summary = "Of how many dimensions the surroundings of a row are, by its nearest neighbours."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .neither)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let found = try FitNeighbors(input.features, nil, k: parameters.k, .euclidean, context)
    let dimensions = (0..<input.features.rows).compactMap { row in
      dimension(found.ofFitted.distances(of: row).map(Double.init).filter { $0 > 0 })
    }
    guard !dimensions.isEmpty else {
      throw Diagnostic(
        .rankDeficient, "no row has neighbours at different distances, so there is no dimension",
        fields: ["rows": "\(input.features.rows)", "k": "\(parameters.k)"],
        hint: "remove rows that are there several times, or raise `k`")
    }
    let left = input.features.rows - dimensions.count
    if left > 0 { context.log("\(left) rows left out: their neighbours are all at one distance") }
    let count = Double(dimensions.count)
    switch parameters.mean {
    case .arithmetic: return MeasureOutput(dimensions.reduce(0, +) / count)
    case .geometric: return MeasureOutput(exp(dimensions.reduce(0) { $0 + log($1) } / count))
    }
  }

  /// The local dimension by ascending distances above 0; nil where they are all equal.
  private func dimension(_ distances: [Double]) -> Double? {
    guard let last = distances.last, distances[0] < last else { return nil }
    let count = Double(distances.count)
    switch parameters.estimator {
    case .mle: return -count / distances.reduce(0) { $0 + log($1 / last) }
    case .hill: return -(count - 1) / distances.reduce(0) { $0 + log($1 / last) }
    case .moments:
      let mean = distances.reduce(0, +) / count
      return mean / (last - mean)
    }
  }
}
