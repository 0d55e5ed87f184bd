internal import RunRecords

extension ResultTable {
  /// The table as comma-separated values: for each column its mean, standard deviation and n, unrounded.
  public var csv: String {
    var header = rowTitles
    for column in columns {
      let title = (column.labels + [column.metric]).joined(separator: " · ")
      header += [title, "\(title) std", "\(title) n"]
    }
    let lines = rows.map { row in
      CSV.row(
        row.labels
          + row.cells.flatMap { cell in
            let isThere = cell.count + cell.failed > 0
            return [
              cell.mean.map { "\($0)" } ?? "", cell.deviation.map { "\($0)" } ?? "",
              isThere ? "\(cell.count)" : "",
            ]
          })
    }
    return ([CSV.row(header)] + lines).joined(separator: "\n") + "\n"
  }
}
