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

extension ClusterTree: RowArtifact {
  public func selecting(rows: [Int]) -> ClusterTree {
    var levels = levels
    levels[0] = Assignment(clusters: rows.map { levels[0].clusters[$0] }, count: levels[0].count)
    return ClusterTree(levels: levels, distances: rows.map { distances[$0] })
  }
}

extension Scores: RowArtifact {
  public func selecting(rows: [Int]) -> Scores { Scores(rows.map { values[$0] }) }
}

extension Reachability: RowArtifact {
  public func selecting(rows: [Int]) -> Reachability {
    var place = [Int32](repeating: -1, count: self.rows)
    for (position, row) in rows.enumerated() { place[row] = Int32(position) }
    return Reachability(
      ordering: ordering.map { place[Int($0)] }.filter { $0 >= 0 }, distances: rows.map { distances[$0] },
      coreDistances: rows.map { coreDistances[$0] },
      predecessors: rows.map { predecessors[$0] < 0 ? -1 : place[Int(predecessors[$0])] })
  }
}
