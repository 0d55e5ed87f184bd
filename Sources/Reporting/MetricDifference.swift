internal import Diagnostics
public import RunRecords

/// How a measured number of one cell differs between two runs.
public struct MetricChange: Sendable {
  /// What the change is held against.
  public enum Test: Sendable, Equatable {
    /// Student's paired test over the replicates that both runs have, with its two-sided p-value.
    case paired(count: Int, p: Double)
    /// The pooled standard deviation, where the runs do not have the same replicates.
    case pooled(deviation: Double)
    /// Nothing: there is one value on each side.
    case single
  }

  /// The choices that differ between cells; empty where there is one cell.
  public var cell: String
  /// The metric.
  public var metric: String
  /// Which end of the metric is better.
  public var better: MetricDirection.Better
  /// The numbers of the old run.
  public var old: ResultTable.Cell
  /// The numbers of the new run.
  public var new: ResultTable.Cell
  /// The new mean less the old one.
  public var change: Double
  /// What the change is held against.
  public var test: Test

  /// Whether the change exceeds the replicates' spread: p < 0.05, or more than the pooled standard deviation; nil
  /// where no spread is known.
  public var exceedsSpread: Bool? {
    switch test {
    case .paired(_, let p): change != 0 && p < 0.05
    case .pooled(let deviation): change != 0 && !(abs(change) <= deviation)
    case .single: change == 0 ? false : nil
    }
  }

  /// What the change means: `better`, `worse`, `changed`, `within the spread` or `same`.
  public var verdict: String {
    if change == 0 { return "same" }
    if exceedsSpread == false { return "within the spread" }
    switch better {
    case .higher: return change > 0 ? "better" : "worse"
    case .lower: return change < 0 ? "better" : "worse"
    case .neither: return "changed"
    }
  }

  /// The change as a share of the larger of the two numbers.
  var relativeSize: Double {
    let scale = max(abs(old.mean ?? 0), abs(new.mean ?? 0))
    guard change != 0 else { return 0 }
    return scale > 0 && scale.isFinite ? abs(change) / scale : .infinity
  }
}

/// Compares the numbers of two runs cell by cell.
///
/// A slot whose choice is the same throughout a run, in both runs, says nothing about which cell is which: so a run
/// without whitening and one with it have the same cells. A parameter that only one of the runs sweeps counts with
/// the value that the other has for it.
struct MetricDifference {
  private struct Place: Hashable {
    var choices: [Choice]
    var metric: String
  }

  private(set) var changes: [MetricChange] = []
  /// Cells with numbers in one of the runs only.
  private(set) var onlyOld: [String] = []
  private(set) var onlyNew: [String] = []

  init(_ old: DeterministicRecord, _ new: DeterministicRecord) {
    let places = CellPlaces(old, new)
    let (oldPlaces, newPlaces) = (Self.places(old, places.old), Self.places(new, places.new))
    let (oldCells, newCells) = (Self.cells(old, oldPlaces), Self.cells(new, newPlaces))
    let better = Dictionary((old.metrics + new.metrics).map { ($0.metric, $0.better) }) { _, last in last }
    for place in distinct(newPlaces + oldPlaces) {
      let label = places.label(place.choices)
      guard let before = oldCells[place], let after = newCells[place] else {
        let text = [label, place.metric].filter { !$0.isEmpty }.joined(separator: " · ")
        if oldCells[place] == nil { onlyNew.append(text) } else { onlyOld.append(text) }
        continue
      }
      let (oldCell, newCell) = (before.cell, after.cell)
      guard let oldMean = oldCell.mean, let newMean = newCell.mean else { continue }
      changes.append(
        MetricChange(
          cell: label, metric: place.metric, better: better[place.metric] ?? .neither, old: oldCell,
          new: newCell, change: oldMean == newMean ? 0 : newMean - oldMean, test: Self.test(before, after)))
    }
    // What is alike stays in the order of the config.
    changes = changes.enumerated().sorted { a, b in
      let (first, second) = (a.element.exceedsSpread ?? true, b.element.exceedsSpread ?? true)
      if first != second { return first }
      let (size, other) = (a.element.relativeSize, b.element.relativeSize)
      return size != other ? size > other : a.offset < b.offset
    }.map(\.element)
  }

  private static func places(_ record: DeterministicRecord, _ choices: [[Choice]: [Choice]]) -> [Place] {
    record.results.map { Place(choices: choices[$0.choices] ?? $0.choices, metric: $0.metric) }
  }

