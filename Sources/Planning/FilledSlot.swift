import Diagnostics
import PipelineDSL
import RunRecords
import StageKit

/// A slot with what the config puts there.
struct FilledSlot {
  /// One alternative: a stage with parameters, or nothing.
  struct Alternative {
    /// The stage; nil where the slot passes its input on.
    var stage: ConfiguredStage?
    /// The slot, the stage and the swept values, for names and tables.
    var choice: Choice
    /// Where the stage stands in the config.
    var location: SourceLocation?
  }

  var declaration: SlotDeclaration
  var alternatives: [Alternative]

  /// Whether tables need to tell the alternatives apart.
  var varies: Bool { alternatives.count > 1 }
}

extension StageKind {
  /// Whether a slot of this kind can be left empty: what flows in could flow on.
  var passesThrough: Bool { offers.first.map { $0.type == gives.first?.type } ?? false }
}

extension StageCatalog {
  /// Every name that can stand in a slot of a kind.
  func names(for kind: StageKind) -> [String] {
    stages(of: kind).map(\.name) + (kind.passesThrough ? [passThroughName] : [])
  }
}

/// Fills the slots of a pipeline from a config, gathering every problem.
struct SlotFiller {
  let catalog: StageCatalog
  let folder: String
  let report: ParameterReport

  func fill(_ declaration: SlotDeclaration, from config: Config) -> FilledSlot {
    var slot = FilledSlot(declaration: declaration, alternatives: [])
    guard let given = config.json[declaration.name] else {
      if let standard = declaration.standard {
        slot.alternatives = standard.flatMap { alternatives(.string($0), declaration) }
      } else {
        report.add(missing(declaration, config))
      }
      return slot
    }
    if let items = given.items {
      if items.isEmpty, declaration.standard == nil || !declaration.allowsSeveral {
        report.add(Diagnostic(.missingValue, "the slot `\(declaration.name)` is empty", at: given.location))
      }
      if !declaration.allowsSeveral, items.count > 1 {
        report.add(
          Diagnostic(
            .badConfig, "the slot `\(declaration.name)` takes one stage, not \(items.count)",
            at: given.location))
      }
      slot.alternatives = toldApart(items.flatMap { alternatives($0, declaration) })
    } else {
      slot.alternatives = alternatives(given, declaration)
    }
    tellApart(&slot)
    if !declaration.allowsSeveral, slot.alternatives.count > 1, given.items.map({ $0.count == 1 }) ?? true {
      report.add(
        Diagnostic(
          .badConfig, "the slot `\(declaration.name)` takes one stage: nothing can be swept there",
          at: given.location))
    }
    return slot
  }

  /// Alternatives of one stage by the parameters in which they differ, whether swept or written out.
  private func toldApart(_ alternatives: [FilledSlot.Alternative]) -> [FilledSlot.Alternative] {
    var alternatives = alternatives
    for (name, indices) in Dictionary(grouping: alternatives.indices, by: { alternatives[$0].choice.stage })
    where indices.count > 1 {
      let parameters = indices.map { alternatives[$0].stage?.parameters ?? .object([]) }
      let differences = differences(among: parameters)
      for (index, json) in zip(indices, parameters) {
        for path in differences where !alternatives[index].choice.tells(path) {
          guard let value = json[path: path] else { continue }
          alternatives[index].choice.swept.append(Choice.Swept(path: path, value: value.text()))
        }
      }
      var seen: Set<Choice> = []
      for index in indices where !seen.insert(alternatives[index].choice).inserted {
        let problem = Diagnostic(
          .badConfig,
          "the slot `\(alternatives[index].choice.slot)` holds `\(name)` twice with the same parameters",
          hint: "remove one of the two", at: alternatives[index].location)
        if !report.problems.contains(problem) { report.add(problem) }
      }
    }
    return alternatives
  }

  /// The dotted paths at which some values differ: of whole members, or of parts of objects with the same keys.
  private func differences(among values: [JSON]) -> [String] {
    guard let first = values.first?.members, values.allSatisfy({ $0.members != nil }) else { return [] }
    return first.flatMap { member -> [String] in
      let inner = values.map { $0[member.key] }
      guard inner.contains(where: { $0?.text() != member.value.text() }) else { return [] }
      let keys = member.value.members?.map(\.key)
      guard let keys, inner.allSatisfy({ $0?.members?.map(\.key) == keys }) else { return [member.key] }
      return differences(among: inner.compactMap(\.self)).map { "\(member.key).\($0)" }
    }
  }

