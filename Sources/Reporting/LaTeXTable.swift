extension ResultTable {
  /// The table as LaTeX, ready for `\input`; needs the package `booktabs`.
  public var latex: String {
    let labels = max(1, rowTitles.count)
    let headers = headerLines
    let height = headers.first?.count ?? 1
    var lines = ["% needs \\usepackage{booktabs}", "\\begin{table}", "  \\centering"]
    lines.append("  \\caption{\(latexCaption)}")
    lines.append(
      "  \\label{tab:\(name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })}"
    )
    let alignment = String(repeating: "l", count: labels) + String(repeating: "r", count: columns.count)
    lines += ["  \\begin{tabular}{\(alignment)}", "    \\toprule"]
    for line in 0..<height {
      let titles =
        line == height - 1 && !rowTitles.isEmpty ? rowTitles : [String](repeating: "", count: labels)
      lines.append(row(titles.map(escape) + headers.map { escape($0[line]) }))
    }
    lines.append("    \\midrule")
    for (shown, cells) in zip(rows, cellTexts) {
      let body = cells.map { cell in
        let text = cell.isMarked ? "\\textbf{\(escape(cell.joined(" ± ")))}" : escape(cell.joined(" ± "))
        return text
      }
      lines.append(row((rowTitles.isEmpty ? [""] : shown.labels.map(escape)) + body))
    }
    lines += ["    \\bottomrule", "  \\end{tabular}", "\\end{table}"]
    return lines.joined(separator: "\n") + "\n"
  }

  private var latexCaption: String {
    let note =
      note(mark: "bold:").map { "\n    " + escape($0.prefix(1).uppercased() + $0.dropFirst()) + "." } ?? ""
    let caption = escape(caption ?? name)
    return caption + (caption.hasSuffix(".") || caption.hasSuffix("?") ? "" : ".") + note
  }

  private func row(_ fields: [String]) -> String { "    " + fields.joined(separator: " & ") + " \\\\" }

  private func escape(_ text: String) -> String {
    if text.utf8.allSatisfy(isPlainInLaTeX) { return text }
    return printable(text).map { latexEscapes[$0] ?? String($0) }.joined()
  }
}

/// Whether a byte is an ASCII letter, digit or sign that stands for itself.
private func isPlainInLaTeX(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: ","),
    UInt8(ascii: "-"):
    true
  default: false
  }
}

/// What LaTeX would take for something else, or would not know.
private let latexEscapes: [Character: String] = [
  "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{",
  "}": "\\}",
  "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}", ">": "\\textgreater{}",
  "|": "\\textbar{}", "*": "{*}", "[": "{[}",
  "]": "{]}", "\"": "''", "±": "$\\pm$", "·": "$\\cdot$", "×": "$\\times$", "↑": "$\\uparrow$",
  "↓": "$\\downarrow$",
  "≤": "$\\le$", "≥": "$\\ge$", "−": "$-$", "α": "$\\alpha$", "β": "$\\beta$", "γ": "$\\gamma$",
  "λ": "$\\lambda$",
  "σ": "$\\sigma$", "μ": "$\\mu$", "ε": "$\\varepsilon$", "²": "$^2$", "…": "\\ldots{}",
]
