import Artifacts
import Diagnostics
import RunRecords
import Testing

@testable import Reporting

@Suite struct ReasonListTests {
  @Test func nodesOfOneStageWithOneReasonAreOneLine() {
    let stages = ["load", "pca", "pca", "k-means", "k-means", "ami"]
    let nodes = stages.enumerated().map { index, stage in
      NodeRecord(
        id: index, name: "\(stage) · seed \(index)", stage: stage, revision: 1, parameters: .object([]),
        key: Key(Digest(of: [UInt8(index)])))
    }
    let outcomes: [(NodeOutcome.State, String?)] = [
      (.cached, nil), (.ran, "revision 1 → 2"), (.ran, "revision 1 → 2"), (.ran, "because pca changed"),
      (.cutOff, "pca gave the same bytes"), (.failed, "because pca\nchanged"),
    ]
    var manifest = Manifest(
      deterministic: DeterministicRecord(name: "a", pipeline: "p", config: .object([]), nodes: nodes),
      volatile: VolatileRecord(
        run: "run", started: Timestamp(milliseconds: 0), ended: Timestamp(milliseconds: 0), seconds: 0,
        host: "host", cores: 1, commandLine: [], versions: Versions(tool: "1", swift: "6"), peakMemory: 0,
        outcome: .done, nodes: []))
    #expect(ReasonList(manifest).text == "")
    manifest.volatile.nodes = outcomes.enumerated().map { index, outcome in
      NodeOutcome(id: index, state: outcome.0, seconds: 0, reason: outcome.1)
    }
    let lines = ReasonList(manifest).text.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(
      lines.prefix(3) == [
        "pca × 2: revision 1 → 2", "k-means · seed 3: because pca changed",
        "k-means · seed 4: cut off: pca gave the same bytes",
      ])
    #expect(lines[3].hasPrefix("ami · seed 5: failed: because pca"))
  }
}
