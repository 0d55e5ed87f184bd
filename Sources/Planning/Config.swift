public import Diagnostics

/// The values of an experiment as a config gives them, before its slots are filled.
public struct Config: Sendable {
  /// The path of the file as the user gave it.
  public let file: String
  /// The file's name without folder and ending: the name of its runs.
  public let name: String
  /// The folder of the file, where relative paths start.
  public let folder: String
  /// The heading of the run's tables.
  public let title: String
  /// The whole text as JSON, after `--set`.
  public let json: JSON
  /// Where each given value comes from: its dotted path, and `file:line` or `command line`.
  public let origins: [(path: String, origin: String)]

  /// Reads a config and applies the changes of the command line.
  ///
  /// - Parameter changes: `path=value` as given to `--set`.
  /// - Throws: every error of syntax and every bad change together.
  public static func read(_ path: String, changes: [String] = []) throws(Diagnostics) -> Config {
    let text: SourceText
    do throws(Diagnostic) { text = try SourceText.read(path, what: "config") } catch {
      throw Diagnostics([error])
    }
    return try Config(text, changes: changes)
  }

  /// Reads the text of a config.
  public init(_ text: SourceText, changes: [String] = []) throws(Diagnostics) {
    var json = try JSON.parse(text)
    guard json.members != nil else {
      throw Diagnostics([
        Diagnostic(.wrongType, "a config should be an object, not \(json.typeName)", at: json.location)
      ])
    }
    file = text.file
    let parts = text.file.split(separator: "/", omittingEmptySubsequences: false)
    let last = parts.last.map(String.init) ?? text.file
    name = last.hasSuffix(".json") && last.count > 5 ? String(last.dropLast(5)) : last
    folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") + "/" : "."
    var problems: [Diagnostic] = []
    for change in changes {
      do throws(Diagnostic) { json = try Config.apply(change, to: json) } catch { problems.append(error) }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    self.json = json
    title = json["title"]?.string ?? name
    var origins: [(path: String, origin: String)] = []
    Config.collectOrigins(json, path: "", into: &origins)
    self.origins = origins
  }

  private static func collectOrigins(
    _ json: JSON, path: String, into origins: inout [(path: String, origin: String)]
  ) {
    func inner(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    if let members = json.members, !members.isEmpty {
      for member in members { collectOrigins(member.value, path: inner(member.key), into: &origins) }
    } else if let items = json.items, items.contains(where: { $0.members != nil }) {
      for (index, item) in items.enumerated() {
        collectOrigins(item, path: inner(String(index)), into: &origins)
      }
    } else {
      // The folder is left out: where a checkout lies says nothing about the experiment.
      let place = json.location
      let origin = place.map { "\($0.file.split(separator: "/").last ?? ""):\($0.line)" } ?? "command line"
      origins.append((path, origin))
    }
  }
}

extension Config {
  /// Applies one `path=value`; the value is JSON, or else a string.
  private static func apply(_ change: String, to json: JSON) throws(Diagnostic) -> JSON {
    let equals = change.firstIndex(of: "=") ?? change.startIndex
    let path = change[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.allSatisfy({ !$0.isEmpty }) else {
      throw Diagnostic(
        .badUsage, "`--set` takes path=value", fields: ["given": change],
        hint: "for example --set seeds=3 or --set reduce.pca.components=8")
    }
    let text = String(change[change.index(after: equals)...])
    let parsed = (try? JSON.parse(SourceText(file: "--set", text))) ?? .string(text)
    return try set(path[...], in: json, to: withoutPlaces(parsed), change)
  }

  /// A value that was not read from the config has no place in it.
  private static func withoutPlaces(_ json: JSON) -> JSON {
    switch json.value {
    case .array(let items): .array(items.map(withoutPlaces))
    case .object(let members): .object(members.map { JSON.Member($0.key, withoutPlaces($0.value)) })
    default: JSON(json.value)
    }
  }

  private static func set(
    _ path: ArraySlice<String>, in json: JSON, to value: JSON, _ change: String
  ) throws(Diagnostic) -> JSON {
    guard let name = path.first else { return value }
    let rest = path.dropFirst()
    if var items = json.items {
      // In a list of stages the stage's name leads on as well as the position.
      guard let index = Int(name) ?? items.firstIndex(where: { $0[name] != nil || $0.string == name }),
        items.indices.contains(index)
      else {
        throw Diagnostic(
          .unknownKey, "`--set \(change)` leads nowhere: the list has no `\(name)`",
          fields: [
            "allowed": items.isEmpty ? "nothing" : "0 to \(items.count - 1), or the name of a stage in it"
          ])
      }
      // A stage that stands there by name alone gets parameters.
      let isStage = Int(name) == nil && !(rest.isEmpty && items[index].string != nil)
      items[index] = try set(isStage ? path : rest, in: items[index], to: value, change)
      return JSON(.array(items), place: json.place)
    }
    var members = json.members ?? []
    if let index = members.firstIndex(where: { $0.key == name }) {
      members[index].value = try set(rest, in: members[index].value, to: value, change)
    } else {
      members.append(JSON.Member(name, try set(rest, in: .object([]), to: value, change)))
    }
    return JSON(.object(members), place: json.place)
  }
}
