internal import Diagnostics
internal import RunRecords

/// A value of the resolved config that differs between two runs.
public struct ConfigChange: Sendable, Equatable {
  /// The dotted path; in a slot the stage's name leads on: `reduce.pca.components`.
  public var path: String
  /// The value in the old run, several where it is swept; nil where there is none.
  public var old: String?
  /// The value in the new run.
  public var new: String?
  /// Where the old value comes from: `a.json:4`, `default` or `command line`; nil without one.
  public var oldOrigin: String?
  /// Where the new value comes from.
  public var newOrigin: String?
}

/// Compares the resolved configs of two runs value by value.
struct ConfigDifference {
  private let old: DeterministicRecord
  private let new: DeterministicRecord
  private(set) var changes: [ConfigChange] = []

  init(_ old: DeterministicRecord, _ new: DeterministicRecord) {
    self.old = old
    self.new = new
    let (before, after) = (old.config.members ?? [], new.config.members ?? [])
    for name in distinct(before.map(\.key) + after.map(\.key)) {
      let (left, right) = (old.config[name], new.config[name])
      if left == right { continue }
      if isSlot(left) || isSlot(right) {
        compareSlot(name, alternatives(left), alternatives(right))
      } else {
        compareLeaves(name, leaves(left, path: name), leaves(right, path: name))
      }
    }
  }

  private func isSlot(_ json: JSON?) -> Bool {
    json?.items?.contains { $0.members?.count == 1 && $0.members?[0].value.members != nil } ?? false
  }

  private mutating func add(_ path: String, _ before: String?, _ after: String?) {
    changes.append(
      ConfigChange(
        path: path, old: before, new: after, oldOrigin: before.map { _ in origin(of: path, in: old) },
        newOrigin: after.map { _ in origin(of: path, in: new) }))
  }

  private mutating func compareLeaves(_ name: String, _ before: [Leaf], _ after: [Leaf]) {
    for path in distinct((before + after).map(\.path)) {
      let (left, right) = (before.first { $0.path == path }, after.first { $0.path == path })
      if left?.text != right?.text { add(path, left?.text, right?.text) }
    }
  }

  // MARK: Slots

  private struct Leaf: Hashable {
    var path: String
    var text: String
  }

  /// What fills a slot: stages with their parameters.
  private struct Alternative: Hashable {
    var stage: String
    var parameters: [Leaf]
  }

  private func alternatives(_ json: JSON?) -> [Alternative] {
    (json?.items ?? []).map { item in
      guard let member = item.members?.first else {
        return Alternative(stage: item.string ?? item.text(), parameters: [])
      }
      return Alternative(stage: member.key, parameters: leaves(member.value, path: ""))
    }
  }

  private mutating func compareSlot(_ slot: String, _ before: [Alternative], _ after: [Alternative]) {
    let stages = distinct((before + after).map(\.stage))
    func counted(_ side: [Alternative], without other: [Alternative]) -> String? {
      let alone = stages.filter { stage in !other.contains { $0.stage == stage } }
      let words = alone.compactMap { stage -> String? in
        let count = side.count { $0.stage == stage }
        return count == 0 ? nil : count == 1 ? stage : "\(stage) × \(count)"
      }
      return words.isEmpty ? nil : words.joined(separator: ", ")
    }
    let (removed, added) = (counted(before, without: after), counted(after, without: before))
    if removed != nil || added != nil { add(slot, removed, added) }
    for stage in stages {
      let (left, right) = (before.filter { $0.stage == stage }, after.filter { $0.stage == stage })
      if left.isEmpty || right.isEmpty || Set(left) == Set(right) { continue }
      compare("\(slot).\(stage)", left, right)
    }
  }

  /// Compares the values that each parameter of a stage takes.
  private mutating func compare(_ stage: String, _ before: [Alternative], _ after: [Alternative]) {
    var found = false
    for path in distinct((before + after).flatMap { $0.parameters.map(\.path) }) {
      let (left, right) = (values(of: path, in: before), values(of: path, in: after))
      if left == right { continue }
      found = true
      add("\(stage).\(path)", left, right)
    }
    if !found { add(stage, "\(before.count) combinations", "\(after.count) combinations") }
  }

  private func values(of path: String, in alternatives: [Alternative]) -> String? {
    let values = distinct(alternatives.flatMap { $0.parameters.filter { $0.path == path }.map(\.text) })
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  private func leaves(_ json: JSON?, path: String) -> [Leaf] {
    guard let json else { return [] }
    return parameterLeaves(json, path: path).map { Leaf(path: $0.path, text: $0.text) }
  }

  // MARK: Origins

  /// Where a value comes from: the lines that give it or a part of it.
  private func origin(of path: String, in record: DeterministicRecord) -> String {
    let found = record.origins.filter { origin in
      // The numbers of alternatives are left out: a stage's name leads on.
      let plain = origin.path.split(separator: ".").filter { Int($0) == nil }.joined(separator: ".")
      return plain == path || plain.hasPrefix(path + ".")
    }
    let places = distinct(found.map(\.origin))
    guard !places.isEmpty else { return "default" }
    return places.prefix(3).joined(separator: ", ") + (places.count > 3 ? ", …" : "")
  }
}

/// The values at the ends of an object's branches, with their dotted paths; text without quotes.
func parameterLeaves(_ json: JSON, path: String = "") -> [(path: String, text: String)] {
  if let members = json.members, !members.isEmpty {
    return members.flatMap { member in
      parameterLeaves(member.value, path: path.isEmpty ? member.key : "\(path).\(member.key)")
    }
  }
  if path.isEmpty { return [] }
  return [(path, json.string ?? json.text())]
}

/// The items without repetition, in the order of their first appearance.
func distinct<Item: Hashable>(_ items: [Item]) -> [Item] {
  var seen: Set<Item> = []
  return items.filter { seen.insert($0).inserted }
}
