/// A line of the panel, with its width.
struct PanelLine: Equatable {
  /// How a part of a line looks.
  enum Style: String {
    case plain = ""
    case strong = "1"
    case faint = "2"
    case bad = "31"
    case good = "32"
    case notice = "33"
  }

  /// The text with its escape sequences.
  private(set) var text = ""
  /// How many columns it takes.
  private(set) var columns = 0
  private let color: Bool

  init(color: Bool) { self.color = color }

  /// Adds a part at the end.
  mutating func add(_ part: String, _ style: Style = .plain) {
    guard !part.isEmpty else { return }
    columns += TerminalText.columns(of: part)
    text += color && style != .plain ? "\u{1B}[\(style.rawValue)m\(part)\u{1B}[0m" : part
  }

  /// Adds spaces up to a column.
  mutating func pad(to column: Int) { add(String(repeating: " ", count: max(0, column - columns))) }

  /// Adds a number or a word that ends at a column.
  mutating func add(_ part: String, endingAt column: Int, _ style: Style = .plain) {
    pad(to: column - TerminalText.columns(of: part))
    add(part, style)
  }

  /// Adds a bar.
  ///
  /// - Parameters:
  ///   - done: the part from 0 to 1 that is done.
  ///   - lost: the part that never will be.
  mutating func addBar(done: Double, lost: Double, width: Int, end: Style = .good) {
    let halves = 2 * width
    let full = PanelLine.cells(done, of: halves)
    let bad = min(PanelLine.cells(lost, of: width), width - (full + 1) / 2)
    let rest = width - (full + 1) / 2 - bad
    add(String(repeating: "━", count: full / 2) + (full % 2 == 1 ? "╸" : ""), end)
    add(String(repeating: "┅", count: bad), .bad)
    add(String(repeating: "─", count: rest), .faint)
  }

  /// How many of `count` cells a part fills: all only if it is the whole, one at least if it is anything.
  private static func cells(_ part: Double, of count: Int) -> Int {
    guard part > 1e-9 else { return 0 }
    guard part < 1 - 1e-9 else { return count }
    return min(max(Int(part * Double(count)), 1), count - 1)
  }
}
