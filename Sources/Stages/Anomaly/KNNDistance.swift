import Artifacts
import LinearAlgebra
import StageKit

/// Scores a row by its distance from its nearest fit rows.
///
/// The score is the distance to the k-th nearest fit row, or the mean or median of the distances to the k nearest. A fit
/// row is no neighbour of itself.
///
/// - Shapes: `features` n × d, `fitRows` n → `scores` n.
/// - Units: those of the features; none under `cosine`.
/// - Fits on: rows where `fitRows` is true, every row if absent; more than `k`.
/// - Cost: O(n m d) time for m fit rows, O(n k) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`.
/// - Source: Ramaswamy, Rastogi, Shim, SIGMOD 2000 (k-th); Angiulli, Pizzuti, PKDD 2002 (mean).
struct KNNDistance: Stage {
  enum Aggregate: String, PlainChoice { case farthest, mean, median }
  struct Parameters: StageParameters {
    @Parameter("Number of neighbours.", .atLeast(1)) var k = 5
    @Parameter("What is taken of the distances: the k-th, their mean or their median.")
    var aggregate = Aggregate.farthest
    @Parameter("How far two rows are apart.") var metric = RowMetric.euclidean
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports { var scores: Scores }

  static let name = "knn-distance"
  static let summary = "Scores a row by its distance from its nearest fit rows."
  static let kind = StageKind.detector
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let found = try FitNeighbors(
      input.features, input.fitRows, k: parameters.k, parameters.metric.ofNeighbors,
      context)
    return Output(scores: found.merged(scores(found.ofFitted), scores(found.ofOthers)))
  }

  private func scores(_ neighbors: Neighbors) -> [Double] {
    let count = neighbors.count
    return stride(from: 0, to: neighbors.distances.count, by: max(1, count)).map { start in
      let distances = neighbors.distances[start..<start + count].map(Double.init)
      switch parameters.aggregate {
      case .farthest: return distances[count - 1]
      case .mean: return distances.reduce(0, +) / Double(count)
      case .median: return (distances[(count - 1) / 2] + distances[count / 2]) / 2
      }
    }
  }
}
