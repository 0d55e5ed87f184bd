import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Predicts for each held-out row the class that most of its nearest fit rows have.
///
/// The `k` nearest fit rows vote, each with weight 1, or with 1 ÷ distance; the class of the largest sum wins, of equal
/// ones the first. With `distance` weights, neighbours at distance 0 alone decide where there are any. Of equally near
/// rows those with the lower index come first. Under `cosine` a row of zeros is at distance 1 from every row. What fewer
/// neighbours elect is found in `neighbors`, so a sweep over `k` searches once.
///
/// A fit row is a neighbour of itself, so what is predicted for it measures nothing, and its search takes as long as any
/// other: `predict` leaves fit rows without a prediction, unless it is `all` or no row is held out.
///
/// - Shapes: `features` n × d, `labels` n, `fitRows` n → `predictions` n, `neighbors` m × k for the m rows that are
///   predicted (the classes of a row's neighbours, the nearest first; with `distance` weights their distances).
/// - Units: distances in the features' unit, none under `cosine`.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least `k`.
/// - Cost: O(m f d) time for f fit rows, O(m k) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`.
/// - Source: Cover, Hart, IEEE Trans. Inf. Theory 13 (1967) 21–27.
struct NearestNeighbors: NestedStage {
  typealias Metric = RowMetric
  enum Weights: String, PlainChoice { case uniform, distance }
  enum Predicted: String, PlainChoice {
    case heldOut = "held-out"
    case all
  }
  struct Parameters: StageParameters {
    @Parameter("Number of neighbours that vote.", .atLeast(1)) var k = 5
    @Parameter("How far two rows are apart.") var metric = Metric.euclidean
    @Parameter("What a neighbour's vote counts: 1, or 1 ÷ distance.") var weights = Weights.uniform
    @Parameter("Which rows are predicted: those that are held out (all if none is), or all.")
    var predict = Predicted.heldOut
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var predictions: Predictions
    var neighbors: NearestClasses
  }

  static let name = "nearest-neighbors"
  static let summary = "Predicts the class that most of the nearest fit rows have."
  static let kind = StageKind.probe
  static let revision = 3
  static let nestedParameter = "k"
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
    let isSearched = isPredicted(input.fitRows, rows: features.rows)
    let found = try LinearAlgebra.nearestNeighbors(
      of: rows(where: isSearched, of: features.matrix),
      among: fitted.count == features.rows ? features.matrix : features.matrix.selecting(rows: fitted), k: k,
      metric: parameters.metric.ofNeighbors, stoppingAt: context.safePoint)
    let neighbors = NearestClasses(
      found, isSearched: isSearched, classes: fitted.map { labels.indices[$0] },
      classCount: labels.classCount,
      keepsDistances: parameters.weights == .distance)
    return Output(
      predictions: Predictions(classes: neighbors.elected(by: k), names: labels.names), neighbors: neighbors)
  }

  /// Which rows are predicted.
  private func isPredicted(_ fitRows: RowMask?, rows: Int) -> [Bool] {
    guard parameters.predict == .heldOut, let fitRows, fitRows.isFit.contains(false) else {
      return [Bool](repeating: true, count: rows)
    }
    return fitRows.roles.map { $0 != .fit && $0 != .unused }
  }

  private func rows(where isWanted: [Bool], of matrix: Matrix<Float>) -> Matrix<Float> {
    if !isWanted.contains(false) { return matrix }
    return matrix.selecting(rows: isWanted.indices.filter { isWanted[$0] })
  }

  func slice(_ fitted: Output) throws(StageError) -> Output {
    let names = fitted.predictions.names
    guard fitted.neighbors.count >= parameters.k, fitted.neighbors.classCount == names.count else {
      throw Diagnostic(.corruptObject, "the stored neighbours are not those of the stored predictions")
    }
    let neighbors = fitted.neighbors.prefix(parameters.k)
    return Output(
      predictions: Predictions(classes: neighbors.elected(by: parameters.k), names: names),
      neighbors: neighbors)
  }
}
