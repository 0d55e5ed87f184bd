public import Diagnostics

/// One thing about a node that is different from what it was in the latest run.
public struct Change: Sendable, Equatable {
  /// What sort of thing it is.
  public enum Kind: String, Sendable {
    /// The stage's revision.
    case revision
    /// The content of an input file; the values are digests.
    case content
    /// A parameter.
    case parameter
    /// The seed.
    case seed
    /// What feeds a port; the values are the nodes' outputs in words.
    case input
  }

  /// What sort of thing it is.
  public var kind: Kind
  /// Which one: a parameter's dotted path, a port, a file.
  public var path: String
  /// What to call it in a text: the last word of a parameter's path where that is clear.
  public var name: String
  /// What it was; nil if it was not there.
  public var old: JSON?
  /// What it is; nil if it is there no more.
  public var new: JSON?
  /// Where the config says so: `file:line`, `default` or `command line`.
  public var place: String?

  init(
    _ kind: Kind, _ path: String, name: String? = nil, old: JSON?, new: JSON?, place: String? = nil
  ) {
    self.kind = kind
    self.path = path
    self.name = name ?? path
    self.old = old
    self.new = new
    self.place = place
  }

  /// The change in words: `gamma 0.005 → 0.01 (configs/a.json:10)`.
  public var text: String {
    let values = "\(Self.words(old)) → \(Self.words(new))"
    let place = place.map { " (\($0))" } ?? ""
    return switch kind {
    case .revision, .parameter: "\(name) \(values)\(place)"
    case .seed: "\(name) \(values)\(place)"
    case .content: "content of \(path) \(values)"
    case .input: "\(name) from \(Self.words(new)) instead of \(Self.words(old))"
    }
  }

  /// The change as JSON.
  public var json: JSON {
    .object([
      "kind": .string(kind.rawValue), "path": .string(path), "old": old ?? .null, "new": new ?? .null,
      "place": place.map(JSON.string) ?? .null,
    ])
  }

  /// A value in words: `rbf gamma 0.1` for `{"rbf":{"gamma":0.1}}`, `linear` for `"linear"`.
  private static func words(_ value: JSON?) -> String {
    guard let value else { return "none" }
    if let text = value.string { return text }
    guard let members = value.members else { return value.text() }
    return members.map { member in
      member.value.members?.isEmpty == true ? member.key : "\(member.key) \(words(member.value))"
    }.joined(separator: " ")
  }
}

extension Change {
  /// What differs between two sets of parameters, in the order of the new ones.
  ///
  /// - Parameter place: where the config gives the value at a path.
  static func parameters(
    from old: JSON, to new: JSON, place: (_ path: [String], _ value: JSON?) -> String?
  ) -> [Change] {
    var found: [(path: [String], old: JSON?, new: JSON?)] = []
    compare(old, new, [], &found)
    return found.map { difference in
      let last = difference.path.last ?? ""
      let isClear = found.count { $0.path.last == last } == 1
      let path = difference.path.joined(separator: ".")
      return Change(
        .parameter, path, name: isClear ? last : path, old: difference.old, new: difference.new,
        place: place(difference.path, difference.new))
    }
  }

  /// Goes down as long as the same names stand on both sides; where they do not, as in another case of a choice, the
  /// whole value is different.
  private static func compare(
    _ old: JSON, _ new: JSON, _ path: [String], _ found: inout [(path: [String], old: JSON?, new: JSON?)]
  ) {
    if old == new { return }
    guard let before = old.members, let after = new.members,
      path.isEmpty || before.map(\.key) == after.map(\.key)
    else { return found.append((path, old, new)) }
    for member in after {
      if let earlier = old[member.key] {
        compare(earlier, member.value, path + [member.key], &found)
      } else {
        found.append((path + [member.key], nil, member.value))
      }
    }
    for member in before where new[member.key] == nil {
      found.append((path + [member.key], member.value, nil))
    }
  }
}
