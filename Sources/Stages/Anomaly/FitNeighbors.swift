import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// The nearest fit rows of every row; a fit row is no neighbour of itself.
struct FitNeighbors {
  /// The fit rows, ascending.
  let fitted: [Int]
  /// The other rows, ascending.
  let others: [Int]
  /// The neighbours of each fit row among the fit rows, by their place in `fitted`.
  let ofFitted: Neighbors
  /// The same of each other row.
  let ofOthers: Neighbors

  /// - Throws: `lengthMismatch`, `tooFewRows` unless there are more fit rows than neighbours, `badShape`, `notFinite`,
  ///   `cancelled`.
  init(
    _ features: Features, _ fitRows: RowMask?, k: Int, _ metric: NeighborMetric, _ context: StageContext
  ) throws(StageError) {
    fitted = try features.fitIndices(fitRows)
    guard k < fitted.count else {
      throw Diagnostic(
        .tooFewRows, "there are not more fit rows than neighbours",
        fields: ["k": "\(k)", "fit rows": "\(fitted.count) of \(features.rows)"], hint: "lower `k`")
    }
    try features.requireFinite()
    others = fitRows?.heldOutRows ?? []
    let references = features.matrix.selecting(rows: fitted)
    ofFitted = try nearestNeighbors(
      of: references, among: references, k: k, metric: metric, excludingSelf: true,
      stoppingAt: context.safePoint)
    ofOthers = try nearestNeighbors(
      of: features.matrix.selecting(rows: others), among: references, k: k, metric: metric,
      stoppingAt: context.safePoint)
  }

  /// Numbers of fit rows and of other rows, in the order of the rows.
  func merged(_ ofFitted: [Double], _ ofOthers: [Double]) -> Scores {
    var values = [Double](repeating: 0, count: fitted.count + others.count)
    for (row, value) in zip(fitted, ofFitted) { values[row] = value }
    for (row, value) in zip(others, ofOthers) { values[row] = value }
    return Scores(values)
  }
}
