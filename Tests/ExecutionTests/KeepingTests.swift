import Diagnostics
@testable import Execution
import Glibc
@testable import Planning
import StageKit
import Store
import Synchronization
import Testing

/// What is stored, and what is only handed on.
@Suite(.timeLimit(.minutes(2))) struct KeepingTests {
  private func entries(_ bench: Bench) throws -> [Bool] {
    let store = try bench.store()
    return bench.plan.nodes.map { store.entry(for: $0.key) != nil }
  }

  /// A chain of a quick, a slow and a quick stage with 2 MB each.
  private func chain() throws -> Bench {
    var bench = try Bench()
    try bench.mix(size: 500_000)
    try bench.mix([0], size: 500_000)
    try bench.mix([1], size: 500_000)
    try bench.weigh(2)
    bench.lab.on(1) { (_) in usleep(400_000) }
    return bench
  }

  @Test func onlyWhatIsSlowToComputeIsStored() throws {
    let bench = try chain()
    let report = try bench.run { _ in }
    #expect(try entries(bench) == [false, true, false, true])
    #expect(report.isKept == [false, true, false, true])
    bench.lab.forgetRuns()
    #expect(try bench.run { _ in }.ends == Array(repeating: "cached", count: 4))
    #expect(bench.lab.runs == [:])
  }

  @Test func whatIsNotStoredIsComputedFromTheNearestThatIs() throws {
    var bench = try chain()
    let value = try bench.run { _ in }.values[0]
    bench.lab.forgetRuns()
    try bench.mix([2], number: 9, measured: true)
    let report = try bench.run { _ in }
    #expect(bench.lab.runs == [2: 1, 9: 1])
    #expect(report.values[0] == value)
  }

  @Test func aQuickStageBelowOneThatIsNotStoredCountsBoth() throws {
    var bench = try Bench()
    // Each is too quick for its size; together they are not.
    for node in 0..<6 { try bench.mix(node == 0 ? [] : [node - 1], size: 500_000) }
    try bench.weigh(5)
    for node in 0..<6 { bench.lab.on(node) { (_) in usleep(8_000) } }
    try bench.run { _ in }
    let kept = try entries(bench)
    #expect(!kept[0])
    #expect(kept[1...5].contains(true))
  }

  @Test func everythingIsStoredWhereThatIsAskedFor() throws {
    let bench = try chain()
    try bench.run { $0.keepsEverything = true }
    #expect(try entries(bench) == [true, true, true, true])
  }

  @Test func everythingIsStoredWhileAnotherProcessHasTheStoreOpen() throws {
    let bench = try chain()
    let other = try bench.store()
    try bench.run { _ in }
    #expect(try entries(bench) == [true, true, true, true])
    withExtendedLifetime(other) {}
  }

  @Test func theBytesAreTheSameWhateverTheStoreHas() throws {
    let bench = try chain()
    let first = try bench.run { _ in }
    let second = try bench.run { $0.keepsEverything = true }
    let fresh = try Store(at: bench.folder.path + "/other")
    let third = try bench.run(fresh) { $0.keepsEverything = true }
    #expect(first.values == second.values && second.values == third.values)
    #expect(first.digests.last == third.digests.last)
  }
}

