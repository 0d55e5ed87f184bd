@testable import PipeTool

/// A terminal that understands what the panel writes, and wraps lines anew when it is made narrower.
struct FakeTerminal {
  private(set) var columns: Int
  private(set) var rows: Int
  /// Every row, those that have scrolled away included.
  private var lines: [[Character]] = [[]]
  private var row = 0
  private var column = 0
  /// Modes that are set, by their numbers.
  private(set) var modes: Set<String> = []
  /// Escape sequences that it does not know.
  private(set) var unknown: [String] = []

  init(columns: Int = 80, rows: Int = 24) {
    self.columns = columns
    self.rows = rows
  }

  /// What stands on all rows, without empty ones at the end.
  var text: [String] {
    var all = lines.map { line in
      String(line).replacing(/\ +$/, with: "")
    }
    while all.last == "" { all.removeLast() }
    return all
  }

  /// The row of the cursor on the screen and its column.
  var cursor: [Int] { [row - top, column] }

  private var top: Int { max(0, lines.count - rows) }

  mutating func feed(_ text: String) {
    var rest = text[...]
    while let character = rest.popFirst() {
      switch character {
      case "\n":
        down()
        column = 0
      case "\r": column = 0
      case "\u{1B}": escape(&rest)
      default: put(character)
      }
    }
  }

  private mutating func put(_ character: Character) {
    let width = TerminalText.columns(of: String(character))
    if column + width > columns {
      down()
      column = 0
    }
    while lines[row].count < column { lines[row].append(" ") }
    if column < lines[row].count { lines[row][column] = character } else { lines[row].append(character) }
    column += width
  }

  private mutating func down() {
    row += 1
    if row == lines.count { lines.append([]) }
  }

  private mutating func escape(_ rest: inout Substring) {
    guard rest.popFirst() == "[" else { return unknown.append("not CSI") }
    let parameters = rest.prefix { !$0.isLetter }
    rest = rest.dropFirst(parameters.count)
    let final = rest.popFirst()
    switch final {
    case "m": break
    case "A": row = max(top, row - (Int(parameters) ?? 1))
    case "K": lines[row] = Array(lines[row].prefix(column))
    case "J":
      lines[row] = Array(lines[row].prefix(column))
      for below in lines.indices where below > row { lines[below] = [] }
    case "h": modes.insert(String(parameters))
    case "l": modes.remove(String(parameters))
    default: unknown.append("\(parameters)\(final.map(String.init) ?? "")")
    }
  }

  /// Changes the size; rows that have become too long are wrapped.
  mutating func resize(columns: Int, rows: Int) {
    var wrapped: [[Character]] = []
    var newRow = row
    for (index, line) in lines.enumerated() {
      var line = line
      while line.last == " " { line.removeLast() }
      if index == row { newRow = wrapped.count }
      repeat {
        wrapped.append(Array(line.prefix(columns)))
        line = Array(line.dropFirst(columns))
      } while !line.isEmpty
    }
    (lines, row) = (wrapped, newRow)
    (self.columns, self.rows) = (columns, rows)
  }
}
