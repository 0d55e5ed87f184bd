import Diagnostics

/// One `path=value` of `--set`.
struct ConfigChange {
  private let text: String
  private let path: [String]
  private let given: String

  init(_ text: String) throws(Diagnostic) {
    self.text = text
    let equals = text.firstIndex(of: "=") ?? text.startIndex
    path = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.allSatisfy({ !$0.isEmpty }) else {
      throw Diagnostic(
        .badUsage, "`--set` takes path=value", fields: ["given": text],
        hint: "for example --set seeds=3 or --set reduce.pca.components=8")
    }
    guard path != ["extends"] else {
      throw Diagnostic(
        .badUsage, "`--set` cannot change what a config extends", fields: ["given": text],
        hint: "write a config that extends another one")
    }
    given = String(text[text.index(after: equals)...])
  }

  /// A config with the value in its place.
  func applied(to json: JSON) throws(Diagnostic) -> JSON {
    try set(path[...], in: json, to: value(in: json))
  }

  private func set(_ path: ArraySlice<String>, in json: JSON, to value: JSON) throws(Diagnostic) -> JSON {
    guard let name = path.first else { return value }
    let rest = path.dropFirst()
    if var items = json.items {
      guard let index = position(of: name, in: items) else {
        throw Diagnostic(
          .unknownKey, "`--set \(text)` leads nowhere: the list has no `\(name)`",
          fields: [
            "allowed": items.isEmpty ? "nothing" : "0 to \(items.count - 1), or the name of a stage in it"
          ])
      }
      // A stage that stands there by name alone gets parameters.
      let isStage = Int(name) == nil && !(rest.isEmpty && items[index].string != nil)
      items[index] = try set(isStage ? path : rest, in: items[index], to: value)
      return JSON(.array(items), place: json.place)
    }
    var members = json.members ?? []
    if let index = members.firstIndex(where: { $0.key == name }) {
      members[index].value = try set(rest, in: members[index].value, to: value)
    } else {
      members.append(JSON.Member(name, try set(rest, in: .object([]), to: value)))
    }
    return JSON(.object(members), place: json.place)
  }

  /// In a list of stages the stage's name leads on as well as the position.
  private func position(of name: String, in items: [JSON]) -> Int? {
    let index = Int(name) ?? items.firstIndex { $0[name] != nil || $0.string == name }
    return index.flatMap { items.indices.contains($0) ? $0 : nil }
  }

  // MARK: Values

  /// The value as JSON; several plain ones, separated by commas, are a list or a sweep; or else a string.
  private func value(in json: JSON) -> JSON {
    if let parsed = try? JSON.parse(SourceText(file: "--set", given)) { return withoutPlaces(parsed) }
    guard !isText, let values = plainValues, values.count > 1 || isNames else { return .string(given) }
    return takesList(in: json) ? .array(values) : .object([JSON.Member("each", .array(values))])
  }

  /// A value that was not read from the config has no place in it.
  private func withoutPlaces(_ json: JSON) -> JSON {
    switch json.value {
    case .array(let items): .array(items.map(withoutPlaces))
    case .object(let members): .object(members.map { JSON.Member($0.key, withoutPlaces($0.value)) })
    default: JSON(json.value)
    }
  }

  /// The values of `2,8,32` or `a,b`; nil if the text is not made so.
  private var plainValues: [JSON]? {
    var values: [JSON] = []
    for piece in given.split(separator: ",", omittingEmptySubsequences: false) {
      let piece = String(piece.drop { $0 == " " })
      guard !piece.isEmpty, !piece.contains(where: { "[]{}\"".contains($0) }) else { return nil }
      let parsed = (try? JSON.parse(SourceText(file: "--set", piece))).map { JSON($0.value) }
      values.append(parsed ?? .string(piece))
    }
    return values
  }

  /// Whether the place takes text, in which a comma is a comma.
  private var isText: Bool {
    ["title", "$schema", "pipeline"].contains(path[0]) && path.count == 1
      || path[0] == "tables" && path.count == 3 && path[2] == "caption"
  }

  /// Whether the place takes names only, so that one of them is a list too.
  private var isNames: Bool {
    path == ["metrics"]
      || path[0] == "tables" && path.count == 3 && ["rows", "columns", "metrics"].contains(path[2])
  }

  /// Whether the place takes a list: a slot, a setting, the rows of a table, or whatever holds a list so far.
  private func takesList(in json: JSON) -> Bool {
    if path.count == 1 || path[0] == "tables" { return true }
    var place: JSON? = json
    for name in path {
      guard let here = place else { return false }
      if let items = here.items {
        let item = position(of: name, in: items).map { items[$0] }
        place = Int(name) == nil ? item?[name] : item
      } else {
        place = here[name]
      }
    }
    return place?.items != nil
  }
}
