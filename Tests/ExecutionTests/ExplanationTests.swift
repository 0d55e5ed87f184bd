import Artifacts
import Diagnostics
import Execution
import RunRecords
import StageKit
import Store
import Testing

@testable import Planning

@Suite struct ExplanationTests {
  /// A source, two mixers in a row, one that takes both, a measure.
  func bench(_ like: Bench? = nil, _ first: any Stage.Type = Mix.self, content: JSON = "water") throws
    -> Bench
  {
    var bench = try (like ?? Bench()).again()
    try bench.place(Well.self, ["content": content])
    try bench.place(first, ["number": 1], on: [0])
    try bench.place(Mix.self, ["number": 2], on: [1])
    try bench.place(Mix.self, ["number": 3], on: [1, 2])
    try bench.place(Weigh.self, on: [3])
    return bench
  }

  private func causes(_ bench: Bench, _ earlier: Manifest?, of node: String, depth: Int = .max) throws
    -> [String]
  {
    let preview = try bench.preview(earlier)
    let text = Explanation(try preview.nodes(named: node), in: preview, depth: depth).text
    return text.split(separator: "\n").drop { $0 != "  causes" }.dropFirst().map { String($0.dropFirst(4)) }
  }

  @Test func causesAreFollowedToTheirRoots() throws {
    let old = try bench()
    let manifest = old.manifest(try old.run())
    let new = try bench(old, MendedMix.self, content: "wine")
    let (water, wine) = (Digest(of: Array("water".utf8)).short, Digest(of: Array("wine".utf8)).short)
    let content = "content of well.h5 \(water) → \(wine)"
    let because = "because mix changed: revision 1 → 2; well changed: \(content)"
    #expect(
      try causes(new, manifest, of: "weigh") == [
        "a ← mix 3: \(because)",
        "  a ← mix 1: revision 1 → 2; because well changed: \(content)",
        "    a ← well 0: \(content)",
        "  b ← mix 2: \(because)",
        "    a ← mix 1: as above",
      ])
    #expect(try causes(new, manifest, of: "weigh", depth: 1) == ["a ← mix 3: \(because)"])
    #expect(try causes(new, manifest, of: "weigh", depth: 0) == [])
    #expect(try causes(new, manifest, of: "well") == [])
  }

  @Test func whatIsThereHasNoCauses() throws {
    let old = try bench()
    let manifest = old.manifest(try old.run())
    #expect(try causes(old, manifest, of: "weigh") == [])
    // Without a run to compare with there is nothing to follow.
    #expect(try causes(try bench(), nil, of: "weigh") == [])
    let new = try bench(old, content: "wine")
    // What changed and was computed since is named with its state.
    var above = new
    above.plan.measured = []
    above.plan.nodes.removeLast(3)
    try above.place(Weigh.self, on: [1])
    try above.run()
    let (water, wine) = (Digest(of: Array("water".utf8)).short, Digest(of: Array("wine".utf8)).short)
    let content = "content of well.h5 \(water) → \(wine)"
    #expect(
      try causes(new, manifest, of: "mix 2") == [
        "a ← mix 1 (stored): because well changed: \(content)"
      ])
  }

  @Test func theJSONHasTheSameTree() throws {
    let old = try bench()
    let manifest = old.manifest(try old.run())
    let new = try bench(old, MendedMix.self)
    let preview = try new.preview(manifest)
    let json = Explanation(try preview.nodes(named: "weigh"), in: preview).json.items?.first
    #expect(json?["name"] == "weigh 4")
    #expect(json?["state"] == "runs")
    #expect(json?["place"] == "configs/bench.json:5")
    #expect(json?["components"]?.items?.first == ["format", "key", "1"])
    let mix = json?["causes"]?.items?.first
    #expect(mix?["port"] == "a")
    #expect(mix?["reason"]?["code"] == "above")
    #expect(mix?["causes"]?.items?.map { $0["id"] } == [1, 2])
    #expect(mix?["causes"]?.items?.map { $0["port"] } == ["a", "b"])
    #expect(mix?["causes"]?.items?[0]["reason"]?["text"] == "revision 1 → 2")
    // The second time it is only named.
    #expect(mix?["causes"]?.items?[1]["causes"] == [.object(["port": "a", "output": "out", "id": 1])])
  }
}
