import Execution
import StageKit
import Store
import Synchronization
import Testing

/// Outputs stay in memory for as long as something that will run needs them.
@Suite(.timeLimit(.minutes(2))) struct MemoryTests {
  @Test func aChainHoldsTwoLinks() throws {
    var bench = try Bench()
    var last = try bench.mix()
    for _ in 0..<30 { last = try bench.mix([last]) }
    try bench.weigh(last)
    try bench.run(jobs: 1)
    #expect(bench.lab.runs.count == 32)
    #expect(bench.lab.mostLive <= 2)
    #expect(bench.lab.live == 0)
  }

  @Test func manyChainsAreFinishedOneAfterTheOther() throws {
    var bench = try Bench()
    let root = try bench.mix()
    for _ in 0..<20 {
      var last = root
      for _ in 0..<4 { last = try bench.mix([last]) }
      try bench.weigh(last)
    }
    try bench.run(jobs: 1)
    #expect(bench.lab.mostLive <= 22)
    #expect(bench.lab.live == 0)
  }

  @Test func nothingIsHeldForAFailedNode() throws {
    var bench = try Bench()
    let (first, second) = (try bench.mix(), try bench.mix())
    let failing = try bench.mix([first, second])
    try bench.weigh(bench.mix([failing, first]))
    let other = try bench.mix([second])
    let measure = try bench.weigh(other)
    let live = Atomic<Int>(-1)
    let lab = bench.lab
    lab.fail(failing)
    lab.on(measure) { (_) in live.store(lab.live, ordering: .relaxed) }
    let report = try bench.run(jobs: 1)
    #expect(
      report.ends == [
        "ran", "ran", "failed: stage 2 fails", "blocked by 2", "blocked by 2", "ran", "ran",
      ])
    #expect(live.load(ordering: .relaxed) == 1)
    #expect(bench.lab.live == 0)
  }
}