  private func missing(_ declaration: SlotDeclaration, _ config: Config) -> Diagnostic {
    let names = catalog.names(for: declaration.kind).joined(separator: ", ")
    return Diagnostic(
      .missingValue, "the slot `\(declaration.name)` is not filled", fields: ["allowed": names],
      hint: "write \"\(declaration.name)\": \(declaration.allowsSeveral ? "[ { … } ]" : "{ … }")",
      at: config.json["pipeline"]?.location)
  }

  /// The alternatives that one entry of a slot stands for: more than one if it sweeps.
  private func alternatives(_ json: JSON, _ declaration: SlotDeclaration) -> [FilledSlot.Alternative] {
    do throws(Diagnostic) {
      let (name, parameters, place) = try entry(json, declaration)
      if name == passThroughName, declaration.kind.passesThrough {
        let choice = Choice(slot: declaration.name, stage: passThroughName)
        return [FilledSlot.Alternative(stage: nil, choice: choice, location: place?.location)]
      }
      guard let type = catalog[name], type.kind == declaration.kind else {
        throw unknown(name, declaration, place)
      }
      let combinations = try Sweep.combinations(of: parameters)
      return combinations.compactMap { configure(type, $0, declaration, place) }
    } catch {
      report.add(error)
      return []
    }
  }

  /// The stage's name and parameters in `{ "name": { … } }` or `"name"`.
  private func entry(
    _ json: JSON, _ declaration: SlotDeclaration
  ) throws(Diagnostic) -> (String, JSON, JSONPlace?) {
    if let name = json.string { return (name, .object([]), json.place) }
    guard let members = json.members, members.count == 1 else {
      throw Diagnostic(
        .wrongType, "one stage should stand here, as { \"name\": { parameters } }",
        fields: ["given": json.text(), "slot": declaration.name], at: json.location)
    }
    return (members[0].key, members[0].value, members[0].keyPlace ?? json.place)
  }

  private func unknown(
    _ name: String, _ declaration: SlotDeclaration, _ place: JSONPlace?
  ) -> Diagnostic {
    let fitting = catalog.names(for: declaration.kind)
    if let other = catalog[name] {
      return Diagnostic(
        .unknownName,
        "`\(name)` is a \(other.kind), and the slot `\(declaration.name)` takes a \(declaration.kind)",
        fields: ["allowed": fitting.joined(separator: ", ")], at: place?.location)
    }
    return Diagnostic(
      .unknownName, "there is no \(declaration.kind) `\(name)`",
      fields: ["allowed": fitting.joined(separator: ", ")],
      hint: suggestion(for: name, among: fitting)
        ?? nearestName(to: name, among: catalog.stages.map(\.name)).flatMap { near in
          catalog[near].map { "`\(near)` is a \($0.kind)" }
        }, at: place?.location)
  }

  private func configure(
    _ type: StageType, _ combination: Sweep.Combination, _ declaration: SlotDeclaration, _ place: JSONPlace?
  ) -> FilledSlot.Alternative? {
    do throws(Diagnostics) {
      let stage = try type.configured(combination.parameters, folder: folder)
      let swept = combination.swept.map { Choice.Swept(path: $0.path, value: $0.value.text()) }
      return FilledSlot.Alternative(
        stage: stage, choice: Choice(slot: declaration.name, stage: type.name, swept: swept),
        location: place?.location)
    } catch {
      for problem in error.all.map({ $0.at(place?.location) }) where !report.problems.contains(problem) {
        report.add(problem)
      }
      return nil
    }
  }
}

extension Choice {
  /// Whether a swept value stands for a parameter, for a part of it or for what it is part of.
  fileprivate func tells(_ path: String) -> Bool {
    swept.contains { $0.path == path || $0.path.hasPrefix(path + ".") || path.hasPrefix($0.path + ".") }
  }
}

extension JSON {
  /// The value at a dotted path of members.
  fileprivate subscript(path path: String) -> JSON? {
    path.split(separator: ".").reduce(self as JSON?) { $0?[String($1)] }
  }
}
