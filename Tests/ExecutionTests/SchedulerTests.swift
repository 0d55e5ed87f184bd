import Artifacts
import Diagnostics
import Execution
import Foundation
import Planning
import RunRecords
import StageKit
import Store
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct SchedulerTests {
  /// Two sources, a diamond below them, two measures.
  ///
  ///     0   1
  ///     | \ |
  ///     2   3      4 = 2 + 3, 5 weighs 4, 6 weighs 1
  func diamond(size: Int = 0) throws -> Bench {
    var bench = try Bench()
    for inputs in [[], [], [0], [0, 1], [2, 3]] { try bench.mix(inputs, size: size) }
    try bench.weigh(4)
    try bench.weigh(1)
    return bench
  }

  @Test(arguments: [1, 2, 4]) func everythingRunsOnceAndNothingTheSecondTime(jobs: Int) throws {
    let bench = try diamond()
    let first = try bench.run(jobs: jobs)
    #expect(first.ends == Array(repeating: "ran", count: 7))
    #expect(bench.lab.runs == [0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1])
    let two = Mix.mixed(2, [Mix.mixed(0, [])])
    let three = Mix.mixed(3, [Mix.mixed(0, []), Mix.mixed(1, [])])
    #expect(first.values == [Double(Mix.mixed(4, [two, three])), Double(Mix.mixed(1, []))])

    bench.lab.forgetRuns()
    let second = try bench.run(jobs: jobs)
    #expect(second.ends == Array(repeating: "cached", count: 7))
    #expect(bench.lab.runs == [:])
    #expect(second.values == first.values)
    #expect(second.digests == first.digests)
    #expect(second.savedSeconds > 0)
  }

  @Test func whatNothingMeasuredNeedsIsLeftAlone() throws {
    var bench = try Bench()
    try bench.mix()
    try bench.mix([0])
    try bench.weigh(0)
    #expect(try bench.run().ends == ["ran", "cached", "ran"])
    #expect(bench.lab.runs == [0: 1, 2: 1])
  }

  @Test func onlyWhatIsMissingIsComputedFromWhatIsStored() throws {
    var bench = try diamond()
    try bench.run()
    bench.lab.forgetRuns()
    try bench.weigh(2)
    #expect(try bench.run().ends == Array(repeating: "cached", count: 7) + ["ran"])
    #expect(bench.lab.runs == [7: 1])
  }

  @Test func aFailureBlocksOnlyWhatDependsOnIt() throws {
    let bench = try diamond()
    bench.lab.fail(2)
    let report = try bench.run()
    #expect(
      report.ends == ["ran", "ran", "failed: stage 2 fails", "ran", "blocked by 2", "blocked by 2", "ran"])
    #expect(report.values == [nil, Double(Mix.mixed(1, []))])
    #expect(report.failedCount == 1 && report.blockedCount == 2 && report.ranCount == 4)
    // A failure is not remembered: the next run tries again, and only what is missing.
    bench.lab.on(2, nil)
    bench.lab.forgetRuns()
    #expect(try bench.run().ends == ["cached", "cached", "ran", "cached", "ran", "ran", "cached"])
    #expect(bench.lab.runs == [2: 1, 4: 1, 5: 1])
  }

  @Test func theLogOfAFailureIsKept() throws {
    var bench = try Bench()
    try bench.mix()
    try bench.weigh(0)
    bench.lab.on(0) { (context) throws(StageError) in
      context.log("so far so good")
      throw Diagnostic(.notConverged, "no")
    }
    let report = try bench.run()
    #expect(report.logs.values.first == ["so far so good"])
    guard case .failed(_, let log) = report.outcomes[0] else {
      throw Diagnostic(.internalFault, "not failed")
    }
    #expect(log == ["so far so good"])
  }

  @Test func anInterruptionEndsTheRunAndTheNextOneResumes() throws {
    let bench = try diamond()
    let interruption = Interruption()
    bench.lab.on(3) { (context) throws(StageError) in
      interruption.request()
      while true {
        try context.checkCancelled()
        usleep(1000)
      }
    }
    let report = try bench.run(jobs: 1, nil, interruption)
    #expect(report.wasInterrupted)
    #expect(report.ends[3] == "not run" && report.ends[4] == "not run" && report.ends[5] == "not run")
    #expect(report.failedCount == 0 && report.blockedCount == 0)
    let done = report.ends.count { $0 == "ran" }
    bench.lab.on(3, nil)
    bench.lab.forgetRuns()
    let resumed = try bench.run()
    #expect(!resumed.wasInterrupted)
    #expect(resumed.cachedCount == done && resumed.ranCount == 7 - done)
    #expect(bench.lab.runs.values.allSatisfy { $0 == 1 } && bench.lab.runs.count == 7 - done)
  }

  @Test func anInterruptionBeforeTheStartRunsNothing() throws {
    let bench = try diamond()
    let interruption = Interruption()
    interruption.request()
    let report = try bench.run(jobs: 2, nil, interruption)
    #expect(report.ends.allSatisfy { $0 == "not run" } && bench.lab.runs.isEmpty)
    #expect(report.wasInterrupted)
  }

  @Test func resultsAreTheSameAtAnyNumberOfJobs() throws {
    let lab = Lab.make()
    let digests = try [1, 2, 4].map { jobs in
      let bench = try manyLayers(lab)
      let report = try bench.run(jobs: jobs)
      return bench.manifest(report).deterministic.digest
    }
    #expect(Set(digests).count == 1)
  }

  /// The same plan with the same keys every time, and an empty store.
  private func manyLayers(_ lab: Lab) throws -> Bench {
    var bench = try Bench(lab)
    for node in 0..<30 { try bench.mix(node < 3 ? [] : [node - 1, node / 2, node - 3], number: node) }
    try bench.weigh(29)
    return bench
  }

  @Test func theRecordOfACachedRunEqualsThatOfTheFirst() throws {
    let bench = try diamond()
    let first = bench.manifest(try bench.run(jobs: 4))
    let second = bench.manifest(try bench.run(jobs: 1))
    #expect(first.deterministic == second.deterministic)
    #expect(first.deterministic.digest == second.deterministic.digest)
    #expect(first.deterministic.results.map(\.value).allSatisfy { $0 != nil })
    #expect(first.volatile.outcome == .done)
    #expect(second.volatile.nodes.allSatisfy { $0.state == .cached && $0.savedSeconds != nil })
  }

  @Test func theRecordOfAFailedRunSaysWhatAndWhy() throws {
    let bench = try diamond()
    bench.lab.fail(3)
    let manifest = bench.manifest(try bench.run())
    #expect(manifest.volatile.outcome == .failed)
    #expect(manifest.volatile.nodes[3].error == "error[notConverged]: stage 3 fails")
    #expect(manifest.volatile.nodes[4].reason == "mix 3 failed")
    #expect(manifest.deterministic.results.map(\.value) == [nil, Double(Mix.mixed(1, []))])
  }

  @Test func observersAreToldOfEveryEnd() throws {
    final class Listener: ProgressObserver {
      let ends = Mutex<[Int: [String]]>([:])
      let toRun = Mutex<[Int]>([])
      func started(_ outline: RunOutline) { toRun.withLock { $0 = outline.toRun.map(\.index) } }
      func started(_ node: Plan.Node) {}
      func ended(_ node: Plan.Node, _ outcome: NodeEnd) {
        let word =
          switch outcome {
          case .ran: "ran"
          case .failed: "failed"
          case .blocked(let cause): "blocked by \(cause.index)"
          default: "other"
          }
        ends.withLock { $0[node.id.index, default: []].append(word) }
      }
      func recovered(_ node: Plan.Node, _ error: Diagnostic) {}
      func ended() {}
    }
    var bench = try Bench()
    let top = try bench.mix()
    let failing = try bench.mix([top])
    let below = try bench.mix([failing])
    let last = try bench.weigh(below)
    let fine = try bench.weigh(top)
    bench.lab.fail(failing)
    let listener = Listener()
    let options = Scheduler.Options(jobs: 2, observer: listener)
    _ = try Scheduler(bench.plan, store: bench.store(), options: options).run()
    #expect(listener.toRun.withLock { $0 } == [top, failing, below, last, fine])
    let ends = listener.ends.withLock { $0 }
    #expect(ends[top] == ["ran"] && ends[fine] == ["ran"] && ends[failing] == ["failed"])
    #expect(ends[below] == ["blocked by \(failing)"] && ends[last] == ["blocked by \(failing)"])
  }

  @Test func observersAreToldOneAfterTheOther() throws {
    final class Listener: ProgressObserver {
      let state = Mutex((busy: false, overlaps: 0, events: [String]()))
      func note(_ event: String) {
        let isFree = state.withLock { state in
          defer { state.busy = true }
          state.events.append(event)
          return !state.busy
        }
        usleep(200)
        state.withLock { state in
          if !isFree { state.overlaps += 1 }
          state.busy = false
        }
      }
      func started(_ outline: RunOutline) { note("start \(outline.toRun.count)") }
      func started(_ node: Plan.Node) { note("node") }
      func ended(_ node: Plan.Node, _ outcome: NodeEnd) { note("ended") }
      func recovered(_ node: Plan.Node, _ error: Diagnostic) { note("recovered") }
      func ended() { note("end") }
    }
    var bench = try Bench()
    for _ in 0..<40 { try bench.weigh(bench.mix()) }
    let listener = Listener()
    let options = Scheduler.Options(jobs: 4, observer: listener)
    _ = try Scheduler(bench.plan, store: bench.store(), options: options).run()
    let (_, overlaps, events) = listener.state.withLock { $0 }
    #expect(overlaps == 0)
    #expect(events.first == "start 80" && events.last == "end" && events.count == 162)
  }
}
