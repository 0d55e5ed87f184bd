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
    /// How the stage is run.
    var conduct = Conduct()
    /// The position of its value in each zip that it takes part in, by the zip's number.
    var zipped: [Int: Int] = [:]
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
  let config: Config
  let zips: Zips
  let report: ParameterReport
  /// The sweeps that were found so far.
  private(set) var sweeps: [Zips.Found] = []

  init(catalog: StageCatalog, config: Config, zips: Zips, report: ParameterReport) {
    self.catalog = catalog
    self.config = config
    self.zips = zips
    self.report = report
  }

  mutating func fill(_ declaration: SlotDeclaration) -> FilledSlot {
    var slot = FilledSlot(declaration: declaration, alternatives: [])
    guard let given = config.json[declaration.name] else {
      if let standard = declaration.standard {
        for name in standard { slot.alternatives += alternatives(.string(name), declaration) }
      } else {
        report.add(missing(declaration))
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
      for item in items { slot.alternatives += alternatives(item, declaration) }
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

  private func missing(_ declaration: SlotDeclaration) -> Diagnostic {
    let names = catalog.names(for: declaration.kind).joined(separator: ", ")
    return Diagnostic(
      .missingValue, "the slot `\(declaration.name)` is not filled", fields: ["allowed": names],
      hint: "write \"\(declaration.name)\": \(declaration.allowsSeveral ? "[ { … } ]" : "{ … }")",
      at: config.json["pipeline"]?.location)
  }

  /// The alternatives that one entry of a slot stands for: more than one if it sweeps.
  private mutating func alternatives(
    _ json: JSON, _ declaration: SlotDeclaration
  ) -> [FilledSlot.Alternative] {
    do throws(Diagnostic) {
      let (name, parameters, place, conduct) = try entry(json, declaration)
      if name == passThroughName, declaration.kind.passesThrough {
        let choice = Choice(slot: declaration.name, stage: passThroughName)
        return [FilledSlot.Alternative(stage: nil, choice: choice, location: place?.location)]
      }
      guard let type = catalog[name], type.kind == declaration.kind else {
        throw unknown(name, declaration, place)
      }
      let numbers = zips.numbers(slot: declaration.name, stage: name)
      let combinations = try Sweep(zips: numbers).combinations(of: parameters)
      note(combinations, declaration.name, name)
      return combinations.compactMap { combination in
        var alternative = configure(type, combination, declaration, place)
        alternative?.conduct = conduct
        for swept in combination.swept {
          if let number = numbers[swept.path] { alternative?.zipped[number] = swept.position }
        }
        return alternative
      }
    } catch {
      report.add(error)
      return []
    }
  }

  private mutating func note(_ combinations: [Sweep.Combination], _ slot: String, _ stage: String) {
    var counts: [String: Set<Int>] = [:]
    for combination in combinations {
      for swept in combination.swept where counts[swept.path, default: []].insert(swept.count).inserted {
        sweeps.append(Zips.Found(slot: slot, stage: stage, parameter: swept.path, count: swept.count))
      }
    }
  }

  /// The stage's name and parameters in `{ "name": { … } }` or `"name"`, and how it is run if that stands beside.
  private func entry(
    _ json: JSON, _ declaration: SlotDeclaration
  ) throws(Diagnostic) -> (String, JSON, JSONPlace?, Conduct) {
    if let name = json.string { return (name, .object([]), json.place, Conduct()) }
    let members = json.members?.filter { !Conduct.keys.contains($0.key) } ?? []
    guard members.count == 1 else {
      throw Diagnostic(
        .wrongType, "one stage should stand here, as { \"name\": { parameters } }",
        fields: ["given": json.text(), "slot": declaration.name], at: json.location)
    }
    let conduct = try Conduct(json.members ?? [])
    return (members[0].key, members[0].value, members[0].keyPlace ?? json.place, conduct)
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
      let stage = try type.configured(rebased(combination.parameters, of: type), folder: config.folder)
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
  /// The parameters with the paths that a base gives: they start at the base's folder, and are made to start at that
  /// of the config.
  private func rebased(_ parameters: JSON, of type: StageType) -> JSON {
    guard var members = parameters.members, !config.baseFolders.isEmpty else { return parameters }
    // Which parameters are paths, a source shows by what it makes of them.
    let mark = "?/"
    let stage = try? type.configured(parameters, folder: mark)
    let paths = (stage?.sources ?? []).map(\.file).filter { $0.hasPrefix(mark) }
      .map { String($0.dropFirst(mark.count)) }
    for index in members.indices {
      guard let path = members[index].value.string, paths.contains(path),
        let file = members[index].value.location?.file, let folder = config.baseFolders[file]
      else { continue }
      members[index].value = JSON(.string(folder + path), place: members[index].value.place)
    }
    return JSON(.object(members), place: parameters.place)
  }
}
