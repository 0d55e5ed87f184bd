internal import Diagnostics
internal import RunRecords

/// A part of a row or column: a slot with its stage and some of its swept parameters, one swept parameter alone, or
/// the seed.
struct AxisPart {
  /// What a table names to show the replicates side by side; no slot is named so.
  static let seed = "seed"

  let slot: String
  let showsStage: Bool
  let paths: [String]

  /// A result with its replicate as one more choice, for tables that show replicates side by side.
  static func withSeed(_ result: MeasuredValue) -> MeasuredValue {
    var result = result
    if let seed = result.seed { result.choices.append(Choice(slot: Self.seed, stage: String(seed))) }
    return result
  }

  /// What the part is about, as a config names it.
  var title: String { showsStage || paths.count != 1 ? slot : "\(slot).\(paths[0])" }

  /// What was chosen here; nil where the slot or the parameter takes no part.
  func choice(among choices: [Choice]) -> Choice? {
    guard let choice = choices.first(where: { $0.slot == slot }) else { return nil }
    let swept = choice.swept.filter { paths.contains($0.path) }
    if !showsStage, swept.isEmpty { return nil }
    return Choice(slot: slot, stage: showsStage ? choice.stage : "", swept: swept)
  }
}

/// The slots of some combinations of choices with their swept parameters, in the order of first appearance.
struct SlotIndex {
  private(set) var slots: [String] = []
  private(set) var paths: [String: [String]] = [:]

  init(_ combinations: [[Choice]]) {
    for choice in combinations.joined() {
      if paths[choice.slot] == nil {
        slots.append(choice.slot)
        paths[choice.slot] = []
      }
      for swept in choice.swept where paths[choice.slot]?.contains(swept.path) == false {
        paths[choice.slot]?.append(swept.path)
      }
    }
  }

  /// All that a table's rows and columns may name.
  var names: [String] {
    slots.filter { $0 != AxisPart.seed }.flatMap { slot in
      [slot] + paths[slot, default: []].map { "\(slot).\($0)" }
    } + [AxisPart.seed]
  }

  /// The part that a name in a table stands for; a slot without the parameters that stand for themselves
  /// elsewhere.
  func part(_ name: String, apartFrom named: Set<String>) -> AxisPart {
    guard let dot = name.firstIndex(of: ".") else { return rest(of: name, apartFrom: named) }
    let path = String(name[name.index(after: dot)...])
    return AxisPart(slot: String(name[..<dot]), showsStage: false, paths: [path])
  }

  /// A slot with its stage and the parameters that are not named.
  func rest(of slot: String, apartFrom named: Set<String>) -> AxisPart {
    let paths = paths[slot, default: []].filter { !named.contains("\(slot).\($0)") }
    return AxisPart(slot: slot, showsStage: true, paths: paths)
  }

  /// A choice for people: `kernel-pca · rbf gamma 0.005 · components 2`, `seed 3`.
  func label(_ choice: Choice?) -> String {
    guard let choice else { return "" }
    if choice.slot == AxisPart.seed { return "seed \(choice.stage)" }
    let swept = choice.swept.map { "\(shortened($0.path, of: choice.slot)) \(valueLabel($0.value))" }
    return ((choice.stage.isEmpty ? [] : [choice.stage]) + swept).joined(separator: " · ")
  }

  /// The last two parts of a path without its first, or the whole path where that is not clear within the
  /// slot.
  private func shortened(_ path: String, of slot: String) -> String {
    func short(_ path: String) -> String {
      let parts = path.split(separator: ".")
      return (parts.count < 2 ? parts[...] : parts.dropFirst().suffix(2)).joined(separator: " ")
    }
    let wanted = short(path)
    let isUnique = paths[slot, default: []].allSatisfy { $0 == path || short($0) != wanted }
    return isUnique ? wanted : path.split(separator: ".").joined(separator: " ")
  }
}

/// A swept value for people: `rbf gamma 0.005` for `{"rbf":{"gamma":0.005}}`.
private func valueLabel(_ text: String) -> String {
  guard let json = try? JSON.parse(SourceText(file: "", text)) else { return text }
  return valueLabel(json)
}

private func valueLabel(_ json: JSON) -> String {
  if let members = json.members {
    return members.map { member in
      let value = valueLabel(member.value)
      return value.isEmpty ? member.key : "\(member.key) \(value)"
    }.joined(separator: " ")
  }
  if let items = json.items { return "[" + items.map(valueLabel).joined(separator: ", ") + "]" }
  return json.string ?? json.text()
}
