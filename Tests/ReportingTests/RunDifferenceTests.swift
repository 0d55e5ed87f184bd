import Artifacts
import Diagnostics
import Testing

@testable import Reporting
@testable import RunRecords

@Suite struct RunDifferenceTests {
  private let pca = Sample.choice("reduce", "pca")
  private let nearest = Sample.choice("probe", "nearest-neighbors", ["k": "3"])

  private func key(_ text: String) -> Key { Key(Digest(of: Array(text.utf8))) }

  private func manifest(
    _ run: String, config: JSON = .object([]), origins: [DeterministicRecord.Origin] = [],
    nodes: [NodeRecord] = [], results: [MeasuredValue] = [], digest: String = "content"
  ) -> Manifest {
    let record = DeterministicRecord(
      name: "a", pipeline: "p", config: config, origins: origins,
      inputs: [.init(file: "a.h5", parts: ["x"], digest: Digest(of: Array(digest.utf8)))], nodes: nodes,
      results: results, metrics: Sample.metrics)
    return Manifest(
      deterministic: record,
      volatile: VolatileRecord(
        run: run, started: Timestamp(milliseconds: 0), ended: Timestamp(milliseconds: 0), seconds: 0,
        host: "h", cores: 1, commandLine: [], versions: Versions(tool: "0", swift: "6"), peakMemory: 0,
        outcome: .done, nodes: []))
  }

  private func changes(_ old: [MeasuredValue], _ new: [MeasuredValue]) -> [MetricChange] {
    RunDifference(manifest("old", results: old), manifest("new", results: new)).metrics
  }

  // MARK: Numbers

  @Test func equalReplicatesArePaired() throws {
    // By hand: the differences 0.02, 0.01, 0.03 have mean 0.02 and deviation 0.01, so t = 0.02 √3 / 0.01 = 3.4641 with
    // 2 degrees of freedom, and p = 0.0742 (R: t.test(c(.02, .01, .03))).
    let old = Sample.results([pca], "accuracy", [0.50, 0.60, 0.70])
    let new = Sample.results([pca], "accuracy", [0.52, 0.61, 0.73])
    let change = try #require(changes(old, new).first)
    guard case .paired(let count, let p) = change.test else { throw RunDifferenceFault.test }
    #expect(count == 3)
    #expect(abs(p - 0.0742) < 1e-4)
    #expect(change.exceedsSpread == false)
    #expect(change.verdict == "within the spread")
    let clearer = try #require(changes(old, Sample.results([pca], "accuracy", [0.52, 0.61, 0.715])).first)
    #expect(clearer.exceedsSpread == true)
    #expect(clearer.verdict == "better")
  }

  @Test func otherReplicatesAreHeldAgainstThePooledDeviation() throws {
    let old = Sample.results([pca], "error", [0.50, 0.60, 0.70])
    let new = Sample.results([pca], "error", [0.80, 0.90])
    let change = try #require(changes(old, new).first)
    // (0.02 + 0.005) / 3 is the pooled variance.
    guard case .pooled(let deviation) = change.test else { throw RunDifferenceFault.test }
    #expect(abs(deviation - (0.025 / 3).squareRoot()) < 1e-12)
    #expect(change.exceedsSpread == true)
    #expect(change.verdict == "worse")
    let near = try #require(changes(old, Sample.results([pca], "error", [0.61, 0.63])).first)
    #expect(near.verdict == "within the spread")
  }

  @Test func singleValuesHaveNoSpread() throws {
    let old = Sample.results([pca], "clusters", [3], seeded: false)
    #expect(try #require(changes(old, old).first).verdict == "same")
    let change = try #require(changes(old, Sample.results([pca], "clusters", [4], seeded: false)).first)
    #expect(change.test == .single)
    #expect(change.exceedsSpread == nil)
    #expect(change.verdict == "changed")
  }

  @Test func cellsAreMatchedByWhatVaries() {
    // The probe and its swept value are the same throughout each run, and differ between the runs.
    let old = Sample.reductions.flatMap { Sample.results([$0, nearest], "accuracy", [0.5, 0.6]) }
    let other = Sample.choice("probe", "logistic")
    let new = Sample.reductions.dropLast().flatMap { Sample.results([$0, other], "accuracy", [0.6, 0.8]) }
    let difference = RunDifference(manifest("old", results: old), manifest("new", results: new))
    #expect(difference.metrics.map(\.cell) == ["pca · components 2", "pca · components 32"])
    #expect(difference.onlyOld == ["kernel-pca · rbf gamma 0.005 · components 2 · accuracy"])
    #expect(difference.onlyNew == [])
  }

  @Test func aParameterThatOneRunSweepsCountsWithItsValueInTheOther() {
    let config: JSON = .object(["probe": .array([.object(["nearest-neighbors": .object(["k": 3])])])])
    let old = Sample.results([Sample.choice("probe", "nearest-neighbors")], "accuracy", [0.5, 0.6])
    let new = ["3", "5"].flatMap { k in
      Sample.results([Sample.choice("probe", "nearest-neighbors", ["k": k])], "accuracy", [0.5, 0.7])
    }
    let difference = RunDifference(
      manifest("old", config: config, results: old), manifest("new", results: new))
    #expect(difference.metrics.map(\.cell) == ["nearest-neighbors · k 3"])
    #expect(difference.onlyNew == ["nearest-neighbors · k 5 · accuracy"])
  }

