import Diagnostics
import Foundation
import Testing

/// `pipe reproduce`, as a user calls it.
@Suite struct ReproduceTests {
  private func ran() throws -> (Sandbox, run: String) {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet").code == 0)
    return (sandbox, try #require(sandbox.runFolders.first))
  }

  /// Changes the deterministic part of the latest manifest and gives it the digest that it then has.
  private func edit(_ sandbox: Sandbox, _ run: String, _ replacements: [(String, String)]) throws {
    let name = "runs/\(run)/manifest.json"
    var text = sandbox.text(name)
    for (old, new) in replacements {
      #expect(text.contains(old))
      text = text.replacingOccurrences(of: old, with: new)
    }
    let json = try JSON.parse(SourceText(file: name, text))
    try sandbox.write(try #require(json["deterministic"]).text(), to: "part.json")
    let digest = try sandbox.shell("sha256sum part.json").output.prefix(64)
    let before = try #require(json["deterministicDigest"]?.string)
    try sandbox.write(text.replacingOccurrences(of: before, with: digest), to: name)
  }

  @Test func aRunIsReproducedBitForBit() throws {
    let (sandbox, run) = try ran()
    let digest = try sandbox.manifest().digest
    // Neither the config nor the store is needed.
    try sandbox.remove("small.json")
    try sandbox.remove(".pipe")
    let files = sandbox.files(below: "")
    let reproduced = try sandbox.pipe("reproduce", run, "--progress", "none")
    #expect(reproduced.code == 0)
    #expect(reproduced.errors == "")
    let lines = reproduced.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "reproduced bit for bit: \(run)")
    #expect(lines.dropFirst().first?.hasPrefix("computed 25 nodes again in ") == true)
    #expect(lines.dropFirst().first?.contains(" identical") == true)
    #expect(lines.last == "digest \(digest)")
    #expect(sandbox.files(below: "") == files)
    let json = try sandbox.pipe("reproduce", "latest", "--json", "--quiet")
    #expect(json.code == 0)
    #expect(json.output.contains("\"verdict\": \"identical\","))
    #expect(json.output.contains("\"newDigest\": \"\(digest)\","))
    #expect(try sandbox.pipe("reproduce", "latest", "--quiet").output == "")
  }

  @Test func whatIsComputedCanBeKeptAndRecorded() throws {
    let (sandbox, run) = try ran()
    let again = try sandbox.pipe("reproduce", "latest", "--record", "--store", "kept", "--progress=none")
    #expect(again.code == 0)
    let recorded = try #require(sandbox.runFolders.first { $0 != run })
    #expect(again.output.hasSuffix("\nrecorded as runs/\(recorded)\n"))
    #expect(try sandbox.manifest(recorded).digest == sandbox.manifest(run).digest)
    #expect(try sandbox.manifest(recorded).count("ran") == Small.nodes)
    #expect(sandbox.text("runs/\(recorded)/results.csv") == sandbox.text("runs/\(run)/results.csv"))
    #expect(try sandbox.pipe("diff", run, recorded).output.hasPrefix("identical: "))
    #expect(try sandbox.pipe("store", "verify", "--store", "kept").code == 0)
    let taken = try sandbox.pipe("reproduce", "latest", "--store", "kept")
    #expect(taken.code == 2)
    #expect(
      taken.errors == """
        error[badUsage]: the folder `kept` is not empty
          hint: name a new folder: with results from before nothing would be computed again

        """)
  }

