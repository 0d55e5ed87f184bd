import Foundation
import Testing

/// What `plan`, `run` and `explain` say of why nodes run, with real configs and data.
@Suite struct ReasonTests {
  /// What `plan` prints of a config, without the headline and without times.
  private func reasons(_ sandbox: Sandbox, _ arguments: String...) throws -> [String] {
    let plan = try sandbox.start(["plan", "small.json"] + arguments).wait()
    #expect(plan.code == 10)
    return plan.output.split(separator: "\n").dropFirst().map { line in
      line.dropFirst(2).components(separatedBy: " · ").filter {
        $0.range(of: #"^((not |[0-9]+ )?kept|[0-9.]+ s)$"#, options: .regularExpression) == nil
      }.joined(separator: " · ")
    }
  }

  @Test func aChangedValueIsToldWithItsLineAndFollowedDown() throws {
    let sandbox = try Sandbox()
    // That a first run has everything to do goes without saying.
    #expect(try sandbox.run().errors == "")
    try sandbox.write(Small.config(replacing: "\"clusters\": 3", with: "\"clusters\": 4"), to: "small.json")
    let lines = try reasons(sandbox).filter { !$0.contains("is cheaper") }
    let change = "clusters 3 → 4 (small.json:6)"
    #expect(lines.first == "k-means × 4: \(change)")
    #expect(lines.dropFirst().allSatisfy { $0.hasSuffix(": because k-means changed") })
    let explain = try sandbox.pipe("explain", "small.json", "nmi")
    #expect(
      explain.output.contains(
        "\n  causes\n    assignment ← k-means · pca, components 1 · seed 0: \(change)\n"))
    let json = try sandbox.pipe("explain", "small.json", "k-means", "--json", "--depth", "0")
    let nodes = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    #expect(nodes.count == 4)
    #expect((nodes[0]["reason"] as? [String: Any])?["code"] as? String == "parameters")
    let run = try sandbox.run()
    #expect(run.errors.hasPrefix("\(try counted(run)) to run: k-means changed: \(change)\n"))
    #expect(try sandbox.run().errors.contains("to run") == false)
    let quiet = try sandbox.run("--quiet", "--set", "seed=3")
    #expect(quiet.errors == "")
  }

  /// How many nodes a run says it computed.
  private func counted(_ run: Ended) throws -> Int {
    let words = run.outcome.split(separator: " ")
    return try #require(words.firstIndex(of: "ran").flatMap { Int(words[$0 + 1]) })
  }

  @Test func whatIsNewIsNamedByItsChoice() throws {
    let sandbox = try Sandbox()
    _ = try sandbox.run("--keep-all")
    #expect(
      try reasons(sandbox, "--set", "seeds=3").filter { !$0.contains("is cheaper") }.allSatisfy {
        $0.contains(": new in the plan: seed 2")
      })
    let config = Small.config(
      replacing: "} } } ],\n  \"cluster\"",
      with: "} } }, { \"kernel-pca\": { \"components\": 1 } } ],\n  \"cluster\"")
    try sandbox.write(config, to: "small.json")
    #expect(
      try reasons(sandbox).filter { !$0.contains("is cheaper") }.allSatisfy {
        $0.hasSuffix(": new in the plan: kernel-pca")
      })
  }

  @Test func whatTheCommandLineOrADefaultGivesIsSaidSo() throws {
    let sandbox = try Sandbox()
    _ = try sandbox.run("--keep-all")
    let set = try reasons(sandbox, "--set", "probe.nearest-neighbors.k=5").filter {
      !$0.contains("is cheaper")
    }
    #expect(set.first == "nearest-neighbors × 4: k 3 → 5 (command line)")
    try sandbox.write(Small.config(replacing: "{ \"k\": 3 }", with: "{}"), to: "small.json")
    let missing = try reasons(sandbox).filter { !$0.contains("is cheaper") }
    #expect(missing.first == "nearest-neighbors × 4: k 3 → 5 (default)")
    let seed = try reasons(sandbox, "--set", "seed=7").filter { !$0.contains("is cheaper") }
    #expect(seed.contains { $0.contains("the run's seed 0 → 7 (command line)") })
  }

  @Test func changedContentIsToldWithItsFileAndDigests() throws {
    let sandbox = try Sandbox()
    _ = try sandbox.run("--keep-all")
    try sandbox.remove("data.h5")
    try Small.write(to: sandbox.file("data.h5"), features: Small.features.map { $0 + 1 })
    let lines = try reasons(sandbox)
    let load = try #require(lines.first { $0.hasPrefix("load-hdf5: ") })
    let shape = #"^load-hdf5: content of data\.h5 [0-9a-f]{12} → [0-9a-f]{12}$"#
    #expect(load.range(of: shape, options: .regularExpression) != nil)
    #expect(
      lines.filter { !$0.hasPrefix("load-hdf5") }.allSatisfy { $0.contains(": because load-hdf5 changed") })
  }

  @Test func acceptHasNothingToAcceptWhereNoRevisionRose() throws {
    let sandbox = try Sandbox()
    let none = try sandbox.pipe("accept", "small.json", "pca")
    #expect(none.code == 2)
    #expect(none.errors.hasPrefix("error[fileNotFound]: there is no store\n"))
    _ = try sandbox.run("--keep-all")
    let same = try sandbox.pipe("accept", "small.json", "pca")
    #expect(same.code == 2)
    #expect(
      same.errors == """
        error[badUsage]: there is nothing to accept of `pca`
          nodes: 4, of which none has changed without a result

        """)
    let changed = try sandbox.pipe("accept", "small.json", "k-means", "--set", "cluster.k-means.clusters=4")
    #expect(changed.code == 2)
    #expect(
      changed.errors.hasPrefix(
        """
        error[badUsage]: more than the revision of `k-means` has changed
          node:    k-means · pca, components 1 · seed 0
          changed: clusters 3 → 4 (command line)

        """))
    let unknown = try sandbox.pipe("accept", "small.json", "k-meens", "--dry-run")
    #expect(unknown.errors.contains("did you mean `k-means`?"))
  }
}
