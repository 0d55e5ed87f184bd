internal import Diagnostics
internal import RunRecords

/// The forms in which a table is written to a file.
public enum TableFormat: String, Sendable, CaseIterable {
  case markdown, csv, latex, json, html

  /// The ending of such a file's name, without the dot.
  public var fileExtension: String {
    switch self {
    case .markdown: "md"
    case .latex: "tex"
    case .csv, .json, .html: rawValue
    }
  }
}

extension ResultTable {
  /// The table in a file's form, with a line break at its end.
  public func text(_ format: TableFormat) -> String {
    switch format {
    case .markdown: markdown
    case .csv: csv
    case .latex: latex
    case .json: json.text(pretty: true) + "\n"
    case .html: html
    }
  }

  /// A cell's text in pieces, for a renderer to put together.
  enum CellText {
    case empty
    case failed
    case notRun
    case number(mean: String, deviation: String?, note: String?, isMarked: Bool)

    /// The cell as one text, around the sign that stands between mean and deviation.
    func joined(_ sign: String) -> String {
      switch self {
      case .empty: ""
      case .failed: "failed"
      case .notRun: "not run"
      case .number(let mean, let deviation, let note, _):
        mean + (deviation.map { sign + $0 } ?? "") + (note.map { " (\($0))" } ?? "")
      }
    }

    var isMarked: Bool { if case .number(_, _, _, let isMarked) = self { isMarked } else { false } }
  }

  /// Every cell's text, row by row.
  var cellTexts: [[CellText]] {
    let formats = columns.indices.map { column in NumberFormat(rows.map { $0.cells[column] }) }
    let common = commonCount
    return rows.map { row in
      zip(row.cells, formats).map { cell, format in
        guard let mean = cell.mean else {
          return cell.failed > 0 ? .failed : cell.notRun > 0 ? .notRun : .empty
        }
        var notes = cell.count == common && cell.failed + cell.notRun == 0 ? [] : ["n \(cell.count)"]
        if cell.failed > 0 { notes.append("\(cell.failed) failed") }
        if cell.notRun > 0 { notes.append("\(cell.notRun) not run") }
        let texts = format.texts(mean, cell.deviation)
        return .number(
          mean: texts.mean, deviation: texts.deviation,
          note: notes.isEmpty ? nil : notes.joined(separator: ", "), isMarked: cell.mark != .none)
      }
    }
  }

  /// A column's title in one line: `logistic · accuracy ↑`.
  func title(_ column: Column) -> String { (column.labels + [metric(column)]).joined(separator: " · ") }

  /// A column's metric with an arrow to its better end.
  func metric(_ column: Column) -> String {
    column.metric + column.better.arrow
  }

  /// A column's title as lines, one a choice or swept parameter and the metric last.
  func titleLines(_ column: Column) -> [String] {
    column.labels.flatMap { $0.split(separator: " · ", omittingEmptySubsequences: true).map(String.init) }
      + [metric(column)]
  }

  /// The columns' title lines, filled up with empty lines at the top.
  var headerLines: [[String]] {
    let lines = columns.map(titleLines)
    let height = lines.map(\.count).max() ?? 1
    return lines.map { [String](repeating: "", count: height - $0.count) + $0 }
  }

  /// What a reader needs to understand the numbers; nil where they stand for themselves.
  ///
  /// - Parameter mark: how marked cells look.
  func note(mark: String) -> String? {
    let cells = rows.flatMap(\.cells)
    var parts: [String] = []
    if cells.contains(where: { $0.deviation != nil }) {
      parts.append("mean ± standard deviation" + (commonCount.map { ", n = \($0)" } ?? ""))
    }
    if cells.contains(where: { $0.mark != .none }) {
      let test =
        cells.contains { $0.deviation != nil } ? " or not significantly worse (paired t-test, 5 %)" : ""
      parts.append("\(mark) best\(test)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
