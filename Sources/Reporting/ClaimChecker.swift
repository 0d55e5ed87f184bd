internal import Diagnostics
internal import RunRecords

/// Checks one claim by the numbers of a run.
struct ClaimChecker {
  /// A cell: one combination of choices, with the mean of its replicates.
  private struct Cell {
    let choices: [Choice]
    /// Nil where a replicate is missing.
    let mean: Double?
  }

  /// What cells that compete have in common.
  private struct Group: Hashable {
    let others: [Choice]
    let alike: [String?]
  }

  private let check: ClaimCheck
  /// The cells of each metric, in the order of the check's metrics.
  private let cells: [[Cell]]
  private let directions: [String: MetricDirection.Better]

  init(_ check: ClaimCheck, results: [MeasuredValue], directions: [String: MetricDirection.Better]) {
    self.check = check
    self.directions = directions
    cells = check.metrics.map { metric in
      var order: [[Choice]] = []
      var values: [[Choice]: [Double?]] = [:]
      for result in results where result.metric == metric {
        if values[result.choices] == nil { order.append(result.choices) }
        values[result.choices, default: []].append(result.value)
      }
      return order.map { choices in
        let all = values[choices] ?? []
        let numbers = all.compactMap(\.self)
        return Cell(choices: choices, mean: numbers.count == all.count ? mean(numbers) : nil)
      }
    }
  }

  /// Whether the claim holds, and the numbers that say so.
  var verdict: (ClaimVerdict.Outcome, String) {
    if case .wins(let winner, let rivals, let contest, let relation, let share) = check.kind {
      return wins(winner, rivals, contest, relation, share)
    }
    var texts: [String] = []
    var outcome = ClaimVerdict.Outcome.holds
    for number in check.metrics.indices {
      let (holds, text) = compare(number)
      texts.append(check.metrics.count > 1 ? "\(check.metrics[number]) \(text)" : text)
      if holds == nil { outcome = .notMeasured }
      if holds == false, outcome == .holds { outcome = .doesNotHold }
    }
    return (outcome, texts.joined(separator: ", "))
  }

  /// The check for one metric; nil where a number is missing.
  private func compare(_ number: Int) -> (Bool?, String) {
    switch check.kind {
    case .near(let cell, let wanted, let margin):
      guard let found = value(cell, number) else { return (nil, missing) }
      let within = margin.amount(beside: wanted)
      return (abs(found - wanted) <= within, "\(text(found)) against \(text(wanted)) ± \(text(within))")
    case .comparison(let left, let relation, let right, let slack):
      return compare(left, relation, right, slack, number)
    case .order(let patterns, let relation, let slack):
      let values = patterns.compactMap { value($0, number) }
      guard values.count == patterns.count else { return (nil, missing) }
      let holds = zip(values, values.dropFirst()).allSatisfy {
        relation.holds($0, $1, slack: slack.amount(beside: $1))
      }
      return (holds, values.map(text).joined(separator: " \(relation.sign) "))
    case .trend(let pattern, let along, let trend, let slack): return go(pattern, along, trend, slack, number)
    case .wins: return (nil, missing)
    }
  }

  private func compare(
    _ left: CellPattern, _ relation: Relation, _ right: ClaimCheck.Side, _ slack: Margin, _ number: Int
  ) -> (Bool?, String) {
    var (other, factor): (Double?, Double) = (nil, 1)
    switch right {
    case .cell(let pattern, let times): (other, factor) = (value(pattern, number), times)
    case .number(let bound): other = bound
    }
    guard let found = value(left, number), let other else { return (nil, missing) }
    let slack = slack.amount(beside: factor * other)
    let holds = relation.holds(found, factor * other, slack: slack)
    let bound = factor == 1 ? text(other) : "\(text(factor)) × \(text(other))"
    let allowance = slack == 0 ? "" : relation.allowsLess ? " − \(text(slack))" : " + \(text(slack))"
    let sign = holds ? relation.sign : "not \(relation.sign)"
    return (holds, "\(text(found)) \(sign) \(bound)\(allowance)")
  }

