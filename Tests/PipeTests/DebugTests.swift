import Diagnostics
import Foundation
import HDF5
import Testing

/// `pipe debug`, as a user calls it.
@Suite struct DebugTests {
  @Test func aNodeIsWrittenAsFilesAndRunAlone() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet", "--keep-all").code == 0)
    let run = try #require(sandbox.runFolders.first)
    let debug = try sandbox.pipe("debug", "latest", "nearest-neighbors · pca, components 2 · seed 1")
    #expect(debug.code == 0)
    #expect(debug.errors == "")
    let id = try #require(
      JSON.parse(SourceText(file: "", sandbox.text("runs/latest/manifest.json")))["deterministic"]?["nodes"]?
        .items?.first { $0["name"]?.string == "nearest-neighbors · pca, components 2 · seed 1" }?["id"]?
        .integer)
    let folder = "debug-\(id)-nearest-neighbors"
    #expect(
      debug.output == """
        nearest-neighbors · pca, components 2 · seed 1
        \(folder)/
          inputs.h5  /features float32 60 × 2, /fitRows uint8 60, /labels int64 60
          node.json  stage, parameters, seed, key, and where the inputs come from
        run it alone: pipe debug runs/\(run) \(id) --rerun

        """)
    let file = try HDF5File(reading: sandbox.file("\(folder)/inputs.h5"))
    #expect(try file.dataSet("labels").readLabels() == .integers(Small.labels.map(Int.init)))
    #expect(try file.dataSet("features").matrixShape() == (rows: 60, columns: 2))
    let node = try JSON.parse(SourceText(file: "", sandbox.text("\(folder)/node.json")))
    #expect(node["stage"]?.string == "nearest-neighbors")
    #expect(node["parameters"]?["k"]?.integer == 3)
    #expect(node["inputs"]?.items?.compactMap { $0["port"]?.string } == ["features", "fitRows", "labels"])
    #expect(node["state"]?.string == "ran")
    #expect(!sandbox.exists("\(folder)/error.txt"))
    let rerun = try sandbox.pipe("debug", "runs/\(run)", "\(id)", "--rerun")
    #expect(rerun.code == 0)
    #expect(
      rerun.output.hasPrefix("nearest-neighbors · pca, components 2 · seed 1: ran in ")
        && rerun.output.hasSuffix(", as in the run\n"))
    // Written again over what was written before.
    #expect(try sandbox.pipe("debug", "latest", "\(id)").output == debug.output)
  }

  @Test func aFailedNodeIsWrittenWithItsErrorAndFailsAgain() throws {
    let sandbox = try Sandbox(config: Small.config(replacing: "\"k\": 3", with: "\"k\": 1000"))
    #expect(try sandbox.run("--quiet").code == 1)
    let run = try #require(sandbox.runFolders.first)
    // What goes into it is computed again.
    try sandbox.remove(".pipe")
    let debug = try sandbox.pipe("debug", "small", "--output", "here")
    #expect(debug.code == 0)
    let command = try #require(debug.output.components(separatedBy: "run it alone: pipe ").last)
      .trimmingCharacters(in: .newlines)
    #expect(command.hasPrefix("debug runs/\(run) "))
    #expect(
      debug.output == """
        nearest-neighbors · pca, components 1 · seed 0
        here/
          inputs.h5  /features float32 60 × 1, /fitRows uint8 60, /labels int64 60
          node.json  stage, parameters, seed, key, and where the inputs come from
          error.txt  the whole error
        run it alone: pipe \(command)

        """)
    let error = """
      error[tooFewRows]: there are fewer fit rows than neighbours
        k:        1000
        fit rows: 48 of 60
        hint: lower `k`

      """
    #expect(sandbox.text("here/error.txt") == error)
    let rerun = try sandbox.shell("$PIPE \(command)")
    #expect(rerun.code == 1)
    #expect(rerun.errors == error)
    #expect(rerun.output.hasPrefix("nearest-neighbors · pca, components 1 · seed 0: failed after "))
  }

  @Test func nodesThatAreNotThereOrNotClearAreRefused() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet").code == 0)
    let run = try #require(sandbox.runFolders.first)
    let cases: [([String], String)] = [
      (
        ["latest"],
        """
        error[badUsage]: no node of the run failed
          run: \(run)
          hint: name a node: its number, the start of its name, or its stage

        """
      ),
      (
        ["latest", "holdout"],
        """
        error[badUsage]: `holdout` names 2 nodes
          nodes: 1  holdout · seed 0
                 2  holdout · seed 1
          hint: give the number of one of them

        """
      ),
      (
        ["latest", "k-mean5"],
        """
        error[unknownName]: the run has no node `k-mean5`
          nodes: 0 to 24
          stages: load-hdf5, holdout, fold-rows, pca, pca (slice), k-means, nearest-neighbors, nmi, accuracy
          hint: did you mean `k-means`?

        """
      ),
    ]
    for (words, message) in cases {
      let ended = try sandbox.start(["debug"] + words).wait()
      #expect(ended.code == 2)
      #expect(ended.output == "")
      #expect(ended.errors.replacingOccurrences(of: "nodes:  0", with: "nodes: 0") == message)
    }
    try sandbox.write("mine\n", to: "taken")
    let taken = try sandbox.pipe("debug", "latest", "1", "--output", "taken")
    #expect(taken.code == 2)
    #expect(
      taken.errors == """
        error[badUsage]: `taken` is there already and is no folder of `pipe debug`
          hint: name another folder with `--output DIR`

        """)
    #expect(sandbox.text("taken") == "mine\n")
  }
}
