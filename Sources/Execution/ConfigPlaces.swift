import Diagnostics
import Planning
import StageKit

/// Finds the line of a config that gives a stage's parameter its value.
struct ConfigPlaces {
  /// The parameters as the config writes them, by the place of the stage's name.
  private var stages: [SourceLocation: JSON] = [:]

  init(_ config: Config) {
    for slot in config.json.members ?? [] {
      for entry in slot.value.items ?? [slot.value] {
        if let members = entry.members, members.count == 1,
          let place = (members[0].keyPlace ?? entry.place)?.location
        {
          stages[place] = members[0].value
        } else if entry.string != nil, let place = entry.location {
          stages[place] = .object([])
        }
      }
    }
  }

  /// `file:line`, `command line`, or `default` where the config leaves the parameter out.
  ///
  /// - Parameter value: what a sweep took there.
  func place(of path: [String], _ value: JSON?, in stage: SourceLocation?) -> String? {
    guard let stage else { return nil }
    guard let written = stages[stage] else { return stage.short }
    guard let found = Self.find(path[...], value, in: written) else { return "default" }
    return found.location?.short ?? "command line"
  }

  private static func find(_ path: ArraySlice<String>, _ value: JSON?, in json: JSON) -> JSON? {
    if let items = json["each"]?.items, json.members?.count == 1 {
      // Of a long list it is enough to know where it stands.
      guard items.count <= 256 else { return json }
      let found = items.lazy.compactMap { find(path, value, in: $0) }
      return found.first { isSame($0, value) } ?? (path.isEmpty ? json : found.first)
    }
    guard let name = path.first else { return json }
    return json[name].flatMap { find(path.dropFirst(), value, in: $0) }
  }

  private static func isSame(_ written: JSON, _ value: JSON?) -> Bool {
    guard let value else { return false }
    if let number = value.number { return written.number == number }
    return written == value
  }
}