  @Test func theBiggestChangeBeyondTheSpreadComesFirst() {
    let old = Sample.reductions.flatMap { Sample.results([$0], "accuracy", [0.50, 0.51, 0.52]) }
    let values = [[0.51, 0.52, 0.531], [0.9, 0.2, 0.6], [0.70, 0.71, 0.721]]
    let new = zip(Sample.reductions, values).flatMap { Sample.results([$0], "accuracy", $1) }
    let cells = changes(old, new).map(\.cell)
    #expect(
      cells == ["kernel-pca · rbf gamma 0.005 · components 2", "pca · components 2", "pca · components 32"])
  }

  // MARK: Config and nodes

  @Test func configsAreComparedValueByValue() {
    let old: JSON = .object([
      "seeds": 2, "tables": .object(["main": .object(["rows": ["reduce"]])]),
      "reduce": .array([
        .object(["pca": .object(["components": 2])]), .object(["pca": .object(["components": 8])]),
      ]),
      "cluster": .array([.object(["k-means": .object(["clusters": 10])])]),
    ])
    let new: JSON = .object([
      "seeds": 3, "tables": .object(["main": .object(["rows": ["reduce", "probe"]])]),
      "reduce": .array([
        .object(["pca": .object(["components": 2])]), .object(["pca": .object(["components": 4])]),
        .object(["pca": .object(["components": 8])]),
        .object(["kernel-pca": .object(["kernel": .object(["rbf": .object(["gamma": .number(0.5)])])])]),
      ]),
      "cluster": .array([.object(["gmm": .object(["clusters": 10])])]),
    ])
    let origins = [
      DeterministicRecord.Origin(path: "seeds", origin: "a.json:2"),
      DeterministicRecord.Origin(path: "reduce.0.pca.components.each", origin: "a.json:4"),
    ]
    let difference = RunDifference(
      manifest("old", config: old), manifest("new", config: new, origins: origins))
    let lines = difference.config.map { change in
      "\(change.path): \(change.old ?? "none") (\(change.oldOrigin ?? "")) → "
        + "\(change.new ?? "none") (\(change.newOrigin ?? ""))"
    }
    #expect(
      lines == [
        "seeds: 2 (default) → 3 (a.json:2)",
        #"tables.main.rows: ["reduce"] (default) → ["reduce","probe"] (default)"#,
        "reduce: none () → kernel-pca (a.json:4)",
        "reduce.pca.components: 2, 8 (default) → 2, 4, 8 (a.json:4)",
        "cluster: k-means (default) → gmm (default)",
      ])
  }

  @Test func changedNodesNameTheirCauses() {
    func nodes(components: Int, k: Int, revision: Int = 1, seed: Int? = nil) -> [NodeRecord] {
      let base = "\(components)"
      return [
        NodeRecord(
          id: 0, name: "load", stage: "load-hdf5", revision: 1, parameters: .object(["file": "a.h5"]),
          key: key("load")),
        NodeRecord(
          id: 1, name: "pca", stage: "pca", revision: 1,
          parameters: .object(["components": .integer(components)]), seed: seed,
          key: key("pca \(base)\(seed ?? 0)"),
          inputs: [.init(port: "features", node: 0, output: "features")]),
        NodeRecord(
          id: 2, name: "nearest", stage: "nearest", revision: revision,
          parameters: .object(["k": .integer(k)]), key: key("nearest \(base) \(k) \(revision)\(seed ?? 0)"),
          inputs: [.init(port: "features", node: 1, output: "embedding")]),
        NodeRecord(
          id: 3, name: "accuracy", stage: "accuracy", revision: 1, parameters: .object([]),
          key: key("accuracy \(base) \(k) \(revision)\(seed ?? 0)"),
          inputs: [.init(port: "predictions", node: 2, output: "predictions")],
          outputs: [.init(port: "measurement", kind: "measurement", digest: Digest(of: [1]), bytes: 8)]),
      ]
    }
    func reasons(_ new: [NodeRecord]) -> [String] {
      RunDifference(manifest("old", nodes: nodes(components: 2, k: 3)), manifest("new", nodes: new)).nodes
        .map { "\($0.stage): \($0.reason ?? $0.kind.rawValue)" }
    }
    #expect(
      reasons(nodes(components: 4, k: 3)) == [
        "pca: components 2 → 4", "nearest: because pca changed", "accuracy: because pca changed",
      ])
    #expect(
      reasons(nodes(components: 2, k: 5, revision: 2)) == [
        "nearest: revision 1 → 2, k 3 → 5", "accuracy: because nearest changed",
      ])
    #expect(
      reasons(nodes(components: 2, k: 3, seed: 7)) == [
        "pca: another seed", "nearest: because pca changed", "accuracy: because pca changed",
      ])
    var bytes = nodes(components: 2, k: 3)
    bytes[3].outputs[0].digest = Digest(of: [2])
    #expect(reasons(bytes) == ["accuracy: the same key, other bytes"])
    #expect(
      reasons(Array(nodes(components: 2, k: 3).prefix(2))) == ["nearest: removed", "accuracy: removed"])
  }
}

private enum RunDifferenceFault: Error { case test }
