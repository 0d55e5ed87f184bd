import Artifacts
import Testing

/// `pipe nightly`: a run beside its reference.
@Suite struct NightlyTests {
  private static let claims = #"""
    "claims": [{ "say": "Clusters are classes", "check": { "metric": "nmi", "left": {}, "relation": ">=", "right": 0.1 } }],
    """#

  private func sandbox() throws -> Sandbox {
    try Sandbox(config: Small.config(replacing: "\"seeds\"", with: Self.claims + "\n  \"seeds\""))
  }

  private func nightly(_ sandbox: Sandbox, _ arguments: String...) throws -> Ended {
    try sandbox.start(["nightly", "small.json", "--baseline", "reference", "--quiet"] + arguments).wait()
  }

  @Test func aReferenceIsWrittenAndHolds() throws {
    let sandbox = try sandbox()
    let first = try nightly(sandbox)
    #expect(first.code == 3)
    #expect(
      first.output == """
        small: 1 worse than its reference
          no reference: write one with --update --reason TEXT

        """)
    let update = try nightly(sandbox, "--update", "--reason", "the first")
    #expect(update.code == 0)
    // The run before has computed everything, perhaps on another machine.
    #expect(
      update.output == """
        small: new reference in reference
          (nothing was computed, so its times will not be compared: an empty --store computes all)

        """)
    #expect(sandbox.exists("reference/small/results.csv"))
    #expect(sandbox.exists("reference/small/tables/main.md"))
    #expect(sandbox.text("reference/small/history.md").hasSuffix(": the first\n"))
    let manifest = try #require(
      PackedBytes.unpack(Array(sandbox.bytes("reference/small/manifest.json.zst")), atMost: 1 << 30))
    #expect(manifest.starts(with: Array("{".utf8)))
    #expect(!String(decoding: manifest, as: UTF8.self).contains(sandbox.path))
    let again = try nightly(sandbox)
    #expect(again.code == 0)
    #expect(again.output == "small: as its reference\n")
    let table = try sandbox.pipe("table", "reference/small", "--format", "markdown")
    #expect(table.output == sandbox.text("reference/small/tables/main.md"))
  }

  @Test func worseNumbersLostCellsAndClaimsAreListed() throws {
    let sandbox = try sandbox()
    #expect(try nightly(sandbox, "--update", "--reason", "the first").code == 0)
    let ended = try nightly(
      sandbox, "--set", "cluster.k-means.clusters=1", "--set", "reduce.pca.components=1",
      "--set", "metrics=nmi,accuracy")
    #expect(ended.code == 3)
    #expect(ended.output.contains("\n  missing: "))
    #expect(ended.output.contains("\n  claim: Clusters are classes: does not hold (0 not ≥ 0.1)\n"))
    #expect(ended.output.contains("\n  worse: "))
  }

  @Test func aDamagedReferenceIsKnownBeforeAnythingRuns() throws {
    let sandbox = try sandbox()
    try #require(
      try sandbox.shell("mkdir -p reference/small && echo '{' > reference/small/manifest.json.zst").code == 0)
    let ended = try nightly(sandbox)
    #expect(ended.code == 2)
    #expect(ended.errors.contains("error[corruptRecord]: the manifest is damaged"))
    #expect(sandbox.runFolders.isEmpty)
  }

  @Test func itNeedsAReferenceAndAReason() throws {
    let sandbox = try sandbox()
    let without = try sandbox.pipe("nightly", "small.json")
    #expect(without.code == 2)
    #expect(without.errors.contains("`nightly` needs the folder of its references"))
    let unexplained = try nightly(sandbox, "--update")
    #expect(unexplained.code == 2)
    #expect(unexplained.errors.contains("`--update` and `--reason` go together"))
  }
}
