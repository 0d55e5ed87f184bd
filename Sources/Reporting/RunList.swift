public import Diagnostics
public import RunRecords

/// The recorded runs as a list.
public struct RunList: Sendable {
  private let entries: [RunStore.Entry]

  /// A list of runs in their order.
  public init(_ entries: [RunStore.Entry]) { self.entries = entries }

  /// A line a run: its name, how it ended, how long it took, how many nodes ran.
  public var text: String {
    guard !entries.isEmpty else { return "no runs so far" }
    let width = entries.map(\.folder.name.count).max() ?? 0
    return entries.map { entry in
      let name = entry.folder.name + String(repeating: " ", count: width - entry.folder.name.count)
      return "\(name)  \(Self.words(entry.state))"
    }.joined(separator: "\n")
  }

  private static func words(_ state: RunStore.Entry.State) -> String {
    switch state {
    case .finished(let header):
      let failed = header.count(.failed)
      let parts = [
        header.outcome.rawValue, duration(header.seconds), "ran \(header.count(.ran))",
        "cached \(header.count(.cached))",
      ]
      return (parts + (failed > 0 ? ["failed \(failed)"] : [])).joined(separator: " · ")
    case .unfinished: return "no manifest: it goes on, or was killed"
    case .damaged: return "its manifest cannot be read"
    }
  }

  /// The same as JSON.
  public var json: JSON {
    .array(
      entries.map { entry in
        var members = [
          JSON.Member("run", .string(entry.folder.name)), JSON.Member("path", .string(entry.folder.path)),
        ]
        if let header = entry.header {
          members += [
            JSON.Member("config", .string(header.name)), JSON.Member("pipeline", .string(header.pipeline)),
            JSON.Member("outcome", .string(header.outcome.rawValue)),
            JSON.Member("started", .string(header.started.iso8601)),
            JSON.Member("seconds", .number(header.seconds)), JSON.Member("ran", .integer(header.count(.ran))),
            JSON.Member("cached", .integer(header.count(.cached))),
            JSON.Member("failed", .integer(header.count(.failed))),
          ]
        } else {
          members.append(JSON.Member("outcome", .string(Self.words(entry.state))))
        }
        return .object(members)
      })
  }
}