  private func go(
    _ pattern: CellPattern, _ along: String, _ trend: Trend, _ slack: Margin, _ number: Int
  ) -> (Bool?, String) {
    let axis = CellPattern.Condition(name: along, values: [])
    let matching = cells[number].filter { pattern.matches($0.choices) }
    let places = Set(matching.compactMap { axis.value(in: $0.choices)?.number }).sorted()
    let values = places.map { place in
      taken(matching.filter { axis.value(in: $0.choices)?.number == place }, number)
    }
    let known = values.compactMap(\.self)
    guard known.count == values.count, let first = known.first, let last = known.last, known.count > 1 else {
      return (nil, missing)
    }
    let steps = zip(known, known.dropFirst())
    let holds =
      switch trend {
      case .rises: last > first && steps.allSatisfy { $1 >= $0 - slack.amount(beside: $0) }
      case .falls: last < first && steps.allSatisfy { $1 <= $0 + slack.amount(beside: $0) }
      case .flat: (known.max() ?? 0) - (known.min() ?? 0) <= slack.amount(beside: first)
      }
    return (holds, known.map(text).joined(separator: ", "))
  }

  /// Counts the cells that the winner's alternatives win, each among those that differ in its slots alone and have the
  /// same values of the parameters that must be alike.
  private func wins(
    _ winner: CellPattern, _ rivals: CellPattern?, _ contest: ClaimCheck.Contest, _ relation: Relation,
    _ share: Double
  ) -> (ClaimVerdict.Outcome, String) {
    let slots = Set((winner.conditions + (rivals?.conditions ?? [])).map(\.slot))
    let alike = contest.alike.map { CellPattern.Condition(name: $0, values: []) }
    var (won, fought, isWhole) = (0, 0, true)
    for number in check.metrics.indices {
      let groups = Dictionary(grouping: cells[number].filter { contest.of.matches($0.choices) }) { cell in
        Group(
          others: cell.choices.filter { !slots.contains($0.slot) },
          alike: alike.map { $0.value(in: cell.choices)?.text() })
      }
      for group in groups.values {
        let own = group.filter { winner.matches($0.choices) }
        let others = group.filter { !winner.matches($0.choices) && rivals?.matches($0.choices) ?? true }
        if own.isEmpty || others.isEmpty { continue }
        guard let mine = best(own, number), let theirs = best(others, number) else {
          isWhole = false
          continue
        }
        fought += 1
        if isBetter(mine, than: theirs, number) { won += 1 }
      }
    }
    let measured = "\(won) of \(fought)"
    guard isWhole, fought > 0 else { return (.notMeasured, measured) }
    let holds = relation.holds(Double(won) / Double(fought), share)
    return (holds ? .holds : .doesNotHold, "\(measured), \(relation.sign) \(text(100 * share)) % said")
  }

  private func value(_ pattern: CellPattern, _ number: Int) -> Double? {
    taken(cells[number].filter { pattern.matches($0.choices) }, number)
  }

  /// The number that counts of several cells; nil where one of them is missing.
  private func taken(_ cells: [Cell], _ number: Int) -> Double? {
    switch check.take {
    case .best: return best(cells, number)
    case .mean, .worst:
      let values = cells.compactMap(\.mean)
      guard values.count == cells.count, !values.isEmpty else { return nil }
      if check.take == .mean { return mean(values) }
      return lowerIsBetter(number) ? values.max() : values.min()
    }
  }

  private func best(_ cells: [Cell], _ number: Int) -> Double? {
    let values = cells.compactMap(\.mean)
    guard values.count == cells.count else { return nil }
    return lowerIsBetter(number) ? values.min() : values.max()
  }

  private func lowerIsBetter(_ number: Int) -> Bool { directions[check.metrics[number]] == .lower }

  private func isBetter(_ value: Double, than other: Double, _ number: Int) -> Bool {
    lowerIsBetter(number) ? value < other : value > other
  }

  private let missing = "a number is missing"

  /// A number with four significant digits, without zeros at its end.
  private func text(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    return formatted("%.4g", value)
  }
}

extension Relation {
  /// The sign as it is printed.
  var sign: String {
    switch self {
    case .less, .equal, .more: rawValue
    case .atMost: "≤"
    case .atLeast: "≥"
    }
  }

  /// Whether slack lowers the bound.
  fileprivate var allowsLess: Bool { self == .atLeast || self == .more }
}
