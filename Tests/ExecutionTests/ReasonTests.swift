import Artifacts
import Diagnostics
import Foundation
import RunRecords
import StageKit
import Store
import Testing

@testable import Execution
@testable import Planning

/// One test for each reason, in the order in which they are tried.
@Suite struct ReasonTests {
  /// A source, a mixer, a measure.
  func chain(
    _ like: Bench? = nil, _ mixer: any Stage.Type = Mix.self, well: KeyValuePairs<String, JSON> = [:],
    mix: KeyValuePairs<String, JSON> = [:], seed: UInt64? = nil, config: String = "{}"
  ) throws -> Bench {
    var bench = try (like ?? Bench()).again(config: config)
    try bench.place(Well.self, well)
    try bench.place(mixer, mix, on: [0], seed: seed)
    try bench.place(Weigh.self, on: [1])
    return bench
  }

  /// The reasons and texts of all nodes, as lines.
  func lines(_ bench: Bench, _ earlier: Manifest?) -> [String] {
    bench.answers(earlier).map { "\($0.reason.rawValue): \($0.text)" }
  }

  @Test func thePageListsTheseReasonsInThisOrder() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(
      contentsOf: root.appendingPathComponent("Sources/pipe/pipe.docc/Reasons.md"), encoding: .utf8)
    let listed = page.split(separator: "\n").filter { $0.first?.isNumber == true && $0.contains("**") }
    #expect(
      listed.map { String($0.prefix { $0 != ":" }) }
        == Reason.allCases.enumerated().map { "\($0 + 1). **\($1.rawValue)**" })
  }

  @Test func firstRun() throws {
    let bench = try chain()
    #expect(lines(bench, nil) == Array(repeating: "first-run: no earlier run of this config", count: 3))
  }

  @Test func failed() throws {
    let bench = try chain(mix: ["number": 1])
    bench.lab.fail(1)
    #expect(
      lines(bench, bench.manifest(try bench.run()))[1]
        == "failed: it failed in the latest run: error[notConverged]: stage 1 fails")
  }

  @Test func blocked() throws {
    let bench = try chain(mix: ["number": 1])
    bench.lab.fail(1)
    #expect(
      lines(bench, bench.manifest(try bench.run()))[2] == "blocked: a node above it failed in the latest run")
  }

  @Test func interrupted() throws {
    let bench = try chain()
    let interruption = Interruption()
    interruption.request()
    #expect(
      lines(bench, bench.manifest(try bench.run(jobs: 1, nil, interruption)))[1]
        == "interrupted: the latest run was stopped before it")
  }

  @Test func gone() throws {
    let bench = try chain()
    let store = try bench.store()
    let manifest = bench.manifest(try bench.run(jobs: 1, store))
    store.forget(bench.plan.nodes[2].key)
    #expect(lines(bench, manifest)[2] == "gone: its stored result is gone")
  }

  @Test func notKept() throws {
    let bench = try chain()
    let store = try bench.store()
    var manifest = bench.manifest(try bench.run(jobs: 1, store))
    for index in 0...1 {
      manifest.volatile.nodes[index].outputs = []
      store.forget(bench.plan.nodes[index].key)
    }
    store.forget(bench.plan.nodes[2].key)
    #expect(
      lines(bench, manifest) == [
        "not-kept: not kept, as computing it again is cheaper; mix needs it",
        "not-kept: not kept, as computing it again is cheaper; weigh needs it",
        "gone: its stored result is gone",
      ])
  }

  @Test func revision() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    #expect(
      lines(try chain(old, MendedMix.self), manifest).dropFirst() == [
        "revision: revision 1 → 2", "above: because mix changed: revision 1 → 2",
      ])
  }

  @Test func content() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    let digests = ["water", "wine"].map { Digest(of: Array($0.utf8)).short }
    let change = "content of well.h5 \(digests[0]) → \(digests[1])"
    #expect(
      lines(try chain(old, well: ["content": "wine"]), manifest) == [
        "content: \(change)", "above: because well changed: \(change)",
        "above: because well changed: \(change)",
      ])
    // A file of another name with the same content is the same.
    #expect(try chain(old, well: ["file": "other.h5"]).plan.nodes.map(\.key) == old.plan.nodes.map(\.key))
    let moved = try chain(old, well: ["file": "other.h5", "content": "wine"])
    #expect(lines(moved, manifest)[0] == "content: content of other.h5 \(digests[0]) → \(digests[1])")
  }

  @Test func parameters() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    let bench = try chain(old, mix: ["tuning": .number(2.5), "size": 3])
    #expect(
      lines(bench, manifest)[1]
        == "parameters: size 0 → 3 (configs/bench.json:2), tuning 1.0 → 2.5 (configs/bench.json:2)")
    #expect(
      bench.answers(manifest)[2].causes.map(\.changes) == [
        [
          Change(.parameter, "size", old: 0, new: 3, place: "configs/bench.json:2"),
          Change(.parameter, "tuning", old: .number(1), new: .number(2.5), place: "configs/bench.json:2"),
        ]
      ])
  }

  @Test func seed() throws {
    let old = try chain(seed: 5)
    let manifest = old.manifest(try old.run())
    let bench = try chain(old, seed: 7, config: "{\n  \"seed\": 3\n}")
    #expect(
      lines(bench, manifest).dropFirst() == [
        "seed: the run's seed 0 → 3 (configs/bench.json:2)",
        "above: because mix changed: the run's seed 0 → 3 (configs/bench.json:2)",
      ])
    // Where something above changed, the seed follows from that.
    let other = try chain(old, well: ["content": "wine"], seed: 7)
    #expect(other.answers(manifest)[1].reason == .above)
  }

  @Test func rewired() throws {
    var old = try Bench()
    try old.place(Well.self)
    try old.place(Mix.self, on: [0])
    try old.place(Mix.self, ["number": 9], on: [1], name: "end")
    try old.place(Weigh.self, on: [2])
    let manifest = old.manifest(try old.run())
    var bench = try old.again()
    try bench.place(Well.self)
    try bench.place(Stir.self, on: [0])
    try bench.place(Mix.self, ["number": 9], on: [1, 0], name: "end")
    try bench.place(Weigh.self, on: [2])
    #expect(
      lines(bench, manifest).dropFirst() == [
        "new: new in the plan: stir 1", "rewired: a from stir instead of mix, b from well instead of none",
        "above: because mix changed: a from stir instead of mix, b from well instead of none",
      ])
  }

  @Test func above() throws {
    var old = try Bench()
    try old.place(Well.self)
    try old.place(Mix.self, ["number": 1], on: [0])
    try old.place(Mix.self, ["number": 2], on: [0, 1])
    try old.place(Mix.self, ["number": 3], on: [2, 1])
    let manifest = old.manifest(try old.run())
    var bench = try old.again()
    try bench.place(Well.self)
    try bench.place(MendedMix.self, ["number": 1], on: [0])
    try bench.place(Mix.self, ["number": 2, "tuning": .number(4)], on: [0, 1])
    try bench.place(Mix.self, ["number": 3], on: [2, 1])
    #expect(
      lines(bench, manifest).dropFirst() == [
        "revision: revision 1 → 2",
        "parameters: tuning 1.0 → 4.0 (configs/bench.json:3); because mix changed: revision 1 → 2",
        "above: because mix changed: tuning 1.0 → 4.0 (configs/bench.json:3); mix changed: revision 1 → 2",
      ])
    #expect(bench.answers(manifest)[3].causes.map(\.node.index) == [2, 1])
  }

  @Test func keys() throws {
    let old = try chain()
    var manifest = old.manifest(try old.run())
    for index in manifest.deterministic.nodes.indices {
      manifest.deterministic.nodes[index].key = Key(Digest(of: [UInt8(index)]))
    }
    #expect(
      lines(old, manifest) == [
        "keys: this version makes keys in another way", "above: because well has another key",
        "above: because well has another key",
      ])
  }

  @Test func new() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    var bench = try chain(old)
    try bench.place(Mix.self, ["number": 77], on: [0], name: "mix, number 77 · seed 1")
    try bench.place(Weigh.self, on: [3], name: "weigh 2 · mix, number 77 · seed 1")
    #expect(
      lines(bench, manifest).suffix(2) == [
        "new: new in the plan: mix, number 77 · seed 1", "new: new in the plan: mix, number 77 · seed 1",
      ])
  }
}
