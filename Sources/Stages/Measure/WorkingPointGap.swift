import Artifacts
import Diagnostics
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// How far the rates of false alarms are from those that χ² predicts for Gaussian rows.
///
/// A working point of n standard deviations alarms where a Mahalanobis distance is above √χ²⁻¹(p), with p = erf(n ÷ √2)
/// and as many degrees of freedom as `dimensions`: among normal rows in a share 1 − p. The measure is the largest
/// difference between that and the share that is found, over n = 1, …, 8. Rows of the classes that no fit row has are not
/// normal, unless no fit row has any class.
///
/// - Shapes: `scores`, `labels`, `fitRows` n, `dimensions` 1 → one number from 0 to 1.
/// - Fits on: nothing; measured where `fitRows` is false, on every row if absent.
/// - Cost: O(n).
/// - Errors: `lengthMismatch`, `notFinite`; `tooFewRows` if no normal row is measured on; `outOfRange` for dimensions that
///   are not above 0.
/// - Source: Rippel, Mertens, Merhof, ICPR 2020.
struct WorkingPointGap: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var scores: Scores
    var dimensions: Measurement
    var labels: Labels?
    var fitRows: RowMask?
  }

  static let name = "working-point-gap"
  static let summary = "The largest difference of rates of false alarms from those that χ² predicts."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .lower, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let dimensions = input.dimensions.value
    guard dimensions > 0, dimensions.isFinite else {
      throw Diagnostic(
        .outOfRange, "χ² needs a number of dimensions above 0", fields: ["dimensions": "\(dimensions)"])
    }
    let scores = try normalScores(input)
    let law = ChiSquared(degrees: dimensions)
    let gaps = (1...8).map { point in
      let expected = erfc(Double(point) / 2.0.squareRoot())
      let threshold = law.quantile(upperTail: expected).squareRoot()
      let alarms = scores.count { $0 > threshold }
      return abs(Double(alarms) / Double(scores.count) - expected)
    }
    return MeasureOutput(gaps.max() ?? 0)
  }

  /// The scores of the normal rows that are measured on.
  private func normalScores(_ input: Input) throws(StageError) -> [Double] {
    let values = input.scores.values
    if let mask = input.fitRows {
      try requireEqualRows(mask.rows, of: "fitRows", toBe: values.count, as: "scores")
    }
    var rows = input.fitRows?.testRows ?? Array(values.indices)
    if let labels = input.labels {
      try requireEqualRows(labels.rows, of: "labels", toBe: values.count, as: "scores")
      if let mask = input.fitRows, mask.isFit.contains(true) {
        var isFitted = [Bool](repeating: false, count: labels.classCount)
        for row in mask.fitRows { isFitted[Int(labels.indices[row])] = true }
        rows.removeAll { !isFitted[Int(labels.indices[$0])] }
      }
    }
    if let row = rows.first(where: { values[$0].isNaN }) {
      throw Diagnostic(.notFinite, "a score is not a number", fields: ["row": "\(row), counted from 0"])
    }
    guard !rows.isEmpty else {
      throw Diagnostic(
        .tooFewRows, "no normal row is held out, so there are no false alarms to count",
        fields: ["rows": "\(values.count)"],
        hint: "let a splitter hold out some rows of the classes it fits on")
    }
    return rows.map { values[$0] }
  }
}
