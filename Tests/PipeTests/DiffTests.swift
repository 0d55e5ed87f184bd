import Foundation
import Testing

/// `pipe diff` and `pipe trace`, as a user calls them.
@Suite struct DiffTests {
  /// A sandbox with two runs, the second with other values; their names in messages become OLD and NEW.
  private func twoRuns(_ changes: [String]) throws -> (Sandbox, (String) -> String) {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet").code == 0)
    let old = try #require(sandbox.runFolders.first)
    #expect(try sandbox.start(["run", "small.json", "--quiet"] + changes).wait().code == 0)
    let new = try #require(sandbox.runFolders.first { $0 != old })
    return (
      sandbox,
      { $0.replacingOccurrences(of: new, with: "NEW").replacingOccurrences(of: old, with: "OLD") }
    )
  }

  @Test func identicalRunsSaySoInOneLine() throws {
    let (sandbox, named) = try twoRuns([])
    let digest = try sandbox.manifest().digest
    let diff = try sandbox.pipe("diff", sandbox.runFolders[0], sandbox.runFolders[1])
    #expect(diff.code == 0)
    #expect(named(diff.output) == "identical: OLD and NEW have the deterministic digest \(digest)\n")
    let json = try sandbox.pipe("diff", sandbox.runFolders[0], "latest", "--json")
    #expect(json.code == 0)
    #expect(json.output.contains("\"identical\": true,"))
    #expect(json.output.contains("\"config\": [],"))
  }

