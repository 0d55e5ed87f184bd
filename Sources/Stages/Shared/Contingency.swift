import Artifacts
import Diagnostics
import StageKit

/// How many rows two divisions of the same rows have in common, part by part.
struct Contingency {
  /// The counts, part of the first division by part of the second, row after row; parts may be empty.
  let counts: [Int]
  /// The rows of each part of the first division.
  let first: [Int]
  /// The rows of each part of the second division.
  let second: [Int]

  /// The number of rows.
  var total: Int { first.reduce(0, +) }
  /// The counts of one part of the first division.
  func row(_ index: Int) -> ArraySlice<Int> { counts[index * second.count..<(index + 1) * second.count] }

  /// Counts from a table.
  init(counts: [Int], rows: Int, columns: Int) {
    self.counts = counts
    var first = [Int](repeating: 0, count: rows)
    var second = [Int](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns {
        first[row] += counts[row * columns + column]
        second[column] += counts[row * columns + column]
      }
    }
    self.first = first
    self.second = second
  }

  /// The classes against the clusters; rows left out as noise are one more cluster, the last, if there are any.
  ///
  /// - Throws: `lengthMismatch`; `tooFewRows` if there is no row.
  init(_ labels: Labels, _ assignment: Assignment) throws(StageError) {
    try requireEqualRows(assignment.rows, of: "assignment", toBe: labels.rows, as: "labels")
    guard labels.rows > 0 else { throw Diagnostic(.tooFewRows, "there are no rows to measure on") }
    let columns = assignment.count + 1
    var counts = [Int](repeating: 0, count: labels.classCount * columns)
    labels.indices.withUnsafeBufferPointer { classes in
      assignment.clusters.withUnsafeBufferPointer { clusters in
        for row in 0..<classes.count {
          let cluster = clusters[row] < 0 ? columns - 1 : Int(clusters[row])
          counts[Int(classes[row]) * columns + cluster] += 1
        }
      }
    }
    self.init(counts: counts, rows: labels.classCount, columns: columns)
  }

  /// The number of parts of each division that have a row.
  var partCounts: (first: Int, second: Int) {
    (first.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }, second.reduce(0) { $0 + ($1 > 0 ? 1 : 0) })
  }

  /// Whether both divide the rows in the same way.
  var isIdentical: Bool {
    let filled = counts.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
    return partCounts == (filled, filled)
  }
}

/// What a probe predicted against what is true, on the rows that are held out.
struct HeldOutPredictions {
  /// The names of the classes: those of the labels, then any others that were predicted.
  let names: [String]
  /// True class by predicted class.
  let table: Contingency

  /// Counts predictions on the held-out rows that are measured on; on every row if there is no mask.
  ///
  /// - Throws: `lengthMismatch`; `tooFewRows` if no row is held out, or if one that counts was not predicted.
  init(_ predictions: Predictions, _ labels: Labels, _ fitRows: RowMask?) throws(StageError) {
    try requireEqualRows(predictions.rows, of: "predictions", toBe: labels.rows, as: "labels")
    if let fitRows { try requireEqualRows(fitRows.rows, of: "fitRows", toBe: labels.rows, as: "labels") }
    var names = labels.names
    var classOf = Array(names.indices)
    if predictions.names != labels.names {
      classOf = predictions.names.map { name in
        if let known = names.firstIndex(of: name) { return known }
        names.append(name)
        return names.count - 1
      }
    }
    let count = names.count
    var counts = [Int](repeating: 0, count: count * count)
    for row in fitRows?.testRows ?? Array(0..<labels.rows) {
      guard predictions.classes[row] >= 0 else { throw Self.unpredicted(row: row) }
      counts[Int(labels.indices[row]) * count + classOf[Int(predictions.classes[row])]] += 1
    }
    self.names = names
    table = Contingency(counts: counts, rows: count, columns: count)
    guard table.total > 0 else {
      throw Diagnostic(
        .tooFewRows, "no row is held out, so there is nothing to measure on",
        fields: ["rows": "\(labels.rows)"], hint: "let a splitter hold rows out, for instance `holdout`")
    }
  }

  private static func unpredicted(row: Int) -> Diagnostic {
    Diagnostic(
      .tooFewRows, "a row that is to be measured was not predicted", fields: ["row": "\(row)"],
      hint: "measure on the rows that the probe's splitter held out, or let the probe predict all rows")
  }

  /// The rows that were predicted rightly.
  var correct: Int { names.indices.reduce(0) { $0 + table.counts[$1 * names.count + $1] } }
}
