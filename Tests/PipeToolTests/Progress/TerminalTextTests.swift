import Testing

@testable import PipeTool

/// How text lies on a terminal.
@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("", 0), ("pca", 3), ("µ ± σ · …", 9), ("━━╸─", 4), ("特徴量", 6), ("ｗｉｄｅ", 8), ("한국", 4), ("e\u{301}", 1),
    ("👍", 2), ("👍🏽", 2), ("👩‍👩‍👧", 2), ("❤️", 2), ("🇫🇮", 2), ("\u{1112}\u{1161}\u{11AB}", 2), ("a\u{200B}b", 2),
  ])
  func columnsAreNotCharacters(_ text: String, _ columns: Int) {
    #expect(TerminalText.columns(of: text) == columns)
  }

  @Test(arguments: [
    ("components", 10, "components"), ("components", 9, "componen…"), ("components", 1, "…"),
    ("components", 0, ""),
    ("特徴量です", 10, "特徴量です"), ("特徴量です", 9, "特徴量で…"), ("特徴量です", 8, "特徴量…"), ("", 0, ""),
  ])
  func whatIsTooLongEndsWithAnEllipsis(_ text: String, _ width: Int, _ fitted: String) {
    #expect(TerminalText.fitted(text, to: width) == fitted)
    #expect(TerminalText.columns(of: fitted) <= width)
  }

  @Test func nothingMovesTheCursor() {
    #expect(TerminalText.clean("a\u{1B}[2Jb\nc\r\td\u{7F}\u{9B}e") == "a [2Jb c  d  e")
    #expect(TerminalText.clean("left\u{202E}right\u{2066}") == "leftright")
    #expect(TerminalText.clean("µ 特徴 👩‍👩‍👧") == "µ 特徴 👩‍👩‍👧")
  }

  @Test(arguments: [
    (0.0, "0 s"), (59.99, "59 s"), (60, "1 min 00 s"), (200, "3 min 20 s"), (3600, "1 h 00 min"),
    (7500, "2 h 05 min"), (86_400, "24 h 00 min"), (273_600, "3 d 4 h"), (-5, "0 s"), (.nan, "0 s"),
    (.infinity, "0 s"), (1e300, "11574 d 1 h"),
  ])
  func durationsAreWrittenAsTheyAreSaid(_ seconds: Double, _ text: String) {
    #expect(SpokenTime.exact(seconds) == text)
  }

  @Test(arguments: [
    (0.001, "1 s"), (15.2, "16 s"), (59.5, "1 min"), (61, "1 min 05 s"), (301, "5 min 30 s"),
    (3601, "1 h 01 min"),
  ])
  func forecastsAreRounded(_ seconds: Double, _ text: String) { #expect(SpokenTime.rough(seconds) == text) }

  @Test(arguments: [
    (0.0, "0 s"), (0.0004, "0 s"), (0.0312, "0.031 s"), (0.314, "0.31 s"), (4.26, "4.3 s"), (31.4, "31 s"),
    (-1, "0 s"),
  ])
  func measuredTimesKeepTheirDigits(_ seconds: Double, _ text: String) {
    #expect(SpokenTime.measured(seconds) == text)
  }
}
