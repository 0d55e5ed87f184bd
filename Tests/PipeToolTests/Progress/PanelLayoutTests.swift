import Diagnostics
import Execution
import Testing

@testable import PipeTool

/// How the panel is laid out.
@Suite struct PanelLayoutTests {
  /// Three nodes of which history knows nothing.
  private static func three() -> SampleRun {
    SampleRun([("load-hdf5", 1, nil), ("pca", 1, nil), ("nmi", 1, nil)])
  }

  /// 3,000 nodes of nine stages, 400 of which are in the store.
  private static func thousands() -> SampleRun {
    SampleRun(
      [
        ("load-hdf5", 1, 0.1), ("holdout", 199, 0.01), ("standardize", 200, 0.1), ("kernel-pca", 200, 2),
        ("kernel-pca (slice)", 400, 0.01), ("k-means", 500, 0.8), ("nearest-neighbors", 500, 0.4),
        ("hungarian-accuracy", 500, 0.05), ("adjusted-mutual-information", 500, nil),
      ], stored: 400, title: "pca-vs-kpca")
  }

  /// The moments of a run of 3 nodes and of one of 3,000, with their titles.
  private static func moments(width: Int) -> [(title: String, lines: [PanelLine])] {
    var three = three()
    var moments = [("3 nodes, at the start", three.lines(at: 0, width: width))]
    three.run(0..<1, seconds: 0.25)
    three.start([1], at: 0.5)
    moments.append(("3 nodes, one runs", three.lines(at: 7.5, width: width)))
    three.end(1..<2, .ran(seconds: 95))
    moments.append(
      (
        "3 nodes, interrupted",
        three.lines(at: 100, left: Forecast(seconds: 5), interrupted: true, width: width)
      ))
    three.run(2..<3, seconds: 0.0001)
    moments.append(("3 nodes, at the end", three.lines(at: 96, width: width)))

    var many = thousands()
    let start = Forecast(seconds: 512, isLeast: true)
    moments.append(("3,000 nodes, at the start", many.lines(at: 0, left: start, width: width)))
    many.run(400..<580, seconds: 2.5)
    many.run(600..<850, seconds: 0.01)
    many.start([580, 851, 1001], at: 100)
    moments.append(
      (
        "3,000 nodes, three run",
        many.lines(at: 104, left: Forecast(seconds: 401, isLeast: true), width: width)
      ))
    many.end(580..<581, .failed(SampleRun.error, log: []))
    many.end(851..<990, .blocked(by: .first))
    many.end(1000..<1200, .cutOff(because: nil))
    many.end(1200..<1210, .cached)
    many.start([583], at: 131)
    moments.append(
      ("3,000 nodes, with a failure", many.lines(at: 7384, left: Forecast(seconds: 300_000), width: width)))
    moments.append(
      ("3,000 nodes, interrupted", many.lines(at: 7385, interrupted: true, width: width)))
    moments.append(
      (
        "3,000 nodes, little height",
        many.lines(at: 7386, left: Forecast(seconds: 44), width: width, height: 7)
      ))
    moments.append(
      ("3,000 nodes, one line", many.lines(at: 7387, left: Forecast(seconds: 44), width: width, height: 1)))
    for node in many.tally.phases.indices where node >= 400 && !many.tally.phases[node].isEnd {
      many.end(node..<node + 1, .ran(seconds: 1))
    }
    moments.append(("3,000 nodes, at the end", many.lines(at: 8000, width: width)))
    return moments
  }

  @Test(arguments: [80, 200]) func looksAsRecorded(_ columns: Int) throws {
    let text = Self.moments(width: columns - 1).map { title, lines in
      "\(title)\n" + lines.map { "|\($0.text)" }.joined(separator: "\n") + "\n"
    }
    try Snapshot.check(text.joined(separator: "\n"), "panel-\(columns)")
  }

  @Test func colorsChangeNothingButColors() {
    var run = Self.thousands()
    run.run(400..<500, seconds: 2)
    run.start([580, 851], at: 10)
    run.end(500..<510, .failed(SampleRun.error, log: []))
    let plain = run.lines(at: 60, width: 79)
    let colored = run.lines(at: 60, width: 79, color: true)
    #expect(colored.map(\.columns) == plain.map(\.columns))
    #expect(colored.map { $0.text.replacing(/\u{1B}\[\d*m/, with: "") } == plain.map(\.text))
    #expect(plain.allSatisfy { !$0.text.contains("\u{1B}") })
  }

