import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Predicts for each row the class that most of its nearest fit rows have.
///
/// The `k` nearest fit rows vote, each with weight 1, or with 1 ÷ distance; the class of the largest sum wins, of equal
/// ones the first. With `distance` weights, neighbours at distance 0 alone decide where there are any. A fit row is
/// a neighbour of itself, so predictions for fit rows are no honest measure of anything. Of equally near rows those
/// with the lower index come first. Under `cosine` a row of zeros is at distance 1 from every row.
///
/// - Shapes: `features` n × d, `labels` n, `fitRows` n → `predictions` n.
/// - Units: none of the outputs has one.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least `k`.
/// - Cost: O(n m d) time for m fit rows, O(n k) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`.
/// - Source: Cover, Hart, IEEE Trans. Inf. Theory 13 (1967) 21–27.
struct NearestNeighbors: Stage {
  enum Metric: String, PlainChoice { case euclidean, cosine }
  enum Weights: String, PlainChoice { case uniform, distance }
  struct Parameters: StageParameters {
    @Parameter("Number of neighbours that vote.", .atLeast(1)) var k = 5
    @Parameter("How far two rows are apart.") var metric = Metric.euclidean
    @Parameter("What a neighbour's vote counts: 1, or 1 ÷ distance.") var weights = Weights.uniform
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var fitRows: RowMask?
  }
  struct Output: Ports { var predictions: Predictions }

  static let name = "nearest-neighbors"
  static let summary = "Predicts the class that most of the nearest fit rows have."
  static let kind = StageKind.probe
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels, k) = (input.features, input.labels, parameters.k)
    try requireRows(labels, features)
    let fitted = try features.fitIndices(input.fitRows)
    guard k <= fitted.count else {
      throw Diagnostic(
        .tooFewRows, "there are fewer fit rows than neighbours",
        fields: ["k": "\(k)", "fit rows": "\(fitted.count) of \(features.rows)"], hint: "lower `k`")
    }
    try features.requireFinite()
    let references = fitted.count == features.rows ? features.matrix : features.matrix.selecting(rows: fitted)
    let classes = fitted.map { labels.indices[$0] }
    var predicted: [Int32] = []
    predicted.reserveCapacity(features.rows)
    // In pieces, so that an interrupted run need not wait for all of them.
    let piece = max(1024, 2_000_000_000 / max(1, fitted.count * features.columns))
    for start in stride(from: 0, to: features.rows, by: piece) {
      try context.checkCancelled()
      let isWhole = start == 0 && piece >= features.rows
      let rows = Array(start..<min(features.rows, start + piece))
      let neighbors = nearestNeighbors(
        of: isWhole ? features.matrix : features.matrix.selecting(rows: rows), among: references, k: k,
        metric: parameters.metric == .cosine ? .cosine : .euclidean)
      vote(neighbors, classes: classes, classCount: labels.classCount, into: &predicted)
    }
    return Output(predictions: Predictions(classes: predicted, names: labels.names))
  }

  /// Appends the class that each query's neighbours elect.
  private func vote(_ neighbors: Neighbors, classes: [Int32], classCount: Int, into predicted: inout [Int32])
  {
    var votes = [Double](repeating: 0, count: classCount)
    for first in stride(from: 0, to: neighbors.indices.count, by: neighbors.count) {
      for index in votes.indices { votes[index] = 0 }
      let isExact = parameters.weights == .distance && neighbors.distances[first] == 0
      for position in first..<first + neighbors.count {
        let distance = neighbors.distances[position]
        if isExact && distance > 0 { break }
        let weight = parameters.weights == .uniform || isExact ? 1 : 1 / Double(distance)
        votes[Int(classes[Int(neighbors.indices[position])])] += weight
      }
      var winner = 0
      for index in votes.indices where votes[index] > votes[winner] { winner = index }
      predicted.append(Int32(winner))
    }
  }
}
