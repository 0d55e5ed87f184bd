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
  /// The whole text as JSON, over the configs that it extends, after `--set`.
  public let json: JSON
  /// Where each given value comes from: its dotted path, and `file:line` or `command line`.
  public let origins: [(path: String, origin: String)]
  /// What leads from the folder of the config to those of the files that it extends.
  let baseFolders: [String: String]

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

  /// Reads the text of a config, and the files that it extends.
  public init(_ text: SourceText, changes: [String] = []) throws(Diagnostics) {
    var inheritance = ConfigInheritance()
    var json = try inheritance.read(text)
    baseFolders = inheritance.folders
    file = text.file
    let last = text.file.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init)
    name = last.map { $0.hasSuffix(".json") && $0.count > 5 ? String($0.dropLast(5)) : $0 } ?? text.file
    let folder = ConfigInheritance.folder(of: text.file)
    self.folder = folder.isEmpty ? "." : folder
    var problems: [Diagnostic] = []
    for change in changes {
      do throws(Diagnostic) { json = try ConfigChange(change).applied(to: json) } catch {
        problems.append(error)
      }
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
