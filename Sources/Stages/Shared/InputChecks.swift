import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

extension Features {
  /// Refuses a value that is not finite.
  ///
  /// - Throws: `notFinite` with the first such row and column, counted from 0.
  func requireFinite() throws(StageError) {
    guard let (row, column) = firstNotFinite else { return }
    throw Diagnostic(
      .notFinite, "the features hold a value that is not finite",
      fields: [
        "value": "\(matrix[row, column])", "row": "\(row), counted from 0",
        "column": "\(column), counted from 0",
      ], hint: "remove the row, or replace the value")
  }

  /// The row and the column of the first value that is not finite, if there is one.
  var firstNotFinite: (row: Int, column: Int)? { matrix.firstNotFinite }

  /// Refuses a table that is too small to compute with.
  ///
  /// - Throws: `tooFewRows` if there are fewer rows than `least`; `badShape` if there is no column.
  func requireSize(rowsAtLeast least: Int = 1) throws(StageError) {
    guard rows >= least else {
      throw Diagnostic(
        .tooFewRows, "there are too few rows",
        fields: ["rows": "\(rows)", "needed": "at least \(least)"])
    }
    guard columns > 0 else {
      throw Diagnostic(.badShape, "the features have no columns", fields: ["shape": "\(rows) × 0"])
    }
  }

  /// The rows that are fitted on, ascending: those of the mask, every row if there is none.
  ///
  /// - Throws: `lengthMismatch` if the mask has another number of rows; `tooFewRows` if fewer than `least` remain;
  ///   `badShape` if there is no column.
  func fitIndices(_ fitRows: RowMask?, atLeast least: Int = 1) throws(StageError) -> [Int] {
    try requireSameRows(fitRows, named: "fitRows")
    let indices = fitRows?.fitRows ?? Array(0..<rows)
    guard indices.count >= least else {
      throw Diagnostic(
        .tooFewRows, "there are too few rows to fit on",
        fields: ["fit rows": "\(indices.count) of \(rows)", "needed": "at least \(least)"])
    }
    guard columns > 0 else {
      throw Diagnostic(.badShape, "the features have no columns", fields: ["shape": "\(rows) × 0"])
    }
    return indices
  }

  /// Refuses a mask of another length; nil is every row.
  func requireSameRows(_ mask: RowMask?, named name: String) throws(StageError) {
    if let mask { try requireEqualRows(mask.rows, of: name, toBe: rows, as: "features") }
  }
}

/// Refuses labels of another length than the features.
///
/// - Throws: `lengthMismatch`.
func requireRows(_ labels: Labels, _ features: Features) throws(StageError) {
  try requireEqualRows(labels.rows, of: "labels", toBe: features.rows, as: "features")
}

/// Refuses an input with another number of rows than the one that it belongs to.
///
/// - Throws: `lengthMismatch`.
func requireEqualRows(_ rows: Int, of name: String, toBe expected: Int, as other: String) throws(StageError) {
  guard rows != expected else { return }
  throw Diagnostic(
    .lengthMismatch, "`\(name)` and `\(other)` differ in their number of rows",
    fields: [name: "\(rows) rows", other: "\(expected) rows"])
}

extension Labels {
  /// The number of rows of each class.
  var rowCounts: [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for index in indices { counts[Int(index)] += 1 }
    return counts
  }
}
