import Artifacts
import LinearAlgebra
import StageKit

/// The share of rows whose cluster belongs to their class, when clusters and classes are matched as well as possible.
///
/// Each class is matched with at most one cluster and the other way round; rows of what stays unmatched count as
/// wrong, and so do those that a method leaves out as noise.
///
/// - Shapes: `assignment`, `labels` n → one number from 0 to 1.
/// - Fits on: nothing.
/// - Cost: O(n + m² M), where m and M are the smaller and larger of the numbers of clusters and classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if there is no row.
/// - Source: Kuhn, Nav. Res. Logist. Q. 2 (1955) 83–97; by shortest augmenting paths as in Jonker, Volgenant,
///   Computing 38 (1987) 325–340.
struct HungarianAccuracy: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var assignment: Assignment
    var labels: Labels
  }

  static let name = "hungarian-accuracy"
  static let summary = "The share of rows whose cluster belongs to their class in the best matching of both."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let table = try Contingency(input.labels, input.assignment)
    let matched = try Self.matched(table, context).reduce(0, +)
    return MeasureOutput(Double(matched) / Double(table.total))
  }

  /// The rows of each class that are in the cluster matched with it.
  static func matched(_ table: Contingency, _ context: StageContext) throws(StageError) -> [Int] {
    // All but the noise; few rows and many columns.
    let (classes, clusters) = (table.first.count, table.second.count - 1)
    func count(_ index: Int, _ cluster: Int) -> Int { table.counts[index * (clusters + 1) + cluster] }
    var matched = [Int](repeating: 0, count: classes)
    if classes <= clusters {
      let found = try matching(rows: classes, columns: clusters, stoppingAt: context.safePoint, gain: count)
      for (index, cluster) in found.enumerated() { matched[index] = count(index, cluster) }
    } else {
      let found = try matching(rows: clusters, columns: classes, stoppingAt: context.safePoint) {
        count($1, $0)
      }
      for (cluster, index) in found.enumerated() { matched[index] = count(index, cluster) }
    }
    return matched
  }

  /// The column of each row in the matching of rows with columns of their own that has the largest sum of `gain`; there are
  /// enough columns.
  static func matching<Failure>(
    rows: Int, columns: Int, stoppingAt safePoint: SafePoint<Failure>, gain: (Int, Int) -> Int
  ) throws(Failure) -> [Int] {
    // Prices keep gain − rowPrice − columnPrice ≤ 0, and 0 where matched; the last column stands for “none yet”.
    var rowPrice = [Int](repeating: 0, count: rows)
    var columnPrice = [Int](repeating: 0, count: columns + 1)
    var rowOf = [Int](repeating: -1, count: columns + 1)
    for row in 0..<rows {
      rowOf[columns] = row
      var column = columns
      var distance = [Int](repeating: .max, count: columns)
      var previous = [Int](repeating: columns, count: columns)
      var isSettled = [Bool](repeating: false, count: columns + 1)
      while rowOf[column] >= 0 {
        try safePoint.check()
        isSettled[column] = true
        let current = rowOf[column]
        var (step, next) = (Int.max, columns)
        for candidate in 0..<columns where !isSettled[candidate] {
          let slack = rowPrice[current] + columnPrice[candidate] - gain(current, candidate)
          if slack < distance[candidate] { (distance[candidate], previous[candidate]) = (slack, column) }
          if distance[candidate] < step { (step, next) = (distance[candidate], candidate) }
        }
        for settled in 0...columns where isSettled[settled] {
          rowPrice[rowOf[settled]] -= step
          columnPrice[settled] += step
        }
        for open in 0..<columns where !isSettled[open] { distance[open] -= step }
        column = next
      }
      while column != columns {
        rowOf[column] = rowOf[previous[column]]
        column = previous[column]
      }
    }
    var columnOf = [Int](repeating: 0, count: rows)
    for column in 0..<columns where rowOf[column] >= 0 { columnOf[rowOf[column]] = column }
    return columnOf
  }
}
