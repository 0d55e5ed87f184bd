import Artifacts
import Diagnostics
import StageKit

/// The scores of the held-out rows, the highest first, with what they really are.
struct HeldOutScores {
  /// Runs of equal scores: how many anomalies and how many other rows each has.
  let runs: [(anomalies: Int, others: Int)]
  let anomalies: Int
  let others: Int

  /// Rows of the classes that no fit row has are the anomalies; where fit rows have all classes that there are, or
  /// there is no mask, those of the last class.
  ///
  /// - Throws: `lengthMismatch`; `notFinite` for a score that is not a number; `tooFewClasses` unless anomalies and
  ///   other rows are held out.
  init(_ scores: Scores, _ labels: Labels, _ fitRows: RowMask?) throws(StageError) {
    try requireEqualRows(labels.rows, of: "labels", toBe: scores.rows, as: "scores")
    if let fitRows { try requireEqualRows(fitRows.rows, of: "fitRows", toBe: scores.rows, as: "scores") }
    let rows = fitRows?.testRows ?? Array(0..<scores.rows)
    if let row = rows.first(where: { scores.values[$0].isNaN }) {
      throw Diagnostic(.notFinite, "a score is not a number", fields: ["row": "\(row), counted from 0"])
    }
    let isAnomaly = labels.areAnomalies(beside: fitRows)
    let order = rows.sorted { scores.values[$0] > scores.values[$1] }
    var runs: [(anomalies: Int, others: Int)] = []
    var previous = Double.nan
    for row in order {
      if scores.values[row] != previous { runs.append((0, 0)) }
      previous = scores.values[row]
      if isAnomaly[Int(labels.indices[row])] {
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
        fields: [
          "anomalies": "\(anomalies)", "others": "\(others)",
          "classes": zip(labels.names, isAnomaly).filter(\.1).map(\.0).joined(separator: ", "),
        ],
        hint: "anomalies are the classes that no fit row has, or else the last one")
    }
  }
}

extension Labels {
  /// Whether each class is one of anomalies: those that no fit row has; the last one where fit rows have every class
  /// that there is, or where there is no mask.
  func areAnomalies(beside fitRows: RowMask?) -> [Bool] {
    var isFitted = [Bool](repeating: fitRows == nil, count: classCount)
    for row in fitRows?.fitRows ?? [] { isFitted[Int(indices[row])] = true }
    let isNovel = zip(isFitted, rowCounts).map { !$0 && $1 > 0 }
    if isFitted.contains(true), isNovel.contains(true) { return isNovel }
    return (0..<classCount).map { $0 == classCount - 1 }
  }
}
