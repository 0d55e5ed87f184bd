import Execution
import Testing

@testable import PipeTool

/// How long the rest of a run is said to take.
@Suite struct ForecastTests {
  /// A node that 8 others take from, each of which a last one takes from.
  private let fan = NodeGraph(inputs: [[]] + Array(repeating: [0], count: 8) + [Array(1...8)])
  private let names = ["load"] + Array(repeating: "fit", count: 8) + ["join"]

  private func tally(_ seconds: [Double?]) -> RunTally {
    RunTally(stages: names, toRun: Array(names.indices), predicted: seconds)
  }

  private func forecast(_ tally: RunTally, jobs: Int, at time: Double = 0) -> Forecast? {
    var forecaster = Forecaster(fan, jobs: jobs)
    return forecaster.forecast(tally, at: time)
  }

  @Test func workSharesOutOverTheThreads() {
    let tally = tally([1] + Array(repeating: 4, count: 8) + [1])
    #expect(forecast(tally, jobs: 1) == Forecast(seconds: 34))
    #expect(forecast(tally, jobs: 2) == Forecast(seconds: 17))
    #expect(forecast(tally, jobs: 4) == Forecast(seconds: 8.5))
  }

  @Test func noRunEndsBeforeItsLongestChain() {
    let tally = tally([1] + Array(repeating: 4, count: 8) + [1])
    #expect(forecast(tally, jobs: 100) == Forecast(seconds: 6))
    let uneven = self.tally([1, 60] + Array(repeating: 1, count: 7) + [1])
    #expect(forecast(uneven, jobs: 8) == Forecast(seconds: 62))
  }

  @Test func whatHasRunCountsNoMoreAndWhatRunsCountsForTheRest() {
    var tally = tally([1] + Array(repeating: 4, count: 8) + [1])
    tally.started(0, at: 0)
    tally.ended(0, .ran(seconds: 1))
    tally.started(1, at: 1)
    #expect(forecast(tally, jobs: 1, at: 4) == Forecast(seconds: 30))
    // A node that takes longer than expected takes a tenth of its time more.
    #expect(forecast(tally, jobs: 1, at: 21) == Forecast(seconds: 31))
  }

  @Test func withoutHistoryTheRunItselfTells() {
    var tally = tally(Array(repeating: nil, count: 10))
    #expect(forecast(tally, jobs: 2) == nil)
    tally.started(0, at: 0)
    tally.ended(0, .ran(seconds: 1))
    tally.started(1, at: 1)
    #expect(forecast(tally, jobs: 2, at: 2) == nil)
    tally.ended(1, .ran(seconds: 3))
    #expect(forecast(tally, jobs: 2, at: 4) == Forecast(seconds: 10.5, isLeast: true))
  }

  @Test func atTheEndNothingIsLeft() {
    var tally = tally(Array(repeating: nil, count: 10))
    for node in names.indices {
      tally.started(node, at: 0)
      tally.ended(node, .ran(seconds: 1))
    }
    #expect(forecast(tally, jobs: 2, at: 10) == Forecast(seconds: 0))
  }

  @Test func threadsThatCannotBeUsedDoNotCount() {
    var tally = tally([1] + Array(repeating: 100, count: 8) + [1])
    tally.started(0, at: 0)
    tally.ended(0, .ran(seconds: 1))
    tally.started(1, at: 1)
    // Seven more could run and do not, minute after minute: something other than threads is short.
    var forecaster = Forecaster(fan, jobs: 8)
    var seconds: [Double] = []
    for time in [1.0, 2, 20, 90] { seconds.append(forecaster.forecast(tally, at: time)?.seconds ?? 0) }
    #expect(seconds[0] == 101)
    #expect(seconds[3] > 650)
    // As long as none could run, few running say nothing.
    var alone = self.tally([100] + Array(repeating: 100, count: 8) + [1])
    alone.started(0, at: 0)
    var other = Forecaster(fan, jobs: 8)
    for time in [1.0, 30, 60] { seconds.append(other.forecast(alone, at: time)?.seconds ?? 0) }
    #expect(seconds.last == 141)
  }

  @Test func aLargePlanIsForetoldInNoTime() {
    let count = 10_000
    let graph = NodeGraph(inputs: (0..<count).map { $0 < 10 ? [] : [$0 - 10, $0 / 2] })
    let tally = RunTally(
      stages: (0..<count).map { "stage-\($0 % 20)" }, toRun: Array(0..<count),
      predicted: Array(repeating: 0.1, count: count))
    var forecaster = Forecaster(graph, jobs: 2)
    var seconds = 0.0
    let time = ContinuousClock().measure { seconds = forecaster.forecast(tally, at: 0)?.seconds ?? 0 }
    #expect(abs(seconds - 500) < 1e-6)
    #expect(time < .seconds(1))
  }
}
