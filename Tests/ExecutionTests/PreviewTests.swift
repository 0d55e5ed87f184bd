import Artifacts
import Diagnostics
import Glibc
import RunRecords
import StageKit
import Store
import Testing

@testable import Execution
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
    let preview = self.preview(bench, try bench.store(), nil)
    #expect(preview.hasWork)
    #expect(
      preview.text == """
        bench: 3 to run, 0 done
          mix × 2: no earlier run of this config
          weigh 2: no earlier run of this config
        """)
    #expect(
      self.preview(bench, nil, nil).text == """
        bench: 3 to run, 0 done
          mix × 2: no earlier run of this config
          weigh 2: no earlier run of this config
        """)
  }

  @Test func afterARunNothingIsLeftToDo() throws {
    let bench = try chain()
    let manifest = bench.manifest(try bench.run())
    let preview = self.preview(bench, try bench.store(), manifest)
    #expect(!preview.hasWork)
    #expect(preview.text == "bench: 0 to run, 3 done")
  }

  @Test func aChangedParameterIsNamedWithItsPlaceAndItsConsequence() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    let bench = try chain(old, tuning: 2.5)
    let preview = self.preview(bench, try bench.store(), manifest)
    #expect(
      lines(preview) == [
        "mix 1: tuning 1.0 → 2.5 (configs/bench.json:2)",
        "weigh 2: because mix changed",
      ])
    #expect(
      Explanation(try preview.nodes(named: "mix 1"), in: preview).text == """
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

  @Test func aResultThatTheStoreLostIsSaidToBeGone() throws {
    let bench = try chain()
    let store = try bench.store()
    let manifest = bench.manifest(try bench.run(jobs: 1, store))
    store.forget(bench.plan.nodes[2].key)
    let preview = self.preview(bench, store, manifest)
    #expect(lines(preview) == ["weigh 2: its stored result is gone"])
    #expect(preview.listing.hasSuffix("weigh 2  runs"))
    store.forget(bench.plan.nodes[0].key)
    #expect(
      self.preview(bench, store, manifest).json["nodes"]?.items?.map { $0["state"] } == [
        "not needed", "stored", "runs",
      ])
  }

  @Test func theTimeIsPredictedFromTheEarlierRun() throws {
    let old = try chain()
    var manifest = old.manifest(try old.run())
    for node in manifest.volatile.nodes.indices { manifest.volatile.nodes[node].seconds = 3 }
    let bench = try chain(old, tuning: 2)
    let preview = self.preview(bench, try bench.store(), manifest)
    #expect(preview.text.split(separator: "\n").first == "bench: 2 to run, 1 done, about 6.0 s of one core")
  }

  @Test func forecastsAreShownByGroup() throws {
    let bench = try chain()
    let preview = Preview(bench.plan, store: nil, earlier: nil) { nodes in
      Dictionary(uniqueKeysWithValues: nodes.map { ($0, .init(seconds: 2, isKept: $0.index != 1)) })
    }
    #expect(
      preview.text == """
        bench: 3 to run, 0 done, about 6.0 s of one core
          mix × 2: no earlier run of this config · 4.0 s · 1 kept
          weigh 2: no earlier run of this config · 2.0 s
        """)
    let nodes = preview.json["nodes"]?.items ?? []
    #expect(nodes.map { $0["kept"] } == [true, false, true])
    #expect(nodes.map { $0["predictedSeconds"]?.number } == [2, 2, 2])
  }

  @Test func aFitForSeveralValuesIsSaidOnce() throws {
    var bench = try chain()
    bench.plan.nodes[1].fitsFor = [2, 8, 32]
    #expect(
      lines(preview(bench, nil, nil))[1]
        == "mix 1: no earlier run of this config · fits once for 2, 8, 32")
  }

  @Test func manyReasonsAreCutShort() throws {
    var bench = try Bench()
    for index in 0..<50 { try bench.mix(measured: true); bench.plan.nodes[index].fitsFor = [Double(index)] }
    let lines = lines(preview(bench, nil, nil))
    #expect(lines.count == 41)
    #expect(lines.last == "and 10 more for 10 other reasons: --json lists them")
  }

  @Test func theJSONHasTheReasonInParts() throws {
    let old = try chain()
    let manifest = old.manifest(try old.run())
    let bench = try chain(old, tuning: 2.5)
    let change: JSON = .object([
      "kind": "parameter", "path": "tuning", "old": .number(1), "new": .number(2.5),
      "place": "configs/bench.json:2",
    ])
    let nodes = preview(bench, try bench.store(), manifest).json["nodes"]?.items ?? []
    #expect(nodes[0]["reason"] == .null)
    #expect(
      nodes[1]["reason"]
        == .object([
          "code": "parameters", "text": "tuning 1.0 → 2.5 (configs/bench.json:2)", "changes": [change],
          "causes": [],
        ]))
    #expect(
      nodes[2]["reason"]
        == .object([
          "code": "above", "text": "because mix changed: tuning 1.0 → 2.5 (configs/bench.json:2)",
          "changes": [], "causes": [.object(["node": 1, "stage": "mix", "changes": [change]])],
        ]))
  }

  @Test func theEarlierRunIsNotReadWhereNothingWouldRun() throws {
    let bench = try chain()
    try bench.run()
    func earlier() -> Manifest? {
      Issue.record("the earlier run was read")
      return nil
    }
    #expect(!Preview(bench.plan, store: try bench.store(), earlier: earlier()).hasWork)
  }

  @Test func anUnknownNodeIsAnswered() throws {
    let bench = try chain()
    let preview = self.preview(bench, nil, nil)
    let error = #expect(throws: Diagnostic.self) { try preview.nodes(named: "weihg") }
    #expect(
      error?.description == """
        error[unknownName]: no node of the plan is named `weihg`
          stages: mix, weigh
          hint: did you mean `weigh`?
        """)
  }

  @Test func theHistoryOfTheStoreForetellsTimesAndWhatIsKept() throws {
    let old = try chain()
    old.lab.on(1) { (_) throws(StageError) in usleep(20_000) }
    try old.run()
    let bench = try chain(old, tuning: 2)
    let nodes = Preview(bench.plan, store: try bench.store(), earlier: nil).json["nodes"]?.items ?? []
    #expect(nodes.map { $0["state"] } == ["stored", "runs", "runs"])
    #expect(nodes[0]["predictedSeconds"] == .null)
    #expect(try #require(nodes[1]["predictedSeconds"]?.number) > 0.01)
    #expect(nodes[1]["kept"] == true)
  }

  /// A preview that knows nothing but the earlier run.
  private func preview(_ bench: Bench, _ store: Store?, _ earlier: Manifest?) -> Preview {
    Preview(bench.plan, store: store, earlier: earlier) { _ in [:] }
  }

  /// What would run, without the headline.
  private func lines(_ preview: Preview) -> [String] {
    preview.text.split(separator: "\n").dropFirst().map { String($0.dropFirst(2)) }
  }
}
