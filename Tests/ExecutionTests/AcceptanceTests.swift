import Artifacts
import Diagnostics
import Execution
import RunRecords
import StageKit
import Store
import Testing

@testable import Planning

@Suite struct AcceptanceTests {
  /// A source, some mixers on it, and a measure of each.
  func bench(
    _ like: Bench? = nil, _ mixer: any Stage.Type = Mix.self, tuning: Double = 1, content: JSON = "water",
    mixers: Int = 2
  ) throws -> Bench {
    var bench = try (like ?? Bench()).again()
    try bench.place(Well.self, ["content": content])
    for index in 1...mixers {
      try bench.place(
        mixer, ["number": .integer(index), "tuning": .number(tuning)], on: [0], name: "mix · seed \(index)")
    }
    for index in 1...mixers { try bench.place(Weigh.self, on: [index], name: "weigh · seed \(index)") }
    return bench
  }

  private func refusal(_ bench: Bench, _ earlier: Manifest?, _ wanted: String) throws -> String? {
    let preview = try bench.preview(earlier)
    let store = try bench.store()
    return #expect(throws: Diagnostics.self) {
      try Acceptance(of: wanted, in: preview, earlier: earlier, store: store)
    }?
    .description
  }

  @Test func allReplicatesOfAStageKeepTheirResultsAndNothingBelowRuns() throws {
    let old = try bench()
    let manifest = old.manifest(try old.run())
    let new = try bench(old, MendedMix.self)
    let store = try new.store()
    let acceptance = try Acceptance(of: "mix", in: try new.preview(manifest), earlier: manifest, store: store)
    #expect(
      acceptance.text == """
        2 results of mix: revision 1 → 2
          mix · seed 1
          mix · seed 2
        """)
    #expect(acceptance.refusals == [])
    // Finding out changes nothing.
    #expect(store.entry(for: new.plan.nodes[1].key) == nil)
    try acceptance.apply()
    #expect(store.entry(for: new.plan.nodes[1].key)?.link?.target == old.plan.nodes[1].key)
    #expect(!(try new.preview(manifest).hasWork))
    old.lab.forgetRuns()
    let report = try new.run(jobs: 2, store)
    #expect(old.lab.runs == [:])
    #expect(report.digests == (try old.run(jobs: 2, store)).digests)
    let reasons = RunReasons(before: nil, earlier: { nil }, tell: { _ in })
    reasons.started(RunOutline(plan: new.plan, toRun: [], predictedSeconds: [], jobs: 1))
    let record = ManifestBuilder(new.plan, report, reason: { reasons.reason(of: $0, $1, in: store) })
      .volatile(
        run: "run", started: .now(), seconds: 0, commandLine: [], versions: Versions(tool: "1", swift: "6"))
    #expect(
      record.nodes.map(\.reason) == [
        nil, "accepted: revision 1 → 2", "accepted: revision 1 → 2",
        "the earlier result of mix was accepted", "the earlier result of mix was accepted",
      ])
    #expect(record.nodes.map(\.state) == [.cached, .cached, .cached, .cutOff, .cutOff])
  }

  @Test func itNeedsNoRecordOfTheRun() throws {
    let old = try bench()
    try old.run()
    let new = try bench(old, MendedMix.self)
    #expect(
      try Acceptance(of: "mix · seed 1", in: try new.preview(nil), earlier: nil, store: try new.store())
        .accepted.count == 1
    )
  }

  @Test func stagesInARowAreAcceptedTogether() throws {
    func row(_ like: Bench, _ mixer: any Stage.Type) throws -> Bench {
      var bench = try like.again()
      try bench.place(mixer, ["number": 1])
      try bench.place(mixer, ["number": 2], on: [0])
      try bench.place(Weigh.self, on: [1])
      return bench
    }
    let old = try row(Bench(), Mix.self)
    let manifest = old.manifest(try old.run())
    let new = try row(old, MendedMix.self)
    let store = try new.store()
    // The second alone would keep a result of something else.
    #expect(
      try refusal(new, manifest, "mix 1") == """
        error[badUsage]: more than the revision of `mix` has changed
          node:    mix 1
          changed: mix changed: revision 1 → 2
          hint: accept what changed above it first, if its results mean the same
        """)
    let acceptance = try Acceptance(of: "mix", in: try new.preview(manifest), earlier: manifest, store: store)
    #expect(acceptance.accepted.map(\.target) == old.plan.nodes.prefix(2).map(\.key))
    try acceptance.apply()
    old.lab.forgetRuns()
    try new.run(jobs: 1, store)
    #expect(old.lab.runs == [:])
  }

  @Test func moreThanTheRevisionIsRefusedAndListed() throws {
    let old = try bench()
    let manifest = old.manifest(try old.run())
    #expect(
      try refusal(try bench(old, MendedMix.self, tuning: 2), manifest, "mix") == """
        error[badUsage]: more than the revision of `mix` has changed
          node:    mix · seed 1
          changed: tuning 1.0 → 2.0 (configs/bench.json:2)

        error[badUsage]: more than the revision of `mix` has changed
          node:    mix · seed 2
          changed: tuning 1.0 → 2.0 (configs/bench.json:3)
        """)
  }

  @Test func whatIsNotThereOrNotChangedIsRefused() throws {
    let old = try bench()
    let manifest = old.manifest(try old.run())
    #expect(
      try refusal(old, manifest, "mix") == """
        error[badUsage]: there is nothing to accept of `mix`
          nodes: 2, of which none has changed without a result
        """)
    // Nor what did not change and was not kept.
    let store = try old.store()
    store.forget(old.plan.nodes[1].key)
    #expect(
      try refusal(old, manifest, "mix") == """
        error[badUsage]: there is nothing to accept of `mix`
          nodes: 2, of which none has changed without a result
        """)
    #expect(
      try refusal(old, manifest, "stir") == """
        error[unknownName]: no node of the plan is named `stir`
          stages: mix, weigh, well
        """)
    let more = try bench(old, mixers: 3)
    #expect(
      try refusal(more, manifest, "weigh") == """
        error[badUsage]: `weigh` has no earlier result to accept
          node:        weigh · seed 3
          why it runs: new in the plan: seed 3
        """)
    #expect(
      try refusal(try bench(old, MendedMix.self), manifest, "weigh") == """
        error[badUsage]: more than the revision of `weigh` has changed
          node:    weigh · seed 1
          changed: mix changed: revision 1 → 2
          hint: accept what changed above it first, if its results mean the same
        """)
  }

  @Test func aResultThatIsGoneOrWasNotKeptIsRefused() throws {
    let old = try bench()
    var manifest = old.manifest(try old.run())
    let store = try old.store()
    store.forget(old.plan.nodes[1].key)
    store.forget(old.plan.nodes[2].key)
    manifest.volatile.nodes[2].outputs = []
    #expect(
      try refusal(try bench(old, MendedMix.self), manifest, "mix") == """
        error[badUsage]: the earlier result of `mix` is not in the store
          node:           mix · seed 1
          changed:        revision 1 → 2
          earlier result: gone
          hint: run the config: what gives the same bytes as before is not computed again below it

        error[badUsage]: the earlier result of `mix` is not in the store
          node:           mix · seed 2
          changed:        revision 1 → 2
          earlier result: not kept, as computing it again is cheaper
          hint: run the config: what gives the same bytes as before is not computed again below it
        """)
  }

  @Test func whatCanBeAcceptedIsThoughOthersCannot() throws {
    let old = try bench()
    let manifest = old.manifest(try old.run())
    try old.store().forget(old.plan.nodes[1].key)
    let new = try bench(old, MendedMix.self)
    let acceptance = try Acceptance(
      of: "mix", in: try new.preview(manifest), earlier: manifest, store: try new.store())
    #expect(acceptance.accepted.map(\.node.name) == ["mix · seed 2"])
    #expect(acceptance.refusals.count == 1)
  }
}
