import Foundation
import Testing

/// The job that the read-me shows, as it is shipped.
@Suite struct MainJobTests {
  static let config = "configs/pca-vs-kpca.json"

  /// A sandbox with a copy of the shipped configs.
  static func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox(config: nil, data: false)
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    try FileManager.default.copyItem(
      atPath: root.appendingPathComponent("configs").path, toPath: sandbox.file("configs"))
    return sandbox
  }

  @Test func printsItsTableRecordsItsRunAndComputesNothingTheSecondTime() throws {
    let sandbox = try MainJobTests.sandbox()
    let first = try sandbox.pipe("run", MainJobTests.config, "--progress", "none")
    #expect(first.code == 0)
    // Nothing, or how far it was where it took more than a second.
    #expect(first.errors == "" || first.errors.hasPrefix("pca-vs-kpca: 331 of 331 nodes to run"))
    #expect(first.output.hasPrefix("pca-vs-kpca · 5 seeds · 27 cells"))
    #expect(first.outcome.contains("ran 331 · cached 0 · failed 0"))
    #expect(first.output.contains("pca · components 32                           0.9"))
    #expect(first.output.contains("kernel-pca · rbf gamma 0.02 · components 32"))
    #expect(first.output.contains("mean ± standard deviation, n = 5"))

    let folder = try #require(sandbox.runFolders.first)
    #expect(folder.hasSuffix("-pca-vs-kpca"))
    for name in ["manifest.json", "results.csv", "tables/main.md", "tables/main.csv", "tables/main.tex"] {
      #expect(sandbox.exists("runs/\(folder)/\(name)"), "\(name)")
    }
    #expect(sandbox.bytes("runs/latest/manifest.json") == sandbox.bytes("runs/\(folder)/manifest.json"))
    let results = sandbox.text("runs/latest/results.csv").split(separator: "\n")
    #expect(
      results[0]
        == "data,split,whiten,reduce,reduce.components,reduce.kernel.rbf.gamma,cluster,probe,seed,fold,metric,value"
    )
    #expect(results.count == 1 + 9 * 3 * 5)

    let second = try sandbox.pipe("run", MainJobTests.config)
    #expect(second.code == 0)
    #expect(second.outcome.contains("ran 0 · cached 331 (saved "))
    #expect(try sandbox.manifest().digest == sandbox.manifest(folder).digest)
    #expect(sandbox.bytes("runs/latest/results.csv") == sandbox.bytes("runs/\(folder)/results.csv"))
    #expect(try sandbox.pipe("plan", MainJobTests.config).code == 0)
    #expect(try sandbox.pipe("store", "verify").code == 0)
  }

  @Test func givesTheSameBytesOnOneAndOnTwoThreads() throws {
    let sandbox = try MainJobTests.sandbox()
    let seeds = ["--set", "seeds=2"]
    let one = try sandbox.start(
      ["run", MainJobTests.config, "-j", "1", "--store", "one", "--runs", "a"] + seeds)
    #expect(one.wait().code == 0)
    let two = try sandbox.start(
      ["run", MainJobTests.config, "-j", "2", "--store", "two", "--runs", "b"] + seeds)
    #expect(two.wait().code == 0)
    #expect(sandbox.bytes("a/latest/results.csv") == sandbox.bytes("b/latest/results.csv"))
    #expect(!sandbox.bytes("a/latest/results.csv").isEmpty)
    let digests = try ["a", "b"].map { runs in
      try Manifest(JSONSerialization.jsonObject(with: Data(sandbox.bytes("\(runs)/latest/manifest.json"))))
        .digest
    }
    #expect(digests[0] == digests[1])
  }
}
