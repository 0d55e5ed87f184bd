import Diagnostics
import Glibc

/// Puts a config over those that it extends.
///
/// Members of the config stand over those of its base. Objects are merged: settings and tables member by member, and
/// a slot where both fill it with the same stage, parameter by parameter. Whatever is another stage, another case of
/// a choice, a sweep or a list replaces what stood there.
struct ConfigInheritance {
  /// What leads from the folder of the config to that of each base, by the base's file.
  private(set) var folders: [String: String] = [:]
  /// The files from the config to the one that is read, each with what tells it from others.
  private var chain: [(file: String, identity: String)] = []

  /// The folder of a file with a slash at its end; empty if its path names none.
  static func folder(of file: String) -> String {
    file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
  }

  /// The members of a config over those of all that it extends.
  mutating func read(_ text: SourceText) throws(Diagnostics) -> JSON {
    let json = try JSON.parse(text)
    guard json.members != nil else {
      throw Diagnostics([
        Diagnostic(.wrongType, "a config should be an object, not \(json.typeName)", at: json.location)
      ])
    }
    guard let extends = json["extends"] else { return json }
    chain.append((text.file, Self.identity(of: text.file)))
    defer { chain.removeLast() }
    let base: SourceText
    do throws(Diagnostic) { base = try self.base(extends, of: text.file) } catch {
      throw Diagnostics([error.at(extends.location)])
    }
    return Self.merge(json, over: try read(base))
  }

  private mutating func base(_ extends: JSON, of file: String) throws(Diagnostic) -> SourceText {
    guard let path = extends.string, !path.isEmpty else {
      throw Diagnostic(
        .wrongType, "\(extends.typeName) stands where the path of a config should",
        fields: ["given": extends.text()], hint: "write \"extends\": \"base.json\"")
    }
    let isAbsolute = path.hasPrefix("/")
    let base = isAbsolute ? path : Self.folder(of: file) + path
    let identity = Self.identity(of: base)
    if let start = chain.firstIndex(where: { $0.identity == identity }) {
      throw Diagnostic(
        .badConfig, "`extends` leads back to where it came from",
        fields: ["chain": (chain[start...].map(\.file) + [base]).joined(separator: " → ")],
        hint: "take one `extends` out")
    }
    folders[base] = (isAbsolute ? "" : folders[file] ?? "") + Self.folder(of: path)
    return try SourceText.read(base, what: "config")
  }

  /// The path without links and detours, if there is such a file.
  private static func identity(of path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  // MARK: Merging

  private static func merge(_ config: JSON, over base: JSON) -> JSON {
    let merged = members(of: config, over: base) { name, new, old in
      guard name == "tables" else { return slot(new, over: old) }
      return members(of: new, over: old) { _, new, old in
        members(of: new, over: old) { _, new, _ in new }
      }
    }
    return JSON(.object((merged.members ?? []).filter { $0.key != "extends" }), place: merged.place)
  }

  /// A stage with itself, parameter by parameter; how it is run stands beside it.
  private static func slot(_ new: JSON, over old: JSON) -> JSON {
    guard let stage = onlyName(in: new), stage == onlyName(in: old) else { return new }
    return members(of: new, over: old) { name, new, old in
      name == stage ? members(of: new, over: old) { _, new, old in value(new, over: old) } : new
    }
  }

  /// The value of a parameter: a case of a choice is merged with itself only.
  private static func value(_ new: JSON, over old: JSON) -> JSON {
    guard new.members?.count == 1, old.members?.count == 1 else { return new }
    return slot(new, over: old)
  }

  private static func onlyName(in json: JSON) -> String? {
    let names = json.members?.map(\.key).filter { !Conduct.keys.contains($0) } ?? []
    return names.count == 1 ? names[0] : nil
  }

  /// The members of both; where both have one, what `combine` makes of it.
  ///
  /// Anything but two objects is not merged: the new value stands.
  private static func members(
    of new: JSON, over old: JSON, _ combine: (String, JSON, JSON) -> JSON
  ) -> JSON {
    guard let added = new.members, var all = old.members else { return new }
    for member in added {
      if let index = all.firstIndex(where: { $0.key == member.key }) {
        let value = combine(member.key, member.value, all[index].value)
        all[index] = JSON.Member(member.key, value, keyPlace: member.keyPlace)
      } else {
        all.append(member)
      }
    }
    return JSON(.object(all), place: new.place)
  }
}
