import Foundation
import Testing

/// What keeps files easy to live in and `swift format` does not see: one noun a file, nothing left for later.
@Suite struct TidyTests {
  private struct SourceFile: CustomStringConvertible {
    var name: String
    var lines: [Substring]
    var description: String { name }
  }

  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func files(in folders: [String], endings: Set<String>) throws -> [SourceFile] {
    var found: [SourceFile] = []
    for folder in folders {
      let start = Self.root.appending(path: folder)
      let walk = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
      for case let file as URL in try #require(walk) where endings.contains(file.pathExtension) {
        let text = try String(contentsOf: file, encoding: .utf8)
        found.append(
          SourceFile(
            name: "\(folder)/\(file.lastPathComponent)",
            lines: text.split(separator: "\n", omittingEmptySubsequences: false)))
      }
    }
    return found
  }

  @Test func noFileHasMoreThan500Lines() throws {
    let files = try files(in: ["Sources", "Tests", "pipelines"], endings: ["swift", "c", "h"])
    #expect(files.count > 200)
    #expect(files.filter { $0.lines.count > 501 }.map(\.name) == [])
  }

  @Test func nothingIsLeftForLaterOrForced() throws {
    let banned = ["TO" + "DO", "FIX" + "ME", "try" + "!", "as" + "!"]
    let found = try files(in: ["Sources", "pipelines"], endings: ["swift"]).flatMap { file in
      file.lines.filter { line in banned.contains { line.contains($0) } }.map { "\(file.name): \($0)" }
    }
    #expect(found == [])
  }
}
