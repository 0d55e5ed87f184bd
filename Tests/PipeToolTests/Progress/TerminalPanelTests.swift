import Diagnostics
import Execution
import Planning
import Synchronization
import Testing

@testable import PipeTool

/// The panel as a whole: what stands on the terminal after which events.
@Suite struct TerminalPanelTests {
  private static let error = Diagnostic(.rankDeficient, "the covariance is singular")

  /// A terminal that a test steers.
  private final class Stage: Sendable {
    let state = Mutex((size: TerminalSize(columns: 60, rows: 12), taken: false, resumptions: 0, farewell: ""))
    var screen: TerminalPanel.Screen {
      TerminalPanel.Screen(
        size: { self.state.withLock { $0.size } }, isTaken: { self.state.withLock { $0.taken } },
        resumptions: { self.state.withLock { $0.resumptions } },
        keepFarewell: { text in self.state.withLock { $0.farewell = text } })
    }
    var farewell: String { state.withLock { $0.farewell } }
  }

  @Test func showsARunAndGoes() throws {
    let plan = try #require(SamplePlan.plan)
    let (recorder, stage) = (Recorder(), Stage())
    var terminal = FakeTerminal(columns: 60, rows: 12)
    let panel = TerminalPanel(recorder.context(), on: stage.screen)
    terminal.feed("$ pipe run\n")
    panel.start(plan)
    panel.started(plan.nodes[0])
    panel.ended(plan.nodes[0], .ran(seconds: 0.5))
    panel.started(plan.nodes[1])
    panel.started(plan.nodes[2])
    recorder.move(to: 3)
    panel.draw()
    terminal.feed(recorder.take())
    #expect(
      terminal.text == [
        "$ pipe run",
        "sample  ━━━━━━━━━━────────────  1/5  3 s  at least 1 s left",
        "stage                 done  run  now",
        "load   ━━━━━━━━━━━━━   1/1       took 0.5 s",
        "fit    ━━━━━━━━━╸───   0/2    2  3 s  seed 0 | 3 s  seed 1",
        "score  ─────────────   0/2",
      ])
    panel.ended(plan.nodes[2], .failed(Self.error, log: []))
    panel.ended(plan.nodes[4], .blocked(by: plan.nodes[2].id))
    panel.recovered(plan.nodes[0], Diagnostic(.corruptObject, "bad bytes"))
    recorder.interrupt()
    panel.draw()
    terminal.feed(recorder.take())
    let messages = [
      "$ pipe run", "failed: fit · seed 1: the covariance is singular",
      "warning: load: stored result set aside and computed again (b", "ad bytes)",
    ]
    #expect(Array(terminal.text.prefix(4)) == messages)
    #expect(terminal.text[4].hasPrefix("sample  ━"))
    #expect(terminal.text[5] == "interrupting: finishing at a safe point; Ctrl-C again ends…")
    var other = terminal
    other.feed(stage.farewell)
    #expect(other.text == messages)
    panel.ended()
    terminal.feed(recorder.take())
    #expect(terminal.text == messages)
    #expect(terminal.cursor == [4, 0])
    #expect(terminal.modes.isEmpty && terminal.unknown.isEmpty)
    #expect(stage.farewell == "")
  }

  @Test func aRunThatEndsBeforeTheFirstFrameShowsNothing() throws {
    let plan = try #require(SamplePlan.plan)
    let (recorder, stage) = (Recorder(), Stage())
    let panel = TerminalPanel(recorder.context(), on: stage.screen)
    panel.start(plan, toRun: [], predicted: [])
    panel.ended(plan.nodes[3], .cached)
    panel.ended()
    #expect(recorder.text == "")
    panel.start(plan)
    panel.started(plan.nodes[0])
    panel.ended(plan.nodes[0], .failed(Self.error, log: []))
    panel.ended()
    // What failed is told all the same.
    #expect(recorder.text.contains("failed: load: the covariance is singular\n"))
  }

  @Test func nothingIsDrawnWhileAnotherProgramHasTheTerminal() throws {
    let plan = try #require(SamplePlan.plan)
    let (recorder, stage) = (Recorder(), Stage())
    let panel = TerminalPanel(recorder.context(), on: stage.screen)
    stage.state.withLock { $0.taken = true }
    panel.start(plan)
    panel.draw()
    #expect(recorder.take() == "")
    panel.ended(plan.nodes[0], .failed(Self.error, log: []))
    panel.draw()
    #expect(recorder.take() == "failed: load: the covariance is singular\n")
    stage.state.withLock { ($0.taken, $0.resumptions) = (false, 1) }
    panel.draw()
    let frame = recorder.take()
    #expect(frame.contains("sample") && !frame.contains("\u{1B}[1A"))
    // After Ctrl-Z and `fg` the old panel is left to what was printed after it.
    stage.state.withLock { $0.resumptions = 2 }
    recorder.move(to: 1)
    panel.draw()
    #expect(!recorder.take().contains("A\u{1B}"))
    panel.ended()
  }

  @Test func aThreadOfItsOwnDraws() async throws {
    let plan = try #require(SamplePlan.plan)
    let (recorder, stage) = (Recorder(), Stage())
    let panel = TerminalPanel(recorder.context(), on: stage.screen)
    panel.start(plan)
    for _ in 0..<200 where recorder.text.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    #expect(recorder.text.contains("sample"))
    panel.ended()
    let length = recorder.text.utf8.count
    try await Task.sleep(for: .milliseconds(150))
    #expect(recorder.text.utf8.count == length)
  }

  @Test(arguments: [
    (ProgressMode.auto, true, ["TERM": "xterm-256color"], ProgressMode.Renderer.panel),
    (.auto, true, ["TERM": "xterm", "NO_COLOR": "1", "CI": ""], .panel),
    (.auto, true, ["TERM": "dumb"], .summary), (.auto, true, [:], .summary),
    (.auto, true, ["TERM": "xterm", "CI": "true"], .summary),
    (.auto, true, ["TERM": "xterm", "CI": "false"], .panel),
    (.auto, false, ["TERM": "xterm"], .summary), (.plain, true, ["TERM": "xterm"], .nodes),
    (.json, false, [:], .json), (.none, true, ["TERM": "xterm"], .nothing),
  ])
  func theRendererSuitsTheTerminal(
    _ mode: ProgressMode, _ isTerminal: Bool, _ variables: [String: String], _ renderer: ProgressMode.Renderer
  ) {
    #expect(mode.renderer(isTerminal: isTerminal, Environment { variables[$0] }) == renderer)
  }

  @Test func colorsAreOptional() {
    func allows(_ variables: [String: String]) -> Bool { Environment { variables[$0] }.allowsColor }
    #expect(allows(["TERM": "xterm"]) && allows(["TERM": "xterm", "NO_COLOR": ""]))
    #expect(!allows(["TERM": "xterm", "NO_COLOR": "1"]) && !allows(["TERM": "dumb"]) && !allows([:]))
  }
}
