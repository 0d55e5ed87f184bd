import Artifacts
import Diagnostics
import Execution
import RunRecords
import StageKit
import Store
import Synchronization
import Testing

@testable import Planning

@Suite struct RunReasonsTests {
  /// What is told before a run, and the reasons that its record holds.
  private func run(_ bench: Bench, _ earlier: Manifest?) throws -> (told: [String], record: Manifest) {
    let told = Told()
    let reasons = RunReasons(before: told, earlier: { earlier }, tell: { told.lines.append($0) })
    let store = try bench.store()
    let report = try bench.run(jobs: 1, store) { options in
      options.observer = reasons
      options.keepsEverything = true
    }
    let builder = ManifestBuilder(bench.plan, report) { reasons.reason(of: $0, $1, in: store) }
    let record = Manifest(
      deterministic: builder.deterministic,
      volatile: builder.volatile(
        run: "run", started: .now(), seconds: 0, commandLine: [], versions: Versions(tool: "1", swift: "6")))
    // Everything is passed on, after the reasons are told.
    #expect(
      told.lines.all
        == (record.volatile.count(.ran) > 0 ? ["reasons", "started", "ended"] : ["started", "ended"]))
    return (told.lines.told, record)
  }

  private func chain(_ like: Bench? = nil, tuning: [Double] = [1], number: Int = 0) throws -> Bench {
    var bench = try (like ?? Bench()).again()
    try bench.place(Well.self)
    for (index, tuning) in tuning.enumerated() {
      try bench.place(
        Mix.self, ["number": .integer(number), "tuning": .number(tuning)], on: [0],
        name: "mix · seed \(index)")
    }
    for index in tuning.indices {
      try bench.place(Weigh.self, on: [index + 1], name: "weigh · seed \(index)")
    }
    return bench
  }

  @Test func oneReasonIsToldInALineAndRecordedForEachNode() throws {
    let old = try chain()
    let (told, first) = try run(old, nil)
    #expect(told == ["3 to run: no earlier run of this config"])
    #expect(
      first.volatile.nodes.map(\.reason) == Array(repeating: "no earlier run of this config", count: 3))
    // Another bench: results of the same bytes would be found again.
    let (again, second) = try run(try chain(old, tuning: [2], number: 1), first)
    let change = "number 0 → 1 (configs/bench.json:2), tuning 1.0 → 2.0 (configs/bench.json:2)"
    #expect(again == ["2 to run: mix changed: \(change)"])
    #expect(second.volatile.nodes.map(\.reason) == [nil, change, "because mix changed: \(change)"])
    let (nothing, third) = try run(try chain(old, tuning: [2], number: 1), second)
    #expect(nothing == [])
    #expect(third.volatile.nodes.map(\.reason) == [nil, nil, nil])
  }

  @Test func severalReasonsAreToldWithTheirShares() throws {
    let old = try chain(tuning: [1, 1.5])
    let (_, first) = try run(old, nil)
    let new = try chain(old, tuning: [2, 1.5, 4, 5, 6], number: 0)
    let toRun = new.plan.nodes.map(\.id).filter { ![0, 2, 7].contains($0.index) }
    #expect(
      Reasons(new.plan, toRun: toRun, earlier: first).summary(of: toRun) == [
        "8 to run", "  2: mix changed: tuning 1.0 → 2.0 (configs/bench.json:2)",
        "  2: new in the plan: seed 2",
        "  2: new in the plan: seed 3", "  and 2 for 1 other reason",
      ])
  }

  @Test func whatFailedHasItsReasonToo() throws {
    let bench = try chain(number: 1)
    bench.lab.fail(1)
    let (_, record) = try run(bench, nil)
    #expect(
      record.volatile.nodes.map(\.reason) == [
        "no earlier run of this config", "no earlier run of this config", "mix · seed 0 failed",
      ])
  }
}

/// Remembers the order in which things are told.
private final class Told: ProgressObserver {
  final class Lines: Sendable {
    private let state = Mutex<(told: [String], all: [String])>(([], []))
    var told: [String] { state.withLock { $0.told } }
    var all: [String] { state.withLock { $0.all } }
    func append(_ lines: [String]) { state.withLock { $0 = ($0.told + lines, $0.all + ["reasons"]) } }
    func append(_ event: String) { state.withLock { $0.all.append(event) } }
  }

  let lines = Lines()

  func started(_ outline: RunOutline) { lines.append("started") }
  func started(_ node: Plan.Node) {}
  func ended(_ node: Plan.Node, _ outcome: NodeEnd) {}
  func recovered(_ node: Plan.Node, _ error: Diagnostic) {}
  func ended() { lines.append("ended") }
}
