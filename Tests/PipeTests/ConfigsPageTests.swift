import Foundation
import Testing

/// The examples of the page on configs are whole configs, and right.
@Suite struct ConfigsPageTests {
  private static let page = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Sources/pipe/pipe.docc/Configs.md")

  /// A sandbox with every example in a file of the name in its first line.
  private func sandbox() throws -> (Sandbox, names: [String]) {
    let sandbox = try Sandbox(config: nil, data: false)
    var names: [String] = []
    for part in try String(contentsOf: Self.page, encoding: .utf8).components(separatedBy: "```json\n// ")
      .dropFirst()
    {
      let lines = part.components(separatedBy: "\n```")[0].split(separator: "\n", maxSplits: 1)
      names.append(String(lines[0]))
      try sandbox.write(String(lines[1]), to: names[names.count - 1])
    }
    return (sandbox, names)
  }

  @Test func everyExampleIsRight() throws {
    let (sandbox, names) = try sandbox()
    #expect(names.count == 11)
    for name in names {
      let ended = try sandbox.pipe("check", name)
      #expect(ended.code == 0, "\(name): \(ended.errors)")
    }
  }

  @Test func theExamplesGiveWhatThePageSays() throws {
    let (sandbox, _) = try sandbox()
    func cells(_ arguments: String...) throws -> [String] {
      let ended = try sandbox.start(["run"] + arguments + ["--set", "seeds=1"]).wait()
      #expect(ended.code == 0, "\(arguments): \(ended.errors)")
      return sandbox.text("runs/latest/results.csv").split(separator: "\n").dropFirst().map(String.init)
    }
    #expect(try cells("zip.json", "--set", "metrics=accuracy").count == 6)
    #expect(
      try cells("slots.json", "--set", "metrics=accuracy", "--set", "reduce.pca.components=1,2,4").count == 8)
    // 4 reductions with 2 numbers of clusters but 2, and with 2 probes but 1.
    #expect(try cells("skip.json", "--set", "metrics=accuracy,nmi").count == 6 + 7)
    #expect(try cells("wider.json").count == 2)
    #expect(sandbox.text("runs/latest/tables/main.md").contains("clusters 6"))
  }

  @Test func claimsAreChecked() throws {
    let (sandbox, _) = try sandbox()
    let ended = try sandbox.pipe("run", "claims.json")
    #expect(ended.code == 0, "\(ended.errors)")
    let claims = ended.output.split(separator: "\n").filter { $0.hasPrefix("claim  ") }
    try #require(claims.count == 5)
    #expect(claims.prefix(4).allSatisfy { $0.contains("  holds (") })
    #expect(claims[4].contains("  does not hold ("))
    #expect(ended.output.contains("\n       found: "))
    #expect(try sandbox.pipe("run", "claims.json", "--strict").code == 3)
    #expect(try sandbox.pipe("show").output.contains(claims[0]))
  }

  @Test func seedsCanBeShownSideBySide() throws {
    let (sandbox, _) = try sandbox()
    #expect(try sandbox.pipe("run", "tables.json").code == 0)
    let table = sandbox.text("runs/latest/tables/runs.csv").split(separator: "\n")
    #expect(table.count == 1 + 2 * 3)
    #expect(sandbox.text("runs/latest/tables/runs.md").contains("seed 2"))
  }
}
