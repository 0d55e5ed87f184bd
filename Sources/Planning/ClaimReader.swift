import Diagnostics
import PipelineDSL
import RunRecords
import StageKit

/// Reads the claims of a config once it is known what will be measured.
extension Expansion {
  /// The claims; whatever in them can never be checked is reported.
  func claims() -> [ClaimSpecification] {
    guard let json = plan.config.json["claims"] else { return [] }
    guard let items = json.items else {
      report.add(
        Diagnostic(
          .wrongType, "`claims` takes a list", fields: ["given": json.typeName],
          hint: "write \"claims\": [{ \"say\": \"…\", \"check\": { … } }]", at: json.location))
      return []
    }
    return items.compactMap { item in
      do throws(Diagnostic) {
        let claim = try ClaimSpecification(item)
        try require(claim, item)
        return claim
      } catch {
        report.add(error.at(item.location))
        return nil
      }
    }
  }

  private func require(_ claim: ClaimSpecification, _ item: JSON) throws(Diagnostic) {
    let metrics = distinct(plan.measured.map(\.metric)) + [ClaimCheck.seconds]
    for metric in claim.check.everyMetric where !metrics.contains(metric) {
      let key = claim.check.metrics.contains(metric) ? "metric" : "correlates"
      throw Diagnostic(
        .unknownName, "nothing in this experiment is measured by `\(metric)`",
        fields: ["there are": metrics.joined(separator: ", ")], hint: suggestion(for: metric, among: metrics),
        at: item["check"]?[key]?.location)
    }
    let cells = claimCells
    for pattern in claim.check.patterns {
      for condition in pattern.conditions { try require(condition, among: cells) }
      guard cells.contains(where: pattern.matches) else {
        throw Diagnostic(
          .badConfig, "this claim is about cells that there are not",
          fields: ["pattern": pattern.conditions.map(\.name).joined(separator: ", ")],
          hint: "take a member out that never goes with the others", at: item["check"]?.location)
      }
    }
    if case .wins(_, _, let contest, _, _) = claim.check.kind {
      for name in contest.alike {
        let condition = CellPattern.Condition(name: name, values: [])
        guard condition.path != nil, cells.contains(where: { condition.value(in: $0) != nil }) else {
          throw Diagnostic(
            .unknownName, "no cell has a value of `\(name)`",
            hint: "write it as slot.parameter, such as reduce.components",
            at: item["check"]?["alike"]?.location)
        }
      }
    }
    if case .trend(_, let along, _, _) = claim.check.kind {
      let condition = CellPattern.Condition(name: along, values: [])
      guard cells.contains(where: { condition.value(in: $0)?.number != nil }) else {
        throw Diagnostic(
          .unknownName, "no cell has a number for `\(along)`",
          hint: "write it as slot.parameter, such as reduce.components", at: item["check"]?["along"]?.location
        )
      }
    }
  }

  private var claimCells: [[Choice]] { distinct(plan.measured.map(\.choices)) }

  private func require(
    _ condition: CellPattern.Condition, among cells: [[Choice]]
  ) throws(Diagnostic) {
    let names = slots.map(\.declaration.name)
    guard names.contains(condition.slot) else {
      throw Diagnostic(
        .unknownName, "there is no slot `\(condition.slot)`",
        fields: ["allowed": names.joined(separator: ", ")],
        hint: suggestion(for: condition.slot, among: names), at: condition.values.first?.location)
    }
    let there = distinct(cells.compactMap { condition.value(in: $0)?.text() })
    for value in condition.values {
      let one = CellPattern.Condition(name: condition.name, values: [value])
      guard cells.contains(where: one.matches) else {
        throw Diagnostic(
          .unknownName, "no measured cell has `\(condition.name)` \(value.text())",
          fields: ["there are": there.isEmpty ? "none" : there.prefix(20).joined(separator: ", ")],
          hint: value.string.flatMap { suggestion(for: $0, among: there.map { $0.filter { $0 != "\"" } }) },
          at: value.location)
      }
    }
  }
}