  @Test func numbersAreHeldAgainstTheTolerance() throws {
    let (sandbox, run) = try ran()
    let manifest = try JSON.parse(SourceText(file: "", sandbox.text("runs/\(run)/manifest.json")))
    let record = try #require(manifest["deterministic"])
    let result = try #require(record["results"]?.items?.first { $0["value"]?.number == 1 })
    let node = try #require(record["nodes"]?.items?.first { $0["key"] == result["key"] })
    let name = try #require(node["name"]?.string)
    // As if the run had been done on another machine: a number that differs in its last digits, and its bytes.
    let other = node.text().replacingOccurrences(
      of: try #require(node["outputs"]?.items?.first?["digest"]?.string),
      with: String(repeating: "a", count: 64))
    let changed = result.text().replacingOccurrences(of: "\"value\":1.0", with: "\"value\":1.00000001")
    try edit(sandbox, run, [(node.text(), other), (result.text(), changed)])
    let within = try sandbox.pipe("reproduce", run, "--progress", "none")
    #expect(within.code == 0)
    #expect(within.output.hasPrefix("reproduced within tolerance: \(run)\n"))
    #expect(within.output.contains(" · 1 within tolerance (1e-06 of the number)"))
    #expect(within.output.contains("numbers that differ:\n  \(name)  1.00000001 → 1.0 (relative 1.0e-08)\n"))
    #expect(within.output.contains("what goes in is the same, and what comes out is not:\n  \(name)\n"))
    let different = try sandbox.pipe("reproduce", run, "--tolerance", "1e-9", "--quiet")
    #expect(different.code == 1)
    #expect(different.output.hasPrefix("not reproduced: \(run)\n"))
    #expect(different.output.contains(" · 1 different"))
  }

  @Test func inputsThatAreGoneOrChangedAreNamed() throws {
    let (sandbox, run) = try ran()
    let content = try #require(
      JSON.parse(SourceText(file: "", sandbox.text("runs/\(run)/manifest.json")))["deterministic"]?["inputs"]?
        .items?.first?["digest"]?.string)
    let folder = URL(fileURLWithPath: sandbox.path).resolvingSymlinksInPath().path
    try Small.write(to: sandbox.file("data.h5"), features: Small.features.map { $0 + 1 })
    let changed = try sandbox.pipe("reproduce", run)
    #expect(changed.code == 1)
    #expect(changed.output == "")
    let now = try #require(changed.errors.split(separator: "now: ").last).trimmingCharacters(in: .whitespaces)
      .prefix(64)
    #expect(now != content)
    #expect(
      changed.errors == """
        error[notReproducible]: the input `data.h5` has another content than in the run
          file:       \(folder)/data.h5
          data sets:  features = features, labels = labels
          in the run: \(content)
          now:        \(now)
          hint: restore it, or name the folder where paths of inputs start with `--folder DIR`

        """)
    try sandbox.remove("data.h5")
    let gone = try sandbox.pipe("reproduce", run)
    #expect(gone.code == 1)
    #expect(
      gone.errors == """
        error[notReproducible]: the input `data.h5` is gone
          file:       \(folder)/data.h5
          data sets:  features = features, labels = labels
          in the run: \(content)
          hint: restore it, or name the folder where paths of inputs start with `--folder DIR`

        """)
    try FileManager.default.createDirectory(atPath: sandbox.file("moved"), withIntermediateDirectories: true)
    try Small.write(to: sandbox.file("moved/data.h5"))
    #expect(try sandbox.pipe("reproduce", run, "--folder", "moved", "--quiet").code == 0)
  }

  @Test func stagesThatDifferFromThoseOfTheRunAreNamedTogether() throws {
    let (sandbox, run) = try ran()
    try edit(
      sandbox, run,
      [
        ("\"stage\":\"k-means\",\"revision\":2,", "\"stage\":\"k-means\",\"revision\":7,"),
        ("\"stage\":\"nearest-neighbors\",", "\"stage\":\"nearest-friends\","),
      ])
    let reproduced = try sandbox.pipe("reproduce", run)
    #expect(reproduced.code == 1)
    #expect(reproduced.output == "")
    #expect(
      reproduced.errors == """
        error[notReproducible]: the stage `k-means` gives other results than in the run
          revision in the run: 7
          revision now:        2
          nodes:               4
          hint: reproduce the run with the version of `pipe` that made it

        error[notReproducible]: this version of `pipe` has no stage `nearest-friends`
          nodes: 4
          hint: reproduce the run with the version of `pipe` that made it

        """)
  }

  @Test func badUsageIsRefused() throws {
    let (sandbox, _) = try ran()
    let tolerance = try sandbox.pipe("reproduce", "latest", "--tolerance", "loose")
    #expect(tolerance.code == 2)
    #expect(
      tolerance.errors == """
        error[badUsage]: `--tolerance` takes a relative difference from 0 to less than 1, such as 1e-6
          given: loose

        """)
    #expect(try sandbox.pipe("reproduce").code == 2)
    #expect(try sandbox.pipe("reproduce", "nothing").code == 2)
  }
}
