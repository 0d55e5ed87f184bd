import Artifacts
import Diagnostics
import RunRecords
import Testing

@testable import Reporting

@Suite struct RunSummaryTests {
  private func manifest(_ nodes: [(String, NodeOutcome.State, Double, Double?)], _ outcome: RunOutcome)
    -> Manifest
  {
    let records = nodes.indices.map { index in
      NodeRecord(
        id: index, name: "\(nodes[index].0) (gamma 0.005) seed 2", stage: nodes[index].0, revision: 1,
        parameters: .object([:]), key: Key(Digest(of: [UInt8(index)])), place: "configs/pca-vs-kpca.json:10")
    }
    let outcomes = nodes.enumerated().map { index, node in
      NodeOutcome(
        id: index, state: node.1, seconds: node.2, savedSeconds: node.3,
        error: node.1 == .failed
          ? "error[notConverged]: the iteration did not settle\n  hint: raise `iterations`" : nil)
    }
    let deterministic = DeterministicRecord(
      name: "pca-vs-kpca", pipeline: "reduce-and-compare", config: .object([:]), nodes: records,
      results: Sample.comparison, tables: [Sample.specification], metrics: Sample.metrics)
    let volatile = VolatileRecord(
      run: "2026-11-21T10-15-02-pca-vs-kpca", started: Timestamp(milliseconds: 0),
      ended: Timestamp(milliseconds: 2100), seconds: 2.1, host: "h", cores: 2, commandLine: ["pipe"],
      versions: Versions(tool: "1", swift: "6.3"), peakMemory: 1, outcome: outcome, nodes: outcomes)
    return Manifest(deterministic: deterministic, volatile: volatile)
  }

  private func summary(_ manifest: Manifest, logs: [Int: [String]] = [:]) -> String {
    RunSummary(
      manifest: manifest, folder: "runs/2026-11-21T10-15-02-pca-vs-kpca", tables: [], logs: logs
    ).text()
  }

  @Test func saysHowARunWent() {
    let nodes: [(String, NodeOutcome.State, Double, Double?)] = [
      ("load-hdf5", .ran, 0.02, nil), ("kernel-pca", .ran, 0.31, nil), ("k-means", .cached, 0, 1.5),
    ]
    #expect(
      summary(manifest(nodes, .done)) == """
        pca-vs-kpca · 5 seeds · 9 cells             runs/2026-11-21T10-15-02-pca-vs-kpca
        done in 2.1 s · ran 2 · cached 1 (saved 1.5 s) · failed 0
        longest: kernel-pca (0.31 s)

        """)
  }

  @Test func saysWhatTheStoreSaved() {
    let nodes = [("pca", NodeOutcome.State.cached, 0.0, Double?.some(1.5)), ("pca", .cached, 0, 2.5)]
    var cached = manifest(nodes, .done)
    cached.volatile.seconds = 0.01
    #expect(
      summary(cached) == """
        pca-vs-kpca · 5 seeds · 9 cells             runs/2026-11-21T10-15-02-pca-vs-kpca
        done in 0.01 s · ran 0 · cached 2 (saved 4.0 s)

        """)
  }

  @Test func printsFailuresLast() {
    let nodes: [(String, NodeOutcome.State, Double, Double?)] = [
      ("pca", .ran, 1, nil), ("kernel-pca", .failed, 0.31, nil), ("k-means", .blocked, 0, nil),
      ("logistic", .notRun, 0, nil), ("nmi", .cutOff, 0, nil),
    ]
    #expect(
      summary(manifest(nodes, .failed), logs: [1: ["step 99: change 0.1", "\u{1B}[2Jstep 100"]]) == """
        pca-vs-kpca · 5 seeds · 9 cells             runs/2026-11-21T10-15-02-pca-vs-kpca
        failed after 2.1 s · ran 1 · cached 0 · cut off 1 · failed 1 · blocked 1 · not run 1
        longest: pca (1.0 s)

        failed: kernel-pca (gamma 0.005) seed 2
          --> configs/pca-vs-kpca.json:10
        error[notConverged]: the iteration did not settle
          hint: raise `iterations`
          log: runs/2026-11-21T10-15-02-pca-vs-kpca/log/1.log
            step 99: change 0.1
             [2Jstep 100

        """)
  }

  @Test func printsOnlyTheFirstOfManyFailures() {
    let nodes = (0..<9).map { _ in ("pca", NodeOutcome.State.failed, 0.0, Double?.none) }
    var many = manifest(nodes, .interrupted)
    for index in nodes.indices { many.volatile.nodes[index].error = "error[badShape]: number \(index)" }
    let text = summary(many)
    #expect(text.contains("\ninterrupted after 2.1 s · ran 0 · cached 0 · failed 9\n"))
    #expect(text.ranges(of: "failed: pca").count == RunSummary.mostFailures)
    #expect(
      text.hasSuffix("\nand 4 more failed: `pipe show 2026-11-21T10-15-02-pca-vs-kpca` prints them all\n"))
    let all = RunSummary(manifest: many, folder: "runs/x", tables: []).text(showsAll: true)
    #expect(all.ranges(of: "failed: pca").count == 9)
    #expect(!all.contains("more failed"))
  }

  @Test func printsWhatFailedAlikeOnce() {
    let nodes = (0..<9).map { _ in ("pca", NodeOutcome.State.failed, 0.0, Double?.none) }
    let text = summary(manifest(nodes, .failed))
    #expect(text.ranges(of: "failed: pca").count == 1)
    #expect(text.contains("(and 8 more in the same way)\n"))
    #expect(!text.contains("more failed"))
  }

  @Test func makesTheTablesThatTheManifestAsksFor() throws {
    let folder = RunFolder(path: "runs/none")
    let summary = try RunSummary(manifest: manifest([], .done), folder: folder)
    #expect(summary.tables.map(\.name) == ["main"])
    let lines = summary.text(width: 120).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[1] == "done in 2.1 s · ran 0 · cached 0")
    #expect(lines[2] == "" && lines[3] == "main")
    var broken = manifest([], .done)
    broken.deterministic.tables[0].metrics = ["acuracy"]
    #expect(throws: Diagnostic.self) { try RunSummary(manifest: broken, folder: folder) }
  }
}
