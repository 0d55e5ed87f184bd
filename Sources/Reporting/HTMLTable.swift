extension ResultTable {
  /// The table as a fragment of HTML, without styles; marked cells have the class `best`.
  public var html: String {
    var lines = ["<table>"]
    let note = note(mark: "bold:").map { "<br>\n    \(escape($0))\n  " } ?? ""
    lines.append("  <caption>\(escape(caption ?? name))\(note)</caption>")
    let titles = (rowTitles.isEmpty ? [""] : rowTitles).map { "<th scope=\"col\">\(escape($0))</th>" }
    let headers = columns.map { column in
      "<th scope=\"col\">\(titleLines(column).map(escape).joined(separator: "<br>"))</th>"
    }
    lines +=
      ["  <thead>", "    <tr>"] + (titles + headers).map { "      " + $0 } + ["    </tr>", "  </thead>"]
    lines.append("  <tbody>")
    for (row, cells) in zip(rows, cellTexts) {
      let labels = (rowTitles.isEmpty ? [""] : row.labels).map { "<th scope=\"row\">\(escape($0))</th>" }
      let body = cells.map { cell in
        let text = escape(cell.joined(" ± "))
        return cell.isMarked ? "<td class=\"best\"><b>\(text)</b></td>" : "<td>\(text)</td>"
      }
      lines += ["    <tr>"] + (labels + body).map { "      " + $0 } + ["    </tr>"]
    }
    lines += ["  </tbody>", "</table>"]
    return lines.joined(separator: "\n") + "\n"
  }

  private func escape(_ text: String) -> String { escapedHTML(text) }
}

/// The text with the characters replaced that HTML would act on.
func escapedHTML(_ text: String) -> String {
  var escaped = ""
  for character in printable(text) {
    switch character {
    case "&": escaped += "&amp;"
    case "<": escaped += "&lt;"
    case ">": escaped += "&gt;"
    case "\"": escaped += "&quot;"
    default: escaped.append(character)
    }
  }
  return escaped
}
