extension ResultTable {
  /// The table for a terminal: aligned columns, marked cells bold or, without colour, with a `*` behind them.
  ///
  /// Columns that do not fit the width follow below, with the rows' labels again.
  /// - Parameters:
  ///   - width: how many columns the terminal has.
  ///   - color: whether escape sequences may be used.
  public func text(width: Int = 80, color: Bool = false) -> String {
    let labels = labelColumns
    let fields = dataColumns(color: color)
    let left = labels.map { $0.width + 2 }.reduce(0, +)
    var blocks: [[TextColumn]] = [[]]
    var used = left
    for field in fields {
      if used + field.width > width, let last = blocks.last, !last.isEmpty {
        blocks.append([])
        used = left
      }
      blocks[blocks.count - 1].append(field)
      used += field.width + 2
    }
    var text = printable(caption ?? name) + "\n"
    text += blocks.map { TextColumn.lines(labels + $0, color: color) }.joined(separator: "\n")
    guard let note = note(mark: color ? "bold:" : "*") else { return text }
    return text + (note.count <= width ? note : note.replacing("; ", with: "\n")) + "\n"
  }

  private var labelColumns: [TextColumn] {
    let height = headerLines.first?.count ?? 1
    return (rowTitles.isEmpty ? [""] : rowTitles).enumerated().map { index, title in
      TextColumn(
        header: [String](repeating: "", count: height - 1) + [printable(title)],
        cells: rows.map { rowTitles.isEmpty ? "" : printable($0.labels[index]) },
        marked: rows.map { _ in false }, alignsRight: false)
    }
  }

  private func dataColumns(color: Bool) -> [TextColumn] {
    let texts = cellTexts
    let headers = headerLines
    return columns.indices.map { column in
      let cells = texts.map { $0[column] }
      // A star takes a place of its own, so that the digits stay below each other.
      let hasStars = !color && cells.contains(where: \.isMarked)
      return TextColumn(
        header: headers[column].map { printable($0) + (hasStars ? " " : "") },
        cells: cells.map { $0.joined(" ± ") + (hasStars ? ($0.isMarked ? "*" : " ") : "") },
        marked: cells.map(\.isMarked), alignsRight: true)
    }
  }
}

/// A column of text with its header lines.
struct TextColumn {
  var header: [String]
  var cells: [String]
  var marked: [Bool]
  var alignsRight: Bool

  init(header: [String], cells: [String], marked: [Bool], alignsRight: Bool) {
    self.header = header
    self.cells = cells
    self.marked = marked
    self.alignsRight = alignsRight
  }

  /// A column without marks and with a title of one line.
  init(_ title: String, _ cells: [String], alignsRight: Bool = false) {
    self.init(header: [title], cells: cells, marked: cells.map { _ in false }, alignsRight: alignsRight)
  }

  var width: Int { (header + cells).map(\.count).max() ?? 0 }

  /// The columns side by side, each line with its break.
  static func lines(_ columns: [TextColumn], color: Bool) -> String {
    var lines = (0..<(columns.first?.header.count ?? 0)).map { line in
      joined(columns.map { pad($0.header[line], to: $0.width, right: $0.alignsRight) })
    }
    lines.append(String(repeating: "─", count: columns.map { $0.width + 2 }.reduce(-2, +)))
    lines += (columns.first?.cells ?? []).indices.map { row in
      joined(
        columns.map { column in
          let text = pad(column.cells[row], to: column.width, right: column.alignsRight)
          return color && column.marked[row] ? "\u{1B}[1m\(text)\u{1B}[0m" : text
        })
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func joined(_ fields: [String]) -> String {
    var line = fields.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