  private static func cells(_ record: DeterministicRecord, _ places: [Place]) -> [Place: Replicates] {
    var cells: [Place: Replicates] = [:]
    for (place, result) in zip(places, record.results) {
      _ = cells[place, default: Replicates()].add(result, isPending: false)
    }
    return cells
  }

  private static func test(_ old: Replicates, _ new: Replicates) -> MetricChange.Test {
    if let pairs = old.pairs(with: new), pairs.count >= 2,
      let p = pairedTest(pairs.map { $0.1 - $0.0 })
    {
      return .paired(count: pairs.count, p: p)
    }
    let sides = [old.values, new.values]
    let freedom = sides.map { max(0, $0.count - 1) }.reduce(0, +)
    guard freedom > 0 else { return .single }
    let squares = sides.map { values in
      standardDeviation(values).map { $0 * $0 * Double(values.count - 1) } ?? 0
    }
    return .pooled(deviation: (squares.reduce(0, +) / Double(freedom)).squareRoot())
  }
}

/// Which cells of two runs belong together.
struct CellPlaces {
  /// What the choices of the old run's results stand for: the same in both runs for the same cell.
  private(set) var old: [[Choice]: [Choice]] = [:]
  /// The same for the new run.
  private(set) var new: [[Choice]: [Choice]] = [:]
  private var index = SlotIndex([])
  /// The swept parameters of a stage in a slot, in either run.
  private var swept: [Choice: [String]] = [:]

  init(_ old: DeterministicRecord, _ new: DeterministicRecord) {
    for choice in DistinctChoices(old.results + new.results).all.joined() {
      let stage = Choice(slot: choice.slot, stage: choice.stage)
      let known = swept[stage] ?? []
      swept[stage] = known + choice.swept.map(\.path).filter { !known.contains($0) }
    }
    let (oldWhole, newWhole) = (whole(old), whole(new))
    let telling = Self.varying(oldWhole).union(Self.varying(newWhole))
    index = SlotIndex((oldWhole + newWhole).map { $0.whole.filter { telling.contains($0.slot) } })
    func places(_ pairs: [(given: [Choice], whole: [Choice])]) -> [[Choice]: [Choice]] {
      Dictionary(
        pairs.map { given, whole in
          // That a slot takes part stays visible: one metric may be measured with and without it.
          (given, whole.map { telling.contains($0.slot) ? $0 : Choice(slot: $0.slot, stage: "") })
        }
      ) { first, _ in first }
    }
    self.old = places(oldWhole)
    self.new = places(newWhole)
  }

  /// The choices that differ between cells, for people.
  func label(_ choices: [Choice]) -> String {
    choices.filter { !$0.stage.isEmpty }.map(index.label).joined(separator: " · ")
  }

  private func whole(_ record: DeterministicRecord) -> [(given: [Choice], whole: [Choice])] {
    DistinctChoices(record.results).all.map { choices in
      (choices, choices.map { complete($0, record.config) })
    }
  }

  /// The slots in which not all choices are the same.
  private static func varying(_ pairs: [(given: [Choice], whole: [Choice])]) -> Set<String> {
    var seen: [String: Set<Choice>] = [:]
    for choice in pairs.flatMap(\.whole) { seen[choice.slot, default: []].insert(choice) }
    return Set(seen.filter { $0.value.count > 1 }.keys)
  }

  /// A choice with a value for every parameter that either run sweeps.
  private func complete(_ choice: Choice, _ config: JSON) -> Choice {
    let paths = swept[Choice(slot: choice.slot, stage: choice.stage)] ?? []
    return Choice(
      slot: choice.slot, stage: choice.stage,
      swept: paths.compactMap { path in
        choice.swept.first { $0.path == path } ?? value(of: path, choice, config)
      })
  }

  /// The value that all alternatives of a stage have for a parameter.
  private func value(of path: String, _ choice: Choice, _ config: JSON) -> Choice.Swept? {
    let alternatives = (config[choice.slot]?.items ?? []).compactMap { $0[choice.stage] }
    let values = alternatives.map { parameters in
      path.split(separator: ".").reduce(Optional(parameters)) { json, name in json?[String(name)] }?.text()
    }
    guard let first = values.first, let first, values.allSatisfy({ $0 == first }) else { return nil }
    return Choice.Swept(path: path, value: first)
  }
}
