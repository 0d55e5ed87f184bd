import Foundation
import Testing

/// `pipe export`, as a user calls it.
@Suite struct ExportTests {
  private typealias Entity = [String: Any]

  private func entities(_ sandbox: Sandbox, _ folder: String) throws -> [String: Entity] {
    let data = Data(sandbox.bytes("\(folder)/ro-crate-metadata.json"))
    let all = try #require(JSONSerialization.jsonObject(with: data) as? Entity)
    #expect(
      all["@context"] as? [String] == [
        "https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context",
      ])
    let graph = try #require(all["@graph"] as? [Entity])
    let named = graph.map { ($0["@id"] as? String ?? "", $0) }
    #expect(Set(named.map(\.0)).count == graph.count)
    return Dictionary(named) { first, _ in first }
  }

  private func references(_ value: Any?) -> [String] {
    if let one = value as? Entity { return [one["@id"] as? String ?? ""] }
    return (value as? [Entity] ?? []).map { $0["@id"] as? String ?? "" }
  }

  @Test func aRunBecomesACrate() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet").code == 0)
    let run = try #require(sandbox.runFolders.first)
    let license = "https://creativecommons.org/licenses/by/4.0/"
    let export = try sandbox.pipe("export", "latest", "--ro-crate", "--license", license, "--author", "A. Ng")
    #expect(export.code == 0)
    #expect(export.errors == "")
    #expect(export.output == "\(run)-crate/  6 files and ro-crate-metadata.json\n")
    let crate = "\(run)-crate"
    let files = [
      "config.json", "manifest.json", "results.csv", "tables/main.csv", "tables/main.md", "tables/main.tex",
    ]
    #expect(
      sandbox.files(below: crate) == (files + ["ro-crate-metadata.json"]).sorted().map { "\(crate)/\($0)" })
    for file in files.dropFirst() {
      #expect(sandbox.bytes("\(crate)/\(file)") == sandbox.bytes("runs/\(run)/\(file)"))
    }
    let entities = try entities(sandbox, crate)
    let descriptor = try #require(entities["ro-crate-metadata.json"])
    #expect(references(descriptor["about"]) == ["./"])
    #expect(references(descriptor["conformsTo"]) == ["https://w3id.org/ro/crate/1.1"])
    let root = try #require(entities["./"])
    #expect(references(root["conformsTo"]) == ["https://w3id.org/ro/wfrun/process/0.5"])
    #expect(references(root["license"]) == [license])
    let parts = references(root["hasPart"])
    #expect(Array(parts.prefix(6)) == files)
    // Everything that is named is described.
    for entity in entities.values {
      for (name, value) in entity where name != "conformsTo" {
        for reference in references(value) { #expect(entities[reference] != nil, "\(reference)") }
      }
    }
    let action = try #require(entities["#\(run)"])
    #expect(action["@type"] as? String == "CreateAction")
    for moment in ["startTime", "endTime"] {
      #expect((action[moment] as? String)?.hasSuffix("+00:00") == true)
    }
    #expect(action["actionStatus"] as? String == "http://schema.org/CompletedActionStatus")
    #expect(references(action["agent"]).first.flatMap { entities[$0] }?["name"] as? String == "A. Ng")
    #expect(references(action["result"]) == Array(files.dropFirst()))
    let input = try #require(references(action["object"]).last.flatMap { entities[$0] })
    #expect(input["name"] as? String == "data.h5")
    let digest = try #require(references(input["identifier"]).first.flatMap { entities[$0] })
    #expect((digest["value"] as? String)?.count == 64)
    let csv = try #require(entities["results.csv"])
    let sum = try sandbox.shell("sha256sum \(crate)/results.csv").output.prefix(64)
    #expect(csv["sha256"] as? String == String(sum))
    #expect(csv["contentSize"] as? String == String(sandbox.bytes("\(crate)/results.csv").count))
  }

  @Test func aFailedRunSaysSo() throws {
    let sandbox = try Sandbox(config: Small.config(replacing: "\"k\": 3", with: "\"k\": 1000"))
    #expect(try sandbox.run("--quiet").code == 1)
    #expect(try sandbox.pipe("export", "small", "--ro-crate", "--output", "out").code == 0)
    let action = try #require(
      try entities(sandbox, "out").values.first { $0["@type"] as? String == "CreateAction" })
    #expect(action["actionStatus"] as? String == "http://schema.org/FailedActionStatus")
    #expect((action["error"] as? String)?.hasPrefix("error[") == true)
  }

  @Test func badUsageIsRefused() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--quiet").code == 0)
    let bare = try sandbox.pipe("export", "latest")
    #expect(bare.code == 2)
    #expect(
      bare.errors == """
        error[badUsage]: `pipe export` needs a form
          hint: write pipe export RUN --ro-crate

        """)
    let taken = try sandbox.pipe("export", "latest", "--ro-crate", "--output", "runs")
    #expect(taken.code == 2)
    #expect(
      taken.errors == """
        error[badUsage]: `runs` is there already
          hint: name another folder with `--output DIR`

        """)
    let nowhere = try sandbox.pipe("export", "latest", "--ro-crate", "--output", "data.h5/x")
    #expect(nowhere.code == 2)
    #expect(
      nowhere.errors == """
        error[notWritable]: cannot write `data.h5`: file exists
          hint: name another folder with `--output DIR`

        """)
  }
}
