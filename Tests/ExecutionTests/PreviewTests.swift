import Artifacts
import Diagnostics
import Execution
import RunRecords
import StageKit
import Store
import Testing

@testable import Planning

@Suite struct PreviewTests {
  /// A source, a stage below it, a measure.
  func chain(_ like: Bench? = nil, tuning: Double = 1, content: String = "old") throws -> Bench {
    var bench = try like ?? Bench()
    bench.plan.nodes = []
    bench.plan.measured = []
    try bench.mix(content: Digest(of: Array(content.utf8)))
    try bench.mix([0], tuning: tuning)
    try bench.weigh(1)
    return bench
  }

  @Test func withoutAnythingEarlierThereIsNoResultSoFar() throws {
    let bench = try chain()
    let preview = Preview(bench.plan, store: try bench.store(), earlier: nil)
    #expect(preview.hasWork)
    #expect(
      preview.text == """
        bench: 3 to run, 0 done
          mix × 2: no result so far
          weigh 2: no result so far
        """)
    #expect(
      Preview(bench.plan, store: nil, earlier: nil).text == """
        bench: 3 to run, 0 done
          mix × 2: no result so far
          weigh 2: no result so far
        """)
  }

  @Test func afterARunNothingIsLeftToDo() throws {
    let bench = try chain()
    let manifest = bench.manifest(try bench.run())
    let preview = Preview(bench.plan, store: try bench.store(), earlier: manifest)
    #expect(!preview.hasWork)
    #expect(preview.text == "bench: 0 to run, 3 done")
  }

  @Test func aChangedParameterIsNamedWithItsPlaceAndItsConsequence() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    let bench = try chain(old, tuning: 2.5)
    let preview = Preview(bench.plan, store: try bench.store(), earlier: manifest)
    #expect(
      lines(preview) == [
        "mix 1: tuning 1.0 → 2.5 (configs/bench.json:2)", "weigh 2: because mix changed",
      ])
    #expect(
      try preview.explanation(of: "mix 1") == """
        mix 1
          key       \(bench.plan.nodes[1].key)
          config    configs/bench.json:2
          state     runs: tuning 1.0 → 2.5 (configs/bench.json:2)
          stage     mix
          revision  1
          parameter lab = \(bench.lab.number)
          parameter number = 1
          parameter size = 0
          parameter tuning = 2.5
          input     a = out of mix 0
        """)
  }

  @Test func aChangedInputFileIsNamed() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    let bench = try chain(old, content: "new")
    #expect(
      lines(Preview(bench.plan, store: try bench.store(), earlier: manifest)) == [
        "mix 0: the content of its input changed", "mix 1: because mix changed",
        "weigh 2: because mix changed",
      ])
  }

  @Test func aRaisedRevisionIsNamed() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    var bench = try chain(old)
    let node = bench.plan.nodes[1]
    let components = KeyComponents(
      .init(stage: "mix", revision: 2, parameters: node.stage.keyParameters), seed: nil,
      inputs: [("a", bench.plan.nodes[0].key, "out")], content: nil)
    bench.plan.nodes[1] = Plan.Node(
      id: node.id, stage: node.stage, inputs: node.inputs, seed: nil, key: components.key,
      components: components, name: node.name, location: node.location)
    bench.plan.nodes.removeLast()
    bench.plan.measured = []
    try bench.weigh(1)
    #expect(
      lines(Preview(bench.plan, store: try bench.store(), earlier: manifest)) == [
        "mix 1: revision 1 → 2", "weigh 2: because mix changed",
      ])
  }

  @Test func anAddedAlternativeIsNew() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    var bench = try chain(old)
    try bench.mix([0], number: 77)
    try bench.weigh(3)
    #expect(
      lines(Preview(bench.plan, store: try bench.store(), earlier: manifest)) == [
        "mix 3: new in the plan", "weigh 4: because mix changed",
      ])
  }

  @Test func aResultThatTheStoreLostIsSaidToBeGone() throws {
    let bench = try chain()
    let store = try bench.store()
    let manifest = bench.manifest(try bench.run(jobs: 1, store))
    store.forget(bench.plan.nodes[2].key)
    let preview = Preview(bench.plan, store: store, earlier: manifest)
    #expect(lines(preview) == ["weigh 2: its stored result is gone"])
    #expect(preview.listing.hasSuffix("weigh 2  runs"))
    store.forget(bench.plan.nodes[0].key)
    #expect(
      Preview(bench.plan, store: store, earlier: manifest).json["nodes"]?.items?.map { $0["state"] } == [
        "not needed", "stored", "runs",
      ])
  }

  @Test func whatFailedTheLastTimeHasNoResultSoFar() throws {
    let bench = try chain()
    bench.lab.fail(1)
    let manifest = bench.manifest(try bench.run())
    #expect(
      lines(Preview(bench.plan, store: try bench.store(), earlier: manifest)) == [
        "mix 1: no result so far", "weigh 2: no result so far",
      ])
  }

  @Test func theTimeIsPredictedFromTheEarlierRun() throws {
    let old = try chain()
    var manifest = old.manifest(try old.run())
    for node in manifest.volatile.nodes.indices { manifest.volatile.nodes[node].seconds = 3 }
    let bench = try chain(old, tuning: 2)
    let preview = Preview(bench.plan, store: try bench.store(), earlier: manifest)
    #expect(preview.text.split(separator: "\n").first == "bench: 2 to run, 1 done, about 6.0 s of one core")
  }

  @Test func anUnknownNodeIsAnswered() throws {
    let bench = try chain()
    let preview = Preview(bench.plan, store: nil, earlier: nil)
    let error = #expect(throws: Diagnostic.self) { try preview.explanation(of: "weihg") }
    #expect(
      error?.description == """
        error[unknownName]: no node of the plan is named `weihg`
          stages: mix, weigh
          hint: did you mean `weigh`?
        """)
  }

  /// What would run, without the headline.
  private func lines(_ preview: Preview) -> [String] {
    preview.text.split(separator: "\n").dropFirst().map { String($0.dropFirst(2)) }
  }
}