/// Time, failures and memory.
@Suite(.timeLimit(.minutes(2))) struct LimitTests {
  @Test func aStageThatTakesTooLongIsEnded() throws {
    var bench = try Bench()
    try bench.mix(measured: true)
    try bench.mix(measured: true)
    bench.lab.on(0) { (context) throws(StageError) in
      while true {
        try context.checkCancelled()
        usleep(1000)
      }
    }
    let report = try bench.run { $0.timeout = 0.05 }
    #expect(report.ends == ["failed: `mix` took longer than its 0.05 s", "ran"])
    guard case .failed(let error, _) = report.outcomes[0] else { return }
    #expect(error.code == .timedOut)
    #expect(!report.wasInterrupted)
  }

  @Test func whatMayPassIsTriedAgain() throws {
    var bench = try Bench()
    var patient = Conduct()
    patient.retries = 2
    try bench.mix(measured: true, conduct: patient)
    try bench.mix(measured: true)
    try bench.mix(measured: true, conduct: patient)
    let failures = Mutex([2, 1, 0])
    for node in 0..<2 {
      bench.lab.on(node) { (_) throws(StageError) in
        let isFailing = failures.withLock { left in
          left[node] -= 1
          return left[node] >= 0
        }
        if isFailing { throw Diagnostic(.notReadable, "the share is away") }
      }
    }
    // What comes from the method comes again.
    bench.lab.fail(2)
    let report = try bench.run { _ in }
    #expect(report.ends == ["ran", "failed: the share is away", "failed: stage 2 fails"])
    #expect(bench.lab.runs == [0: 3, 1: 1, 2: 1])
    #expect(report.logs[bench.plan.nodes[0].id]?.count == 2)
  }

  @Test func aStageHasItsOwnTime() throws {
    var bench = try Bench()
    var slow = Conduct()
    slow.timeout = 60
    for conduct in [slow, Conduct()] { try bench.mix(measured: true, conduct: conduct) }
    for node in 0..<2 {
      bench.lab.on(node) { (context) throws(StageError) in
        for _ in 0..<100 {
          try context.checkCancelled()
          usleep(1000)
        }
      }
    }
    #expect(try bench.run { $0.timeout = 0.01 }.ends == ["ran", "failed: `mix` took longer than its 0.01 s"])
  }

  @Test func aFailureEndsTheRunWhereThatIsAskedFor() throws {
    var bench = try Bench()
    for _ in 0..<10 { try bench.mix(measured: true) }
    bench.lab.fail(9)
    let report = try bench.run(jobs: 1) { $0.endsAtFailure = true }
    #expect(report.ends == Array(repeating: "not run", count: 9) + ["failed: stage 9 fails"])
    #expect(!report.wasInterrupted)
  }

  /// How many of several independent stages ran at once at most.
  private func mostAtOnce(_ memory: Int) throws -> Int {
    var bench = try Bench()
    for node in 0..<8 { try bench.mix(number: node, size: 1000, measured: true) }
    let running = Mutex((now: 0, most: 0))
    for node in 0..<8 {
      bench.lab.on(node) { (_) in
        running.withLock { state in
          state.now += 1
          state.most = max(state.most, state.now)
        }
        usleep(10_000)
        running.withLock { $0.now -= 1 }
      }
    }
    // An earlier run measured 1 MB for each of them.
    let store = try bench.store()
    let history = History(store)
    history.record(
      bench.plan.nodes.map {
        History.Observation(
          stage: $0.stage, inputBytes: [],
          sample: History.Sample(seconds: 0.01, peakBytes: 1e6, outputBytes: 4000, inputBytes: 0))
      }, StoringCost())
    let report = try bench.run(jobs: 4, store) { $0.memory = memory }
    #expect(report.ranCount == 8)
    return running.withLock { $0.most }
  }

  @Test func noMoreStagesRunAtOnceThanFitIntoMemory() throws {
    #expect(try mostAtOnce(1_200_000) == 1)
    #expect(try mostAtOnce(2_500_000) == 2)
    #expect(try mostAtOnce(.max) > 2)
  }

  @Test func whatIsKnownNotToFitIsRefusedWithTheArithmetic() throws {
    var bench = try Bench()
    try bench.mix(size: 1000)
    try bench.mix([0], measured: true)
    let store = try bench.store()
    History(store).record(
      [
        History.Observation(
          stage: bench.plan.nodes[1].stage, inputBytes: [4000],
          sample: History.Sample(seconds: 1, peakBytes: 3e6, outputBytes: 0, inputBytes: 4000)),
        History.Observation(
          stage: bench.plan.nodes[0].stage, inputBytes: [],
          sample: History.Sample(seconds: 1, peakBytes: 4000, outputBytes: 4000, inputBytes: 0)),
      ], StoringCost())
    let report = try bench.run(store) { $0.memory = 2_000_000 }
    guard case .failed(var error, _) = report.outcomes[1] else {
      Issue.record("it ran")
      return
    }
    #expect(error.location?.line == 2)
    error.location = nil
    #expect(
      error.description == """
        error[outOfMemory]: `mix` needs more memory than this run may take
          inputs:   4.0 kB
          stage:    3.0 MB at its peak, measured in an earlier run
          together: 3.0 MB
          budget:   2.0 MB
          hint: give it more with --memory, on a machine that has it, or use fewer rows
        """)
  }

  @Test func theLongestChainOfWorkRunsFirst() throws {
    var bench = try Bench()
    // A long stage, a chain of two short ones, a single short one: 0, 1 → 2, 3.
    try bench.mix(number: 0, measured: true)
    try bench.mix(number: 1)
    try bench.mix([1], number: 2, measured: true)
    try bench.mix(number: 3, measured: true)
    let order = Mutex<[Int]>([])
    for node in 0..<4 { bench.lab.on(node) { (_) in order.withLock { $0.append(node) } } }
    let store = try bench.store()
    History(store).record(
      bench.plan.nodes.map { node in
        History.Observation(
          stage: node.stage, inputBytes: node.inputs.map { _ in 0 },
          sample: History.Sample(
            seconds: [5, 1, 1, 1][node.id.index], peakBytes: 0, outputBytes: 0, inputBytes: 0))
      }, StoringCost())
    try bench.run(jobs: 1, store) { _ in }
    #expect(order.withLock { $0 } == [0, 1, 3, 2] || order.withLock { $0 } == [0, 1, 2, 3])
  }
}
