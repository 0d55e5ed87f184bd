import Glibc
import Testing

@testable import PipeTool

/// How the panel comes to stand on a terminal and goes again.
@Suite struct PanelCanvasTests {
  private static let size = TerminalSize(columns: 80, rows: 24)

  private func lines(_ texts: String...) -> [PanelLine] { texts.map(line) }

  private func line(_ text: String) -> PanelLine {
    var line = PanelLine(color: false)
    line.add(text)
    return line
  }

  @Test func aFrameReplacesTheOneBeforeInOneText() {
    var terminal = FakeTerminal()
    var canvas = PanelCanvas()
    terminal.feed("$ pipe run\n")
    terminal.feed(canvas.paint(lines("run", "a long line", "b"), Self.size))
    #expect(terminal.text == ["$ pipe run", "run", "a long line", "b"])
    #expect(terminal.cursor == [4, 0])
    terminal.feed(canvas.paint(lines("run 2", "a", "b"), Self.size))
    #expect(terminal.text == ["$ pipe run", "run 2", "a", "b"])
    let same = canvas.paint(lines("run 2", "a", "b"), Self.size)
    #expect(same == "")
    terminal.feed(canvas.clear(Self.size))
    #expect(terminal.text == ["$ pipe run"])
    #expect(terminal.cursor == [1, 0])
    #expect(terminal.modes.isEmpty && terminal.unknown.isEmpty)
  }

  @Test func framesAreMarkedSoThatTheyAppearAtOnce() {
    var canvas = PanelCanvas()
    let text = canvas.paint(lines("run"), Self.size)
    #expect(text == "\u{1B}[?2026h\rrun\u{1B}[K\n\u{1B}[?2026l")
    // Neither the cursor nor the wrapping of lines is ever switched off.
    #expect(!text.contains("?25") && !text.contains("?7"))
  }

  @Test func messagesStayAboveThePanel() {
    var terminal = FakeTerminal(columns: 20, rows: 10)
    var canvas = PanelCanvas()
    let size = TerminalSize(columns: 20, rows: 10)
    terminal.feed(canvas.paint(lines("run", "a", "b"), size))
    terminal.feed(canvas.paint(lines("run", "a", "b"), above: ["failed: something with a long name"], size))
    #expect(terminal.text == ["failed: something wi", "th a long name", "run", "a", "b"])
    terminal.feed(canvas.paint(lines("run", "c"), above: ["failed: x"], size))
    #expect(terminal.text == ["failed: something wi", "th a long name", "failed: x", "run", "c"])
    terminal.feed(canvas.clear(above: ["last"], size))
    #expect(terminal.text == ["failed: something wi", "th a long name", "failed: x", "last"])
  }

  @Test func aPanelAtTheBottomScrollsAndLeavesNoTrace() {
    var terminal = FakeTerminal(columns: 40, rows: 6)
    let size = TerminalSize(columns: 40, rows: 6)
    var canvas = PanelCanvas()
    for number in 0..<8 { terminal.feed("before \(number)\n") }
    for frame in 0..<5 {
      terminal.feed(
        canvas.paint(lines("run \(frame)", "a", "b", "c", "d"), above: ["message \(frame)"], size))
    }
    terminal.feed(canvas.clear(size))
    #expect(terminal.text == (0..<8).map { "before \($0)" } + (0..<5).map { "message \($0)" })
  }

  @Test func aTerminalThatBecomesNarrowerOrLowerKeepsNoTrace() {
    var terminal = FakeTerminal(columns: 80, rows: 24)
    var canvas = PanelCanvas()
    terminal.feed("$ pipe run\n")
    let wide = String(repeating: "w", count: 79)
    terminal.feed(canvas.paint(lines(wide, "short", wide), Self.size))
    terminal.resize(columns: 30, rows: 24)
    let narrow = String(repeating: "n", count: 29)
    terminal.feed(canvas.paint(lines(narrow, "short", narrow), TerminalSize(columns: 30, rows: 24)))
    #expect(terminal.text == ["$ pipe run", narrow, "short", narrow])
    terminal.resize(columns: 120, rows: 24)
    terminal.feed(canvas.paint(lines(wide, "short", wide), TerminalSize(columns: 120, rows: 24)))
    #expect(terminal.text == ["$ pipe run", wide, "short", wide])
    // Lower than the panel: what has scrolled away cannot be reached, all else is replaced.
    terminal.resize(columns: 120, rows: 3)
    terminal.feed(canvas.paint(lines("a", "b"), TerminalSize(columns: 120, rows: 3)))
    #expect(Array(terminal.text.suffix(2)) == ["a", "b"])
  }

  @Test func aPanelThatOthersWroteOverStartsAfresh() {
    var terminal = FakeTerminal()
    var canvas = PanelCanvas()
    terminal.feed(canvas.paint(lines("run", "a"), Self.size))
    terminal.feed("^Z\n[1]+ Stopped\n$ fg\n")
    canvas.forget()
    terminal.feed(canvas.paint(lines("run", "b"), Self.size))
    #expect(terminal.text == ["run", "a", "^Z", "[1]+ Stopped", "$ fg", "run", "b"])
    terminal.feed(canvas.clear(Self.size))
    #expect(terminal.text == ["run", "a", "^Z", "[1]+ Stopped", "$ fg"])
  }

  @Test func theFarewellRemovesThePanel() {
    var terminal = FakeTerminal()
    var canvas = PanelCanvas()
    #expect(canvas.farewell == "")
    terminal.feed("$ pipe run\n")
    terminal.feed(canvas.paint(lines("run", "a"), Self.size))
    terminal.feed("^C")
    terminal.feed(canvas.farewell)
    #expect(terminal.text == ["$ pipe run"])
    #expect(canvas.farewell.utf8.count <= 64)
  }

  @Test func theFarewellIsWrittenAsItWasKept() throws {
    let farewell = Farewell()
    farewell.keep(String(repeating: "x", count: 65))
    farewell.keep("bye")
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    farewell.write(to: ends[1])
    close(ends[1])
    var bytes = [UInt8](repeating: 0, count: 10)
    #expect(read(ends[0], &bytes, 10) == 3)
    #expect(String(decoding: bytes.prefix(3), as: UTF8.self) == "bye")
    close(ends[0])
  }
}
