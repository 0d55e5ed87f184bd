import Testing

/// The pipelines that take parts of the rows and samples of them.
@Suite struct DiscoveryPipelineTests {
  private func run(_ config: String) throws -> (Ended, Sandbox) {
    let sandbox = try Sandbox(config: config, data: false)
    return (try sandbox.pipe("run", "small.json", "--strict"), sandbox)
  }

  @Test func hiddenClassesAreFoundOnTheirRowsAloneAndBesideKnownOnes() throws {
    let (ended, sandbox) = try run(
      #"""
      {
        "pipeline": "discover-classes", "seeds": 2,
        "data": { "blobs": { "rows": 300, "columns": 5, "classes": 6, "spread": 0.2 } },
        "split": { "hidden-classes": { "classes": [1, 4, 5] } },
        "whiten": [ "standardize" ],
        "cluster": [ { "k-means": { "clusters": 3 } } ],
        "discover": [ { "ncd-k-means": { "clusters": 3 } } ],
        "hide": { "hidden-classes": { "folds": 3 } },
        "metrics": [ "hungarian-accuracy" ],
        "claims": [
          { "say": "alone", "check": { "metric": "hungarian-accuracy", "left": { "cluster": "k-means" },
            "relation": "=", "right": 1 } },
          { "say": "beside", "check": { "metric": "hungarian-accuracy",
            "left": { "discover": "ncd-k-means", "hide": null }, "relation": "=", "right": 1 } },
          { "say": "hidden once more", "check": { "metric": "hungarian-accuracy", "left": { "hide": "hidden-classes" },
            "relation": "<", "right": 1 } }
        ]
      }
      """#)
    #expect(ended.code == 0, "\(ended.output) \(ended.errors)")
    let results = sandbox.text("runs/latest/results.csv").split(separator: "\n")
    // Two replicates of each; a known class is hidden in each of three folds, one class among which three clusters
    // are looked for.
    #expect(results.count == 1 + 2 + 2 + 2 * 3)
  }

  @Test func samplesAreDrawnFromClusters() throws {
    let (ended, _) = try run(
      #"""
      {
        "pipeline": "curate",
        "data": { "mixture": { "components": [
          { "gaussian": { "rows": 900, "mean": [-2, 0], "deviation": 0.1 } },
          { "gaussian": { "rows": 100, "mean": [2, 0], "deviation": 0.1 } } ] } },
        "cluster": [ { "k-means": { "clusters": 2 } },
                     { "hierarchical-k-means": { "levels": [40, 10], "steps": 2 } } ],
        "sample": [ { "balanced-sample": { "rows": 60 } }, { "random-sample": { "rows": 60 } } ],
        "metrics": [ "class-balance", { "kde-kl": { "step": 0.1 } } ],
        "claims": [
          { "say": "all", "check": { "metric": "class-balance", "of": { "cluster": null },
            "near": 0.1111, "within": 0.001 } },
          { "say": "balanced", "check": { "metric": "class-balance", "of": { "cluster": "k-means",
            "sample": "balanced-sample" }, "near": 1, "within": 0 } },
          { "say": "more even", "check": { "metric": "kde-kl", "relation": "<",
            "left": { "sample": "balanced-sample" }, "right": { "sample": "random-sample" } } }
        ]
      }
      """#)
    #expect(ended.code == 0, "\(ended.output) \(ended.errors)")
  }
}
