import Artifacts
import Diagnostics
import StageKit

/// The scores of the held-out rows, the highest first, with what they really are.
struct HeldOutScores {
  /// Runs of equal scores: how many anomalies and how many other rows each has.
  let runs: [(anomalies: Int, others: Int)]
  let anomalies: Int
  let others: Int

  /// Rows of the last class are the anomalies.
  ///
  /// - Throws: `lengthMismatch`; `notFinite` for a score that is not a number; `tooFewClasses` unless anomalies and
  ///   other rows are held out.
  init(_ scores: Scores, _ labels: Labels, _ fitRows: RowMask?) throws(StageError) {
    try requireEqualRows(labels.rows, of: "labels", toBe: scores.rows, as: "scores")
    if let fitRows { try requireEqualRows(fitRows.rows, of: "fitRows", toBe: scores.rows, as: "scores") }
    let rows = fitRows?.heldOutRows ?? Array(0..<scores.rows)
    if let row = rows.first(where: { scores.values[$0].isNaN }) {
      throw Diagnostic(.notFinite, "a score is not a number", fields: ["row": "\(row), counted from 0"])
    }
    let last = Int32(labels.classCount - 1)
    let order = rows.sorted { scores.values[$0] > scores.values[$1] }
    var runs: [(anomalies: Int, others: Int)] = []
    var previous = Double.nan
    for row in order {
      if scores.values[row] != previous { runs.append((0, 0)) }
      previous = scores.values[row]
      if labels.indices[row] == last {
        runs[runs.count - 1].anomalies += 1
      } else {
        runs[runs.count - 1].others += 1
      }
    }
    self.runs = runs
    anomalies = runs.reduce(0) { $0 + $1.anomalies }
    others = rows.count - anomalies
    guard anomalies > 0, others > 0 else {
      throw Diagnostic(
        .tooFewClasses, "anomalies and other rows must both be held out",
        fields: ["anomalies": "\(anomalies)", "others": "\(others)", "class": labels.names.last ?? "none"],
        hint: "the last class is that of the anomalies")
    }
  }
}
