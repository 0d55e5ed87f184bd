import Foundation
import Testing

/// What the built program does to a terminal.
@Suite struct TerminalTests {
  private static let environment = ["TERM": "xterm-256color", "CI": ""]

  /// Starts the slow config with its errors on a terminal.
  private func start(
    _ sandbox: Sandbox, _ terminal: PseudoTerminal, _ environment: [String: String] = environment
  ) throws -> Running {
    try sandbox.start(["run", "small.json", "-j", "1"], environment: environment, errors: terminal.path)
  }

  /// Reads until something stands there, for at most half a minute.
  private func read(_ terminal: PseudoTerminal, until text: String) -> String {
    var all = ""
    for _ in 0..<1500 where !all.contains(text) {
      usleep(20_000)
      all += terminal.read()
    }
    return all
  }

  @Test func thePanelComesStaysWithinTheTerminalAndGoes() throws {
    let sandbox = try Sandbox(config: RecoveryTests.slow, data: false)
    let terminal = try PseudoTerminal(columns: 60, rows: 8)
    let run = try start(sandbox, terminal)
    var output = read(terminal, until: "nearest-neigh")
    run.send(SIGINT)
    let ended = run.wait()
    output += terminal.read()
    #expect(ended.code == 130)
    #expect(ended.output.contains("\ninterrupted after "))
    #expect(output.contains("small  ") && output.contains("\u{1B}[7A"))
    // It goes: what is written last erases it, and nothing is left switched on or off.
    #expect(output.hasSuffix("\u{1B}[7A\u{1B}[J"))
    #expect(!output.contains("\u{1B}[?25") && !output.contains("\u{1B}[?7") && !output.contains("\u{1B}[31m"))
    for frame in output.split(separator: "\u{1B}[?2026h") {
      let lines = frame.split(whereSeparator: \.isNewline).map {
        $0.replacing(/\u{1B}\[[?\d]*[a-zA-Z]|\r/, with: "")
      }
      #expect(lines.count { !$0.isEmpty } <= 8 && lines.allSatisfy { $0.count < 60 }, "\(lines)")
    }
  }

  @Test func aSecondInterruptRemovesThePanelToo() throws {
    let sandbox = try Sandbox(config: RecoveryTests.slow, data: false)
    let terminal = try PseudoTerminal()
    let run = try start(sandbox, terminal)
    var output = read(terminal, until: "nearest-neighbors")
    run.send(SIGINT)
    run.send(SIGTERM)
    #expect(run.wait().code == 130)
    output += terminal.read()
    #expect(output.hasSuffix("A\u{1B}[J"))
  }

  @Test(arguments: [["TERM": "dumb", "CI": ""], ["TERM": "xterm", "CI": "true"]])
  func aTerminalWithoutAReaderOrEscapesGetsLines(_ environment: [String: String]) throws {
    let sandbox = try Sandbox(config: RecoveryTests.slow, data: false)
    let terminal = try PseudoTerminal()
    let run = try start(sandbox, terminal, environment)
    var output = read(terminal, until: "nodes to run")
    run.send(SIGINT)
    #expect(run.wait().code == 130)
    output += terminal.read()
    #expect(!output.contains("\u{1B}"))
    #expect(output.hasPrefix("small: "))
  }
}
