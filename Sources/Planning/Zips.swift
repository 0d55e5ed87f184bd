import Diagnostics
import PipelineDSL
import RunRecords
import StageKit

/// Sweeps that a config takes together, value by value, instead of multiplying them.
struct Zips {
  /// A swept parameter by its dotted path.
  struct Path {
    var text: String
    var slot: String
    var stage: String
    /// The path within the stage.
    var parameter: String
    var location: SourceLocation?

    /// Takes `slot.stage.parameter…` apart; nil for anything else.
    init?(_ text: String, at location: SourceLocation?) {
      let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
      self.text = text
      (slot, stage, parameter) = (parts[0], parts[1], parts[2])
      self.location = location
    }
  }

  /// A sweep that was found in a slot.
  struct Found {
    var slot: String
    var stage: String
    var parameter: String
    var count: Int

    var text: String { "\(slot).\(stage).\(parameter)" }
  }

  private var groups: [(paths: [Path], location: SourceLocation?)] = []

  /// The numbers of the zips by the paths of their parameters within a stage.
  func numbers(slot: String, stage: String) -> [String: Int] {
    var numbers: [String: Int] = [:]
    for (number, group) in groups.enumerated() {
      for path in group.paths where path.slot == slot && path.stage == stage {
        numbers[path.parameter] = number
      }
    }
    return numbers
  }

  // MARK: Reading

  /// Reads the zips of a config.
  init(_ json: JSON?, slots: [SlotDeclaration], report: ParameterReport) {
    guard let json else { return }
    guard let lists = json.items, lists.allSatisfy({ $0.items != nil }) else {
      report.add(
        Diagnostic(
          .wrongType, "`zip` takes a list of lists of swept parameters", fields: ["given": json.text()],
          hint: "write \"zip\": [[\"reduce.pca.components\", \"probe.logistic.c\"]]", at: json.location))
      return
    }
    var seen: Set<String> = []
    for list in lists {
      let items = list.items ?? []
      if items.count < 2 {
        report.add(
          Diagnostic(.badConfig, "a zip takes at least two swept parameters", at: list.location))
      }
      let paths = items.compactMap { item -> Path? in
        do throws(Diagnostic) {
          let path = try Self.path(item, slots)
          guard seen.insert(path.text).inserted else {
            throw Diagnostic(.badConfig, "`\(path.text)` stands in `zip` twice", hint: "take one out")
          }
          return path
        } catch {
          report.add(error.at(item.location))
          return nil
        }
      }
      groups.append((paths, list.location))
    }
  }

  private static func path(_ json: JSON, _ slots: [SlotDeclaration]) throws(Diagnostic) -> Path {
    guard let text = json.string else {
      throw Diagnostic(
        .wrongType, "\(json.typeName) stands where the path of a swept parameter should",
        fields: ["given": json.text()])
    }
    if text == "seeds" || text == "seed" {
      throw Diagnostic(
        .badConfig, "seeds cannot be zipped: they are replicates of every cell",
        hint: "a table shows them side by side with \"rows\": [\"seed\"]")
    }
    guard let path = Path(text, at: json.location) else {
      throw Diagnostic(
        .badConfig, "`\(text)` is no path of a swept parameter",
        hint: "write it as slot.stage.parameter, such as reduce.pca.components")
    }
    guard slots.contains(where: { $0.name == path.slot }) else {
      let names = slots.map(\.name)
      throw Diagnostic(
        .unknownName, "there is no slot `\(path.slot)`", fields: ["allowed": names.joined(separator: ", ")],
        hint: suggestion(for: path.slot, among: names))
    }
    return path
  }

  // MARK: Checking

  /// Makes sure that every path is swept, and that the sweeps of one zip are equally long.
  func check(_ found: [Found], slots: [FilledSlot], report: ParameterReport) {
    for group in groups {
      var counts: [(path: Path, counts: Set<Int>)] = []
      for path in group.paths {
        let sweeps = found.filter { $0.text == path.text }
        if sweeps.isEmpty {
          report.add(notSwept(path, found, slots))
        } else {
          counts.append((path, Set(sweeps.map(\.count))))
        }
      }
      guard counts.count == group.paths.count, Set(counts.flatMap(\.counts)).count > 1 else { continue }
      var problem = Diagnostic(
        .badConfig, "the sweeps of a zip have different numbers of values",
        hint: "give each the same number: the first value goes with the first, and so on", at: group.location)
      for (path, counts) in counts {
        problem = problem.with(path.text, counts.sorted().map(String.init).joined(separator: " and "))
      }
      report.add(problem)
    }
  }

  private func notSwept(_ path: Path, _ found: [Found], _ slots: [FilledSlot]) -> Diagnostic {
    let isThere = slots.contains { slot in
      slot.declaration.name == path.slot
        && slot.alternatives.contains { alternative in
          alternative.choice.stage == path.stage
            && alternative.stage?.parameters.value(at: path.parameter) != nil
        }
    }
    var swept: [String] = []
    for sweep in found where !swept.contains(sweep.text) { swept.append(sweep.text) }
    let there = swept.isEmpty ? "none" : swept.joined(separator: ", ")
    if isThere {
      return Diagnostic(
        .badConfig, "`\(path.text)` is not swept", fields: ["swept": there],
        hint: "give it as many values as the others have, by { \"each\": […] }", at: path.location)
    }
    return Diagnostic(
      .unknownName, "no sweep is named `\(path.text)`", fields: ["swept": there],
      hint: suggestion(for: path.text, among: swept), at: path.location)
  }

  // MARK: Rules

  /// The zips that reach over several slots, as rules on the combinations of their alternatives.
  func pairings(of slots: [FilledSlot]) -> [CellRules.Pairing] {
    groups.indices.compactMap { number in
      var positions: [Int: [Int?]] = [:]
      for (index, slot) in slots.enumerated() {
        let zipped = slot.alternatives.map { $0.zipped[number] }
        if zipped.contains(where: { $0 != nil }) { positions[index] = zipped }
      }
      return positions.count > 1 ? CellRules.Pairing(positions: positions) : nil
    }
  }
}

extension JSON {
  /// What stands at a dotted path.
  func value(at path: String) -> JSON? {
    path.split(separator: ".").reduce(self as JSON?) { $0?[String($1)] }
  }
}