  @Test func noLineIsWiderAndNoneIsMoreThanTheRoomAllows() {
    for moment in [3, 500] {
      var run = SampleRun(
        (0..<30).map { ("特徴-stage-\($0)-of-a-long-name", moment, $0 % 2 == 0 ? 0.5 : nil) },
        title: "名前 of the config")
      run.run(0..<moment, seconds: 1)
      run.start([moment + 1, moment + 2], at: 1)
      run.end(2 * moment..<2 * moment + 2, .failed(SampleRun.error, log: []))
      for width in [0, 1, 2, 5, 8, 12, 20, 23, 24, 25, 30, 37, 48, 60, 79, 119, 199, 400] {
        for height in [-1, 0, 1, 2, 3, 4, 5, 10, 33, 60] {
          let lines = run.lines(at: 50, left: Forecast(seconds: 3), width: width, height: height)
          #expect(lines.allSatisfy { $0.columns <= width }, "\(width) × \(height)")
          #expect(lines.count <= max(height, 0), "\(width) × \(height)")
          #expect(lines.allSatisfy { $0.columns == TerminalText.columns(of: $0.text) })
        }
      }
    }
  }

  @Test func theHeightStaysTheSameWhileARunGoesOn() {
    var run = Self.thousands()
    let height = run.lines(at: 0, width: 79).count
    #expect(height == 2 + 6)
    run.run(400..<2000, seconds: 1)
    run.start([2001], at: 3)
    #expect(run.lines(at: 4, width: 79).count == height)
    #expect(run.lines(at: 4, interrupted: true, width: 79).count == height)
    run.run(2000..<3000, seconds: 1)
    #expect(run.lines(at: 4, width: 79).count == height)
  }

  @Test func whereRoomIsShortWhatRunsIsShown() {
    var run = SampleRun((0..<40).map { ("stage-\($0)", 2, nil) })
    run.run(0..<60, seconds: 1)
    run.start([62, 75], at: 1)
    let lines = run.lines(at: 2, width: 79, height: 6).map(\.text)
    #expect(lines.count == 6)
    let names = lines[2...4].map { $0.prefix { $0 != " " } }
    #expect(names == ["stage-30", "stage-31", "stage-37"])
    #expect(lines[5] == "and 37 more stages: 60 of 74 done")
  }

  @Test func barsAreWeighedByPredictedTime() {
    var run = SampleRun([("quick", 90, 0.1), ("slow", 9, 10), ("unknown", 1, nil)])
    run.run(0..<90, seconds: 0.1)
    #expect(
      run.lines(at: 9, width: 79)[0].text == "sample  ━━━╸────────────────────────────────────  90/100  9 s")
    run.run(90..<99, seconds: 10)
    let total = 9 + 90 + 99.0 / 99
    #expect(abs(run.tally.stages.reduce(0) { $0 + $1.doneWeight } / total - 99 / 100) < 1e-9)
  }

  @Test func aShareOfTheTimeIsGivenOnlyIfHistoryKnowsEveryStage() {
    var known = SampleRun([("quick", 10, 0.1), ("slow", 9, 1)])
    known.run(0..<10, seconds: 0.1)
    #expect(known.lines(at: 9, width: 60)[0].text.contains("  10 %  10/19  "))
    var unknown = SampleRun([("quick", 10, 0.1), ("slow", 9, nil)])
    unknown.run(0..<10, seconds: 0.1)
    #expect(!unknown.lines(at: 9, width: 60)[0].text.contains("%"))
  }

  @Test func aBarIsFullOnlyAtTheEndAndEmptyOnlyAtTheStart() {
    func bar(_ done: Double, _ lost: Double = 0) -> String {
      var line = PanelLine(color: false)
      line.addBar(done: done, lost: lost, width: 6)
      return line.text
    }
    #expect(bar(0) == "──────")
    #expect(bar(1e-6) == "╸─────")
    #expect(bar(0.5) == "━━━───")
    #expect(bar(0.58) == "━━━───")
    #expect(bar(0.59) == "━━━╸──")
    #expect(bar(0.9999) == "━━━━━╸")
    #expect(bar(1) == "━━━━━━")
    #expect(bar(0, 1) == "┅┅┅┅┅┅")
    #expect(bar(0.5, 0.5) == "━━━┅┅┅")
    #expect(bar(0.99, 0.01) == "━━━━━╸")
    #expect(bar(.nan, .nan) == "──────" && bar(7, 9) == "━━━━━━")
  }
}
