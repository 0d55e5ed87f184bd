import Diagnostics
import PipelineDSL
import RunRecords
import StageKit

/// Reads the combinations that a config leaves out.
struct SkipReader {
  let slots: [FilledSlot]
  let graph: PipelineGraph
  let report: ParameterReport

  /// The patterns of `skip`; each matches some cell.
  func patterns(_ json: JSON?, pairings: [CellRules.Pairing]) -> [CellRules.Pattern] {
    guard let json else { return [] }
    guard let items = json.items, items.allSatisfy({ $0.members != nil }) else {
      report.add(
        Diagnostic(
          .wrongType, "`skip` takes a list of patterns", fields: ["given": json.text()],
          hint: "write \"skip\": [{ \"reduce\": \"pca\", \"probe\": \"logistic\" }]", at: json.location))
      return []
    }
    return items.compactMap { item in
      guard let pattern = pattern(item) else { return nil }
      if matchesNothing(pattern, pairings) {
        report.add(
          Diagnostic(
            .badConfig, "this pattern of `skip` matches no cell", fields: ["given": item.text()],
            hint: "take it out, or take out a member that never goes with the others", at: item.location))
      }
      return pattern
    }
  }

  /// One pattern; nil, with a report, if something is wrong with it.
  private func pattern(_ json: JSON) -> CellRules.Pattern? {
    let members = json.members ?? []
    if members.isEmpty {
      report.add(Diagnostic(.badConfig, "an empty pattern of `skip` would leave nothing", at: json.location))
      return nil
    }
    var matches: [Int: [Bool]] = [:]
    var isWhole = true
    for member in members {
      do throws(Diagnostic) {
        let (slot, found) = try alternatives(member)
        matches[slot] = zip(found, matches[slot] ?? found).map { $0 && $1 }
      } catch {
        report.add(error.at(member.keyPlace?.location))
        isWhole = false
      }
    }
    let order = matches.keys.sorted()
    return isWhole ? CellRules.Pattern(slots: order, matches: order.map { matches[$0] ?? [] }) : nil
  }

  /// The alternatives of a slot that one member of a pattern matches.
  private func alternatives(_ member: JSON.Member) throws(Diagnostic) -> (slot: Int, matches: [Bool]) {
    let name = String(member.key.prefix { $0 != "." })
    guard let slot = slots.firstIndex(where: { $0.declaration.name == name }) else {
      let names = slots.map(\.declaration.name)
      throw Diagnostic(
        .unknownName, "there is no slot `\(name)`", fields: ["allowed": names.joined(separator: ", ")],
        hint: suggestion(for: name, among: names))
    }
    if member.key == name { return (slot, try stages(member.value, in: slots[slot])) }
    guard let path = Zips.Path(member.key, at: nil) else {
      throw Diagnostic(
        .badConfig, "`\(member.key)` is neither a slot nor the path of a parameter",
        hint: "write it as slot.stage.parameter, such as reduce.pca.components")
    }
    return (slot, try values(member.value, of: path, in: slots[slot]))
  }

  private func stages(_ json: JSON, in slot: FilledSlot) throws(Diagnostic) -> [Bool] {
    var wanted: [String] = []
    for item in json.items ?? [json] {
      guard let stage = item.string else {
        throw Diagnostic(
          .wrongType, "\(item.typeName) stands where the name of a stage, or a list of names, should",
          fields: ["given": item.text()], at: item.location)
      }
      try requireStage(stage, in: slot, at: item.location)
      wanted.append(stage)
    }
    return slot.alternatives.map { wanted.contains($0.choice.stage) }
  }

  private func requireStage(
    _ stage: String, in slot: FilledSlot, at location: SourceLocation?
  ) throws(Diagnostic) {
    let present = distinct(slot.alternatives.map(\.choice.stage))
    guard !present.contains(stage) else { return }
    throw Diagnostic(
      .unknownName, "the slot `\(slot.declaration.name)` holds no `\(stage)`",
      fields: ["there are": present.isEmpty ? "none" : present.joined(separator: ", ")],
      hint: suggestion(for: stage, among: present), at: location)
  }

  private func values(
    _ json: JSON, of path: Zips.Path, in slot: FilledSlot
  ) throws(Diagnostic) -> [Bool] {
    try requireStage(path.stage, in: slot, at: nil)
    let values = slot.alternatives.map { alternative in
      alternative.choice.stage == path.stage ? alternative.stage?.parameters.value(at: path.parameter) : nil
    }
    let present = distinct(values.compactMap { $0?.text() })
    guard !present.isEmpty else {
      let parameters = slot.alternatives.filter { $0.choice.stage == path.stage }
        .flatMap { Self.paths(of: $0.stage?.parameters ?? .null) }
      let allowed = distinct(parameters)
      throw Diagnostic(
        .unknownKey, "`\(path.stage)` has no parameter `\(path.parameter)` here",
        fields: ["allowed": allowed.isEmpty ? "none" : allowed.joined(separator: ", ")],
        hint: suggestion(for: path.parameter, among: allowed))
    }
    let wanted = json.items.map { [json] + $0 } ?? [json]
    for one in json.items ?? [json] where !values.contains(where: { one.isMatched(by: $0) }) {
      // A list may also be one value.
      if values.contains(where: { json.isMatched(by: $0) }) { break }
      throw Diagnostic(
        .unknownName, "`\(path.text)` is never \(one.text())",
        fields: ["there are": present.joined(separator: ", ")],
        hint: one.string == nil ? nil : suggestion(for: one.text(), among: present), at: one.location)
    }
    return values.map { value in wanted.contains { $0.isMatched(by: value) } }
  }

  /// The dotted paths of all parameters.
  private static func paths(of json: JSON) -> [String] {
    (json.members ?? []).flatMap { member in
      [member.key] + paths(of: member.value).map { "\(member.key).\($0)" }
    }
  }

  /// Whether no cell is as a pattern says: its slots never stand together, or what it matches is zipped apart.
  private func matchesNothing(_ pattern: CellRules.Pattern, _ pairings: [CellRules.Pairing]) -> Bool {
    let above = graph.slotsAbove(slots)
    let stands = graph.measured.contains { measured in
      pattern.slots.allSatisfy { measured.slots(above).contains($0) }
    }
    guard stands else { return true }
    let rules = CellRules(counts: slots.map(\.alternatives.count), pairings: pairings)
    var isFound = false
    guard rules.isSmall(over: pattern.slots) else { return false }
    rules.forEach(over: pattern.slots) { choice, _ in isFound = isFound || pattern.matches(choice) }
    return !isFound
  }
}

extension PipelineGraph {
  /// The slots above each place, and its own, by position and in order.
  func slotsAbove(_ slots: [FilledSlot]) -> [[Int]] {
    var above: [[Int]] = []
    for node in nodes {
      var all = Set(node.offers.flatMap { above[$0.source.node.index] })
      if case .slot(let name) = node.filling,
        let own = slots.firstIndex(where: { $0.declaration.name == name })
      {
        all.insert(own)
      }
      above.append(all.sorted())
    }
    return above
  }
}

/// The items without repetition, in the order of their first appearance.
func distinct<Item: Hashable>(_ items: [Item]) -> [Item] {
  var seen: Set<Item> = []
  return items.filter { seen.insert($0).inserted }
}

extension PipelineGraph.Measured {
  /// The slots above the node and above what is given besides, by position and in order.
  ///
  /// - Parameter above: those above each place.
  func slots(_ above: [[Int]]) -> [Int] {
    Set(([node] + extras.map(\.source.node)).flatMap { above[$0.index] }).sorted()
  }
}
