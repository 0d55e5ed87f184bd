import Diagnostics
import Execution
import Testing

@testable import PipeTool
@testable import Planning

extension Plan.NodeID {
  /// The first node of a plan.
  static let first = Plan.NodeID(index: 0)
}

/// How nodes are counted.
@Suite struct RunTallyTests {
  private func tally() -> RunTally {
    RunTally(stages: ["a", "b", "b", "b", "c"], toRun: [1, 2, 3, 4], predicted: [2, 4, nil, nil])
  }

  @Test func everyEndIsCountedOnce() {
    var tally = tally()
    #expect(tally.toRun == 4 && tally[.stored] == 1 && tally.done == 0)
    for node in 1...4 { tally.started(node, at: Double(node)) }
    #expect(tally[.running] == 4)
    #expect(tally.running.map(\.node) == [1, 2, 3, 4])
    let error = Diagnostic(.notConverged, "no")
    let news = [
      tally.ended(1, .ran(seconds: 1)), tally.ended(2, .failed(error, log: [])),
      tally.ended(3, .cutOff(because: nil)),
      tally.ended(4, .blocked(by: .first)),
    ]
    #expect(news == [true, true, true, true])
    #expect(tally.running.isEmpty)
    #expect(tally.done == 2 && tally.ended == 4 && tally.toRun == 4)
    #expect(NodePhase.allCases.map { tally[$0] } == [1, 0, 0, 1, 0, 1, 1, 1])
  }

  @Test func readingWhatIsStoredIsNoNews() {
    var tally = tally()
    let first = tally.ended(0, .cached)
    #expect(!first && tally.toRun == 4 && tally[.stored] == 1)
    tally.started(1, at: 0)
    tally.ended(1, .ran(seconds: 1))
    let again = tally.ended(1, .cached)
    #expect(!again && tally[.ran] == 1 && tally[.cached] == 0)
    // What another process put into the store is.
    let other = tally.ended(2, .cached)
    #expect(other && tally[.cached] == 1 && tally.done == 2)
  }

  @Test func aNodeThatIsComputedAgainIsOneMoreToRun() {
    var tally = tally()
    tally.started(0, at: 1)
    #expect(tally.toRun == 5 && tally[.stored] == 0 && tally[.running] == 1)
    tally.ended(0, .ran(seconds: 0.5))
    #expect(tally.done == 1)
  }

  @Test func aNodeThatStoppedEarlyWaitsAgain() {
    var tally = tally()
    tally.started(1, at: 1)
    let news = tally.ended(1, .notRun)
    #expect(!news && tally[.waiting] == 4 && tally.running.isEmpty)
  }

  @Test func historyIsCorrectedByTheRunAndTheRunStandsInForHistory() throws {
    var tally = tally()
    #expect(tally.estimate(of: 1) == 2)
    // The mean of what is known of the stage.
    #expect(tally.estimate(of: 3) == 3)
    #expect(tally.estimate(of: 4) == nil)
    tally.started(1, at: 0)
    tally.ended(1, .ran(seconds: 10))
    // History says 3 on average and counts as two nodes: (10 + 6) / (2 + 6) times as long.
    #expect(tally.estimate(of: 2) == 8)
    #expect(tally.estimate(of: 3) == 10)
    tally.started(4, at: 10)
    tally.ended(4, .ran(seconds: 0.5))
    #expect(tally.estimate(of: 4) == 0.5)
  }

  @Test func predictionsThatCannotBeAreIgnored() {
    let tally = RunTally(stages: ["a", "a", "a"], toRun: [0, 1, 2], predicted: [.nan, -1, .infinity])
    #expect(tally.estimate(of: 0) == nil)
    #expect(tally.stages[0].weight > 0)
  }

  @Test func anEventCostsLittle() {
    let count = 10_000
    var tally = RunTally(
      stages: (0..<count).map { "stage-\($0 % 20)" }, toRun: Array(0..<count),
      predicted: Array(repeating: 0.1, count: count))
    let time = ContinuousClock().measure {
      for node in 0..<count {
        tally.started(node, at: 0)
        tally.ended(node, .ran(seconds: 0.1))
      }
    }
    #expect(tally.done == count)
    // About 0.2 µs each when optimised; this is generous for a debug build on a busy machine.
    #expect(time / .microseconds(1) / Double(2 * count) < 50)
  }
}
