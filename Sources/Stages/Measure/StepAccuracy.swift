import Artifacts
import Diagnostics
import StageKit

/// How many rows of each step's classes are predicted rightly after each step, on the rows that are measured on.
struct StepAccuracy {
  /// The number of steps.
  let steps: Int
  /// The rows of each step's classes.
  let rows: [Int]
  /// How many of them are right after a step: of step j after step t at t · steps + j.
  private let correct: [Int]

  /// - Throws: `lengthMismatch`; `tooFewRows` if no row is measured on, or if one was not predicted.
  init(_ predictions: StepPredictions, _ labels: Labels, _ fitRows: RowMask?) throws(StageError) {
    try requireEqualRows(predictions.rows, of: "steps", toBe: labels.rows, as: "labels")
    if let fitRows { try requireEqualRows(fitRows.rows, of: "fitRows", toBe: labels.rows, as: "labels") }
    let count = predictions.steps
    let known = Dictionary(zip(predictions.names, predictions.names.indices)) { first, _ in first }
    let classOf = labels.names.map { known[$0] ?? -1 }
    var rows = [Int](repeating: 0, count: count)
    var correct = [Int](repeating: 0, count: count * count)
    for row in fitRows?.testRows ?? Array(0..<labels.rows) {
      let truth = classOf[Int(labels.indices[row])]
      // A class that never came cannot be predicted.
      guard truth >= 0, predictions.stepOf[truth] >= 0 else { continue }
      let step = Int(predictions.stepOf[truth])
      rows[step] += 1
      for time in step..<count {
        let predicted = predictions[row, time]
        guard predicted >= 0 else {
          throw Diagnostic(
            .tooFewRows, "a row that is to be measured was not predicted", fields: ["row": "\(row)"])
        }
        if Int(predicted) == truth { correct[time * count + step] += 1 }
      }
    }
    guard rows.contains(where: { $0 > 0 }) else {
      throw Diagnostic(
        .tooFewRows, "no row is held out, so there is nothing to measure on",
        fields: ["rows": "\(labels.rows)"], hint: "let a splitter hold rows out, for instance `holdout`")
    }
    (steps, self.rows, self.correct) = (count, rows, correct)
  }

  /// The share of the rows of a step's classes that is right after a later step; nil without such rows.
  func accuracy(of step: Int, after time: Int) -> Double? {
    rows[step] > 0 ? Double(correct[time * steps + step]) / Double(rows[step]) : nil
  }

  /// The share of the rows of all classes so far that is right after a step; nil without such rows.
  func accuracy(after time: Int) -> Double? {
    let total = rows[...time].reduce(0, +)
    return total > 0 ? Double((0...time).reduce(0) { $0 + correct[time * steps + $1] }) / Double(total) : nil
  }
}
