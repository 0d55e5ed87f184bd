import Foundation
import Testing

/// The page about benchmarks is what the references in the repository give.
@Suite struct BenchmarksPageTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test func thePageIsCurrent() throws {
    let sandbox = try Sandbox(config: nil, data: false)
    let references = Self.root.appending(path: "runs/reference").path
    let ended = try sandbox.pipe("table", references, "--format", "markdown")
    #expect(ended.code == 0, "\(ended.errors)")
    let page = Self.root.appending(path: "Sources/pipe/pipe.docc/Benchmarks.md")
    #expect(
      try String(contentsOf: page, encoding: .utf8) == ended.output,
      "make it anew: pipe table runs/reference --format markdown > Sources/pipe/pipe.docc/Benchmarks.md")
  }
}
