import Diagnostics
import PipelineDSL
import RunRecords
import StageKit

extension SlotFiller {
  /// Makes sure that names and tables can tell the alternatives of a slot apart.
  ///
  /// Alternatives of one stage that a config writes out one by one get the parameters in which they differ as if
  /// these had been swept; two that do not differ at all are an error, as they would count twice.
  func tellApart(_ slot: inout FilledSlot) {
    var byStage: [String: [Int]] = [:]
    for (index, alternative) in slot.alternatives.enumerated() {
      byStage[alternative.choice.stage, default: []].append(index)
    }
    for indices in byStage.values.sorted(by: { $0[0] < $1[0] }) where indices.count > 1 {
      let choices = Set(indices.map { slot.alternatives[$0].choice })
      if choices.count < indices.count { nameDifferences(among: indices, in: &slot) }
      var seen: Set<String> = []
      for index in indices {
        let alternative = slot.alternatives[index]
        if seen.insert(alternative.stage?.parameters.text() ?? "").inserted { continue }
        report.add(
          Diagnostic(
            .badConfig,
            "`\(alternative.choice.stage)` stands twice in the slot `\(slot.declaration.name)` "
              + "with the same parameters",
            fields: ["parameters": alternative.stage?.parameters.text() ?? "none"], at: alternative.location))
      }
    }
  }

  private func nameDifferences(among indices: [Int], in slot: inout FilledSlot) {
    let parameters = indices.map { slot.alternatives[$0].stage?.parameters ?? .object([]) }
    for path in Self.differences(among: parameters, path: []) {
      let name = path.joined(separator: ".")
      for (index, parameters) in zip(indices, parameters) {
        let value = path.reduce(parameters) { $0[$1] ?? .null }
        if slot.alternatives[index].choice.swept.contains(where: { $0.path == name }) { continue }
        slot.alternatives[index].choice.swept.append(Choice.Swept(path: name, value: value.text()))
      }
    }
  }

  /// The paths of the innermost values that are not the same everywhere.
  private static func differences(among values: [JSON], path: [String]) -> [[String]] {
    guard let first = values.first, values.contains(where: { $0 != first }) else { return [] }
    guard let keys = first.members?.map(\.key), values.allSatisfy({ $0.members?.map(\.key) == keys }) else {
      return [path]
    }
    return keys.flatMap { key in differences(among: values.compactMap { $0[key] }, path: path + [key]) }
  }
}
