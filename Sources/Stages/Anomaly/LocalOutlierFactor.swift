import Artifacts
import LinearAlgebra
import StageKit

/// Scores a row by how much thinner its surroundings are than those of its nearest fit rows.
///
/// With the k nearest fit rows o of a row p, reach(p, o) = max(distance of o to its own k-th neighbour, ‖p − o‖), the
/// density of p is 1 ÷ (mean reach(p, o) + 10⁻¹⁰) and the score the mean density of its neighbours by its own: about 1
/// inside a cloud of even density, larger outside. A fit row is no neighbour of itself, so rows that were held out are
/// scored as novelties.
///
/// - Shapes: `features` n × d, `fitRows` n → `scores` n.
/// - Units: none.
/// - Fits on: rows where `fitRows` is true, every row if absent; more than `k`.
/// - Cost: O(n m d) time for m fit rows, O(n k) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`.
/// - Source: Breunig, Kriegel, Ng, Sander, SIGMOD 2000; scikit-learn's `LocalOutlierFactor`.
struct LocalOutlierFactor: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of neighbours.", .atLeast(1)) var k = 20
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports { var scores: Scores }

  static let name = "lof"
  static let summary = "Scores a row by how much thinner its surroundings are than those of its neighbours."
  static let kind = StageKind.detector
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let found = try FitNeighbors(input.features, input.fitRows, k: parameters.k, .euclidean, context)
    let count = parameters.k
    let reaches = (0..<found.fitted.count).map { Double(found.ofFitted.distances[$0 * count + count - 1]) }
    let fitted = densities(found.ofFitted, reaches)
    let others = densities(found.ofOthers, reaches)
    return Output(
      scores: found.merged(
        factors(found.ofFitted, own: fitted, fitted), factors(found.ofOthers, own: others, fitted)))
  }

  /// The density around each row, by the reach of its neighbours.
  private func densities(_ neighbors: Neighbors, _ reaches: [Double]) -> [Double] {
    mapRows(neighbors) { _, places in
      let sum = places.reduce(0) {
        $0 + max(reaches[Int(neighbors.indices[$1])], Double(neighbors.distances[$1]))
      }
      return 1 / (sum / Double(places.count) + 1e-10)
    }
  }

  private func factors(_ neighbors: Neighbors, own: [Double], _ fitted: [Double]) -> [Double] {
    mapRows(neighbors) { row, places in
      let sum = places.reduce(0) { $0 + fitted[Int(neighbors.indices[$1])] }
      return sum / Double(places.count) / own[row]
    }
  }

  /// What `body` makes of each row and the places of its neighbours.
  private func mapRows(_ neighbors: Neighbors, _ body: (Int, Range<Int>) -> Double) -> [Double] {
    let count = neighbors.count
    return (0..<neighbors.indices.count / max(1, count)).map { body($0, $0 * count..<($0 + 1) * count) }
  }
}
