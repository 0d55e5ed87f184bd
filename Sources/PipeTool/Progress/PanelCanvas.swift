/// How many columns and rows a terminal has.
struct TerminalSize: Equatable {
  var columns: Int
  var rows: Int
}

/// The place on the terminal where the panel stands: turns lines into the one text that brings them there.
///
/// The cursor rests on the empty row below the panel, where what a user types does no harm. It is never hidden and no
/// mode of the terminal stays changed, so that a program that ends in any way leaves the terminal whole.
struct PanelCanvas {
  private var drawn: [PanelLine] = []
  private var size = TerminalSize(columns: 80, rows: 24)

  /// Terminals that know this show what stands between the two at once, others ignore it.
  private static let beginUpdate = "\u{1B}[?2026h"
  private static let endUpdate = "\u{1B}[?2026l"
  private static let eraseBelow = "\u{1B}[J"
  private static let eraseToEnd = "\u{1B}[K"

  /// The text that puts lines in place of those that stand there, and messages above them; empty if all is as it was.
  mutating func paint(_ lines: [PanelLine], above messages: [String] = [], _ size: TerminalSize) -> String {
    let isResized = size != self.size
    self.size = size
    guard !messages.isEmpty || isResized || lines != drawn else { return "" }
    var text = PanelCanvas.beginUpdate + home
    // Messages may wrap, and a terminal whose width changes wraps the lines that stand there in its own way.
    if !messages.isEmpty || isResized || lines.count < drawn.count { text += PanelCanvas.eraseBelow }
    for message in messages { text += message + "\n" }
    for line in lines { text += line.text + PanelCanvas.eraseToEnd + "\n" }
    drawn = lines
    return text + PanelCanvas.endUpdate
  }

  /// The text that removes the panel and leaves the cursor where it began; nothing is remembered of it.
  mutating func clear(above messages: [String] = [], _ size: TerminalSize) -> String {
    self.size = size
    defer { drawn = [] }
    return (drawn.isEmpty ? "" : farewell) + messages.map { $0 + "\n" }.joined()
  }

  /// Takes the panel for gone, since others wrote where it stood.
  mutating func forget() { drawn = [] }

  /// The text that removes what stands there now.
  var farewell: String { drawn.isEmpty ? "" : home + PanelCanvas.eraseBelow }

  /// Brings the cursor to the first column of the panel's first row.
  ///
  /// A terminal that has become narrower has wrapped the lines that are too long for it by now.
  private var home: String {
    let columns = max(size.columns, 1)
    let rows = drawn.reduce(0) { $0 + max(1, ($1.columns + columns - 1) / columns) }
    let up = min(rows, size.rows - 1)
    return up > 0 ? "\r\u{1B}[\(up)A" : "\r"
  }
}
