public import Diagnostics

/// A sentence of a paper that a config checks by number.
public struct ClaimSpecification: Sendable, Equatable {
  /// The sentence.
  public var say: String
  /// Where it stands.
  public var source: String?
  /// How it is checked.
  public var check: ClaimCheck
  /// What was found where it does not hold.
  public var found: String?
  /// The claim as the config writes it.
  public let json: JSON
}

/// How a claim is checked by numbers of a run: means over the replicates.
public struct ClaimCheck: Sendable, Equatable {
  /// What is compared.
  public enum Kind: Sendable, Equatable {
    /// A number lies near another.
    case near(CellPattern, value: Double, within: Margin)
    /// One cell against another, or against a number.
    case comparison(CellPattern, Relation, Side, Margin)
    /// Each of several cells against the next.
    case order([CellPattern], Relation, Margin)
    /// In which share of the cells the best of some alternatives beats the best of the others.
    ///
    /// Cells that differ only in the slots that the patterns name are compared with each other; a tie is no win.
    case wins(CellPattern, against: CellPattern?, Contest, Relation, share: Double)
    /// How numbers go along a sweep, from its least value to its largest.
    case trend(CellPattern, along: String, Trend, Margin)
  }

  /// Which cells compete with each other.
  public struct Contest: Sendable, Equatable {
    /// The cells that take part.
    public var of: CellPattern
    /// Swept parameters that must be the same, as `slot.parameter`, though their slot is one that competes.
    public var alike: [String]
  }

  /// The other side of a comparison.
  public enum Side: Sendable, Equatable {
    /// That many times the number of another cell.
    case cell(CellPattern, factor: Double)
    /// A number.
    case number(Double)
  }

  /// A metric that every run has: how long the stage took whose result is measured.
  public static let seconds = "seconds"

  /// The metrics: what is said must hold for each of them, and shares are those over all of them.
  public var metrics: [String]
  /// What is compared.
  public var kind: Kind
  /// Which number counts where a pattern leaves several cells.
  public var take = Take.mean

  /// Every pattern of the check.
  public var patterns: [CellPattern] {
    switch kind {
    case .near(let cell, _, _), .trend(let cell, _, _, _): [cell]
    case .comparison(let left, _, .cell(let right, _), _): [left, right]
    case .comparison(let left, _, .number, _): [left]
    case .order(let cells, _, _): cells
    case .wins(let cell, let rivals, let contest, _, _): [cell] + (rivals.map { [$0] } ?? []) + [contest.of]
    }
  }
}

/// How two numbers are to each other.
public enum Relation: String, Sendable, CaseIterable {
  case less = "<"
  case atMost = "<="
  case equal = "="
  case atLeast = ">="
  case more = ">"

  /// Whether it holds, when the left side may miss by `slack`.
  public func holds(_ left: Double, _ right: Double, slack: Double = 0) -> Bool {
    switch self {
    case .less: left < right + slack
    case .atMost: left <= right + slack
    case .equal: abs(left - right) <= slack
    case .atLeast: left >= right - slack
    case .more: left > right - slack
    }
  }
}

/// Where numbers go along a sweep.
public enum Trend: String, Sendable, CaseIterable {
  /// No step goes down by more than the slack, and the last number is above the first.
  case rises
  /// No step goes up by more than the slack, and the last number is below the first.
  case falls
  /// No number is farther from another than the slack.
  case flat
}

/// Which number counts where a pattern leaves several cells; best and worst by the metric's direction.
public enum Take: String, Sendable, CaseIterable { case mean, best, worst }

/// How far a number may be off: by an amount, or by a share of the number it is compared with.
public struct Margin: Sendable, Equatable {
  /// The amount; a share where it is relative.
  public var amount: Double
  /// Whether the amount is a share.
  public var isRelative: Bool

  /// Makes a margin.
  public init(_ amount: Double, isRelative: Bool = false) {
    self.amount = amount
    self.isRelative = isRelative
  }

  /// The margin beside a number.
  public func amount(beside value: Double) -> Double { isRelative ? amount * abs(value) : amount }
}

/// Some cells of an experiment, by the choices that lead to them; without conditions all of them.
public struct CellPattern: Sendable, Equatable {
  /// What one slot must hold.
  public struct Condition: Sendable, Equatable {
    /// The name as it is written: a slot, or a swept parameter as `slot.path` or `slot.stage.path`.
    public var name: String
    /// The values that fit, one of which must be there; null for a slot that has no part in the cell.
    public var values: [JSON]

    /// Makes a condition.
    public init(name: String, values: [JSON]) {
      self.name = name
      self.values = values
    }

    /// The slot.
    public var slot: String { String(name.prefix { $0 != "." }) }
    /// What stands behind the slot; nil where the slot's stage is meant.
    public var path: String? { name.contains(".") ? String(name.dropFirst(slot.count + 1)) : nil }
  }

  /// All that must hold.
  public var conditions: [Condition]

  /// Makes a pattern.
  public init(conditions: [Condition]) { self.conditions = conditions }

  /// Whether choices are as the pattern says.
  public func matches(_ choices: [Choice]) -> Bool { conditions.allSatisfy { $0.matches(choices) } }
}

extension CellPattern.Condition {
  /// Whether one of the choices is as the condition says.
  public func matches(_ choices: [Choice]) -> Bool {
    guard let value = value(in: choices) else {
      return path == nil && values.contains(.null) && !choices.contains { $0.slot == slot }
    }
    return values.contains { $0.isMatched(by: value) }
  }

  /// The slot's stage, or the value of its swept parameter, by its path with or without the stage before it.
  public func value(in choices: [Choice]) -> JSON? {
    guard let choice = choices.first(where: { $0.slot == slot }) else { return nil }
    guard let path else { return .string(choice.stage) }
    for swept in choice.swept where path == swept.path || path == "\(choice.stage).\(swept.path)" {
      return swept.json
    }
    return nil
  }
}

extension Choice.Swept {
  /// The value as JSON.
  public var json: JSON? { try? JSON.parse(SourceText(file: "", value)) }
}

extension JSON {
  /// Whether a value is what a pattern says: numbers by their size, a case by its name or by the fields that are given
  /// for it.
  public func isMatched(by value: JSON?) -> Bool {
    guard let value else { return false }
    if let one = number, let other = value.number { return one == other }
    if let members = value.members {
      if let name = string { return members.count == 1 && members[0].key == name }
      return self.members?.allSatisfy { $0.value.isMatched(by: value[$0.key]) } ?? false
    }
    if let some = items, let others = value.items {
      return some.count == others.count && zip(some, others).allSatisfy { $0.isMatched(by: $1) }
    }
    return self == value
  }
}
