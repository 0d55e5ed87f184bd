public import Artifacts

/// An artifact of a stage's own that holds something for each row: tells the laws how rows are taken from it.
public protocol RowArtifact: Artifact {
  /// The number of rows.
  var rows: Int { get }
  /// What belongs to some rows, in that order.
  func selecting(rows: [Int]) -> Self
}

extension StepPredictions: RowArtifact {
  public func selecting(rows: [Int]) -> StepPredictions {
    StepPredictions(
      classes: rows.flatMap { classes[$0 * steps..<($0 + 1) * steps] }, steps: steps, stepOf: stepOf,
      names: names)
  }
}

extension Scores: RowArtifact {
  public func selecting(rows: [Int]) -> Scores { Scores(rows.map { values[$0] }) }
}
