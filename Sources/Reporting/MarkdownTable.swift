extension ResultTable {
  /// The table as GitHub's Markdown, its columns aligned in the source too; marked cells are bold.
  public var markdown: String {
    let texts = cellTexts
    let header = (rowTitles.isEmpty ? [""] : rowTitles) + columns.map(title)
    let body = zip(rows, texts).map { row, cells in
      (rowTitles.isEmpty ? [""] : row.labels).map(escape)
        + cells.map { cell in
          let text = cell.joined(" ± ")
          return cell.isMarked ? "**\(text)**" : text
        }
    }
    let lines = [header.map(escape)] + body
    let labels = max(1, rowTitles.count)
    let widths = header.indices.map { column in max(3, lines.map { characterCount($0[column]) }.max() ?? 0) }
    func line(_ fields: [String]) -> String {
      let padded = fields.indices.map { pad(fields[$0], to: widths[$0], right: $0 >= labels) }
      return "| " + padded.joined(separator: " | ") + " |"
    }
    let rule = widths.indices.map { column in
      String(repeating: "-", count: widths[column] - (column < labels ? 0 : 1)) + (column < labels ? "" : ":")
    }
    var text = caption.map { "**\(escape($0))**\n\n" } ?? ""
    text += ([line(lines[0]), "| " + rule.joined(separator: " | ") + " |"] + lines.dropFirst().map(line))
      .joined(separator: "\n")
    return text + "\n" + (note(mark: "bold:").map { "\n\($0)\n" } ?? "")
  }

  private func escape(_ text: String) -> String {
    let text = printable(text)
    if text.utf8.allSatisfy({ !markdownSigns.contains($0) }) { return text }
    var escaped = ""
    for character in text {
      if "\\`*_|<[]".contains(character) { escaped.append("\\") }
      escaped.append(character)
    }
    return escaped
  }
}

private let markdownSigns = Set("\\`*_|<[]".utf8)

/// The number of characters, found at once where each is a byte.
private func characterCount(_ text: String) -> Int {
  text.utf8.allSatisfy { $0 < 0x80 && $0 != 0x0D } ? text.utf8.count : text.count
}

/// The text filled up with spaces to a width in characters.
func pad(_ text: String, to width: Int, right: Bool = false) -> String {
  let spaces = String(repeating: " ", count: max(0, width - characterCount(text)))
  return right ? spaces + text : text + spaces
}

/// The text on one line, without anything that a terminal would act on.
func printable(_ text: String) -> String {
  if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
  var clean = ""
  for scalar in text.unicodeScalars {
    let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    clean.unicodeScalars.append(isControl ? " " : scalar)
  }
  return clean
}
