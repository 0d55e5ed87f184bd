import Foundation
import Testing

/// Texts that were looked at and found good, in files beside the tests.
///
/// `PIPE_RECORD=1 swift test` records anew what is different; look at the changes before keeping them.
enum Snapshot {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Snapshots")

  static func check(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws
  {
    let file = folder.appending(path: "\(name).txt")
    if ProcessInfo.processInfo.environment["PIPE_RECORD"] == "1" {
      try Data(text.utf8).write(to: file)
      return
    }
    let recorded = try? String(contentsOf: file, encoding: .utf8)
    #expect(text == recorded, "\(name) is not as recorded:\n\(text)", sourceLocation: sourceLocation)
  }
}