  @Test func differingRunsTellWhatChangedAndWhy() throws {
    let (sandbox, named) = try twoRuns([
      "--set", "probe.nearest-neighbors.k=25", "--set", "whiten=standardize",
      "--set", "reduce.pca.components={\"each\":[1,2,3]}",
    ])
    let diff = try sandbox.pipe("diff", sandbox.runFolders[0], "latest")
    #expect(diff.code == 0)
    #expect(diff.errors == "")
    #expect(
      named(diff.output) == """
        OLD → NEW

        config
          whiten  none (default) → standardize (command line)
          reduce.pca.components  1, 2 (small.json:5) → 1, 2, 3 (command line)
          probe.nearest-neighbors.k  3 (small.json:7) → 25 (command line)

        nodes: 5 the same · 20 changed · 12 added
          standardize × 2  added
          pca × 2  added
          pca (slice) × 4  because standardize, pca changed
          k-means × 4  because standardize, pca changed
          k-means × 2  added
          nearest-neighbors × 4  k 3 → 25
          nearest-neighbors × 2  added
          nmi × 4  because standardize, pca changed
          nmi × 2  added
          accuracy × 4  because standardize, pca, nearest-neighbors changed
          accuracy × 2  added

        numbers: 4 compared · 1 better · 3 within the spread
        cell                metric                old            new  change  verdict
        ───────────────────────────────────────────────────────────────────────────────────────
        pca · components 1  nmi ↑       0.586 ± 0.000  0.841 ± 0.000  +0.255  better, p < 0.001
        pca · components 1  accuracy ↑  0.625 ± 0.059  0.875 ± 0.177  +0.250  within, p = 0.205
        pca · components 2  nmi ↑       1.000 ± 0.000  0.854 ± 0.019  −0.146  within, p = 0.058
        pca · components 2  accuracy ↑  1.000 ± 0.000  0.875 ± 0.059  −0.125  within, p = 0.205
        p: paired t-test over 2 replicates that both runs have
        within: not beyond the replicates' spread (p ≥ 0.05, or up to 1 sd)
        only in the new run: pca · components 3 · nmi, pca · components 3 · accuracy

        """)
    let json = try sandbox.pipe("diff", sandbox.runFolders[0], "latest", "--json")
    let all = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(all["identical"] as? Bool == false)
    #expect(
      (all["config"] as? [[String: Any]])?.map { $0["path"] as? String } == [
        "whiten", "reduce.pca.components", "probe.nearest-neighbors.k",
      ])
    #expect((all["metrics"] as? [[String: Any]])?.count == 4)
    #expect((all["onlyNew"] as? [String])?.count == 2)
  }

  @Test func changedDataAreNamed() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet").code == 0)
    let old = try #require(sandbox.runFolders.first)
    try Small.write(to: sandbox.file("data.h5"), features: Small.features.map { $0 * 2 + 1 })
    #expect(try sandbox.run("--quiet").code == 0)
    let diff = try sandbox.pipe("diff", old, "latest")
    #expect(
      diff.output.contains(
        "\ninputs\n  data.h5 (features = features, labels = labels)  content changed, "))
    #expect(diff.output.contains("\n  load-hdf5  the content of its input changed\n"))
    #expect(diff.output.contains("\n  k-means × 4  because load-hdf5 changed\n"))
  }

  @Test func unknownRunsAndMissingOperandsAreRefused() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet").code == 0)
    let run = try #require(sandbox.runFolders.first)
    let unknown = try sandbox.pipe("diff", "latest", "smal1")
    #expect(unknown.code == 2)
    #expect(
      unknown.errors == """
        error[unknownRun]: there is no run `smal1` in `runs`
          newest: \(run)
          hint: did you mean `small`?

        """)
    let few = try sandbox.pipe("diff", "latest")
    #expect(few.code == 2)
    #expect(
      few.errors == """
        error[badUsage]: `pipe diff` needs more than that
          hint: write pipe diff RUN RUN [options]

        """)
  }

  // MARK: Trace

  @Test func aNumberIsFollowedToTheBytesOfItsInput() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet", "--keep-all").code == 0)
    let trace = try sandbox.pipe("trace", "latest", "pca", "components=2", "metric=accuracy", "seed=1")
    #expect(trace.code == 0)
    // Times differ from run to run; what is asserted is the tree and what it is made of.
    let tree = trace.output.split(separator: "\n").filter { !$0.contains(" key ") && !$0.contains(" gave ") }
    let content = try #require(trace.output.split(separator: "\n").first { $0.contains("content ") })
    #expect(content.suffix(64).allSatisfy { $0.isHexDigit })
    #expect(
      tree.joined(separator: "\n")
        .replacingOccurrences(of: sandbox.runFolders[0], with: "RUN")
        .replacingOccurrences(of: String(content.suffix(64)), with: "DIGEST")
        .replacingOccurrences(of: ", revision [0-9]+", with: "", options: .regularExpression) == """
          accuracy = 1.0  load-hdf5 · holdout · none · pca, components 2 · nearest-neighbors · seed 1
          run RUN
          accuracy  node 24
          ├─ fitRows ← fold-rows  node 4
          │  │  fold 0
          │  └─ folds ← holdout  node 2
          │     │  test 0.2 · stratified true
          │     ├─ features ← load-hdf5  node 0
          │     │     file data.h5 · features features · labels labels
          │     │     reads data.h5: features = features, labels = labels
          │     │     content DIGEST
          │     └─ labels ← load-hdf5  node 0, as above
          ├─ labels ← load-hdf5  node 0, as above
          └─ predictions ← nearest-neighbors  node 16
             │  k 3 · metric euclidean · weights uniform · predict held-out
             ├─ features = embedding ← pca  node 6
             │  │  components 2 · solver auto · whitened false
             │  ├─ features ← load-hdf5  node 0, as above
             │  └─ fitRows ← fold-rows  node 4, as above
             ├─ fitRows ← fold-rows  node 4, as above
             └─ labels ← load-hdf5  node 0, as above
          """)
    let key = try #require(trace.output.split(separator: "key ").dropFirst().first).prefix(12)
    #expect(try sandbox.pipe("trace", "latest", String(key)).output == trace.output)
    #expect(try sandbox.pipe("trace", "latest", "pca components=2, accuracy seed=1").output == trace.output)
    let json = try sandbox.pipe("trace", "latest", String(key), "--json")
    let all = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let nodes = try #require(all["nodes"] as? [[String: Any]])
    #expect(all["value"] as? Double == 1)
    #expect(nodes.count == 6)
    let load = try #require(nodes.first { $0["stage"] as? String == "load-hdf5" })
    #expect((load["reads"] as? [String: Any])?["content"] as? String == String(content.suffix(64)))
  }

  @Test func wordsThatFitSeveralNumbersListThem() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet").code == 0)
    let several = try sandbox.pipe("trace", "latest", "accuracy", "components=2")
    #expect(several.code == 2)
    #expect(several.output == "")
    let keys = several.errors.split(separator: "(key ").dropFirst().map { String($0.prefix(12)) }
    #expect(keys.count == 2)
    #expect(
      several.errors == """
        error[badUsage]: `accuracy components=2` fits 2 values
          candidates: seed=0  → 1.0  (key \(keys.first ?? ""))
                      seed=1  → 1.0  (key \(keys.last ?? ""))
          hint: add words to name one of them

        """)
  }

  @Test func wordsThatFitNoNumberAreExplained() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet").code == 0)
    let cases: [([String], String)] = [
      (
        ["reduc=pca"],
        """
        error[unknownName]: no result has a `reduc`
          there are: data, split, whiten, reduce, cluster, probe, components, metric, seed, fold
          hint: did you mean `reduce`?

        """
      ),
      (
        ["metric=acuracy"],
        """
        error[unknownName]: no result has `metric` `acuracy`
          there are: nmi, accuracy
          hint: did you mean `accuracy`?

        """
      ),
      (
        ["fold=1"],
        """
        error[unknownName]: no result has `fold` `1`
          there are: none

        """
      ),
      (
        ["k-mean"],
        """
        error[unknownName]: no result has anything to do with `k-mean`
          there are: load-hdf5, holdout, none, pca, k-means, nearest-neighbors, nmi, accuracy
          hint: did you mean `k-means`?

        """
      ),
      (
        ["k-means", "accuracy"],
        """
        error[unknownName]: no measured value fits `accuracy` together with `k-means`
          with the words before it: 4 values
          hint: leave the word out to see which there are

        """
      ),
    ]
    for (words, message) in cases {
      let ended = try sandbox.start(["trace", "latest"] + words).wait()
      #expect(ended.code == 2)
      #expect(ended.errors == message)
      #expect(ended.output == "")
    }
  }
}
