import Diagnostics

/// Which combinations of the slots' alternatives a config leaves in.
struct CellRules {
  /// A combination that the config skips.
  struct Pattern {
    /// The slots that it is about, by position, in order.
    var slots: [Int]
    /// Which alternatives of each of them it matches.
    var matches: [[Bool]]

    func matches(_ choice: [Int]) -> Bool {
      for (slot, matches) in zip(slots, matches) {
        guard choice[slot] >= 0, matches[choice[slot]] else { return false }
      }
      return true
    }
  }

  /// Sweeps in several slots that go together: the first value of one with the first of the others, and so on.
  struct Pairing {
    /// For each slot that takes part the position of each alternative's value; nil where it has none.
    var positions: [Int: [Int?]]

    fileprivate func allows(_ choice: [Int], at slot: Int) -> Bool {
      guard let position = positions[slot]?[choice[slot]] else { return true }
      return positions.allSatisfy { other, positions in
        other >= slot || choice[other] < 0 || (positions[choice[other]] ?? position) == position
      }
    }
  }

  /// How many alternatives each slot has.
  let counts: [Int]
  private let patterns: [Pattern]
  private let pairings: [Pairing]
  /// The rules that can be told once a slot's alternative is known, and that of all slots before it.
  private let patternsEnding: [[Pattern]]
  private let pairingsAt: [[Pairing]]

  init(counts: [Int], patterns: [Pattern] = [], pairings: [Pairing] = []) {
    self.counts = counts
    self.patterns = patterns
    self.pairings = pairings
    patternsEnding = counts.indices.map { slot in patterns.filter { $0.slots.last == slot } }
    pairingsAt = counts.indices.map { slot in pairings.filter { $0.positions[slot] != nil } }
  }

  /// Whether every combination is left in.
  var isEmpty: Bool { patterns.isEmpty && pairings.isEmpty }

  /// The most combinations that are gone through: an experiment of more is a mistake.
  static let limit = 1_000_000

  /// Whether a combination is left in; slots without an alternative (below 0) take no part.
  func allows(_ choice: [Int]) -> Bool {
    choice.indices.allSatisfy { choice[$0] < 0 || allows(choice, through: $0) }
  }

  private func allows(_ choice: [Int], through slot: Int) -> Bool {
    for pairing in pairingsAt[slot] where !pairing.allows(choice, at: slot) { return false }
    for pattern in patternsEnding[slot] where pattern.matches(choice) { return false }
    return true
  }

  /// Whether some slots have no more combinations that are left in than `limit`.
  func isSmall(over slots: [Int]) -> Bool {
    var size = 1
    for slot in slots {
      let (product, overflows) = size.multipliedReportingOverflow(by: counts[slot])
      if overflows { return false }
      size = product
    }
    if isEmpty || size <= Self.limit { return size <= Self.limit }
    var walk = Walk(rules: self, choice: [Int](repeating: -1, count: counts.count))
    return walk.descend(slots[...], place: 0) { _, _ in }
  }

  /// Goes through the combinations of some slots that are left in, the last slot fastest.
  ///
  /// - Parameters:
  ///   - slots: not more than `isSmall` allows.
  ///   - body: takes the alternative of each slot, below 0 for the others, and the combination's number among all,
  ///     those that are left out among them.
  func forEach(over slots: [Int], _ body: ([Int], Int) -> Void) {
    var walk = Walk(rules: self, choice: [Int](repeating: -1, count: counts.count))
    _ = walk.descend(slots[...], place: 0, body)
  }

  /// The state of going through combinations.
  private struct Walk {
    let rules: CellRules
    var choice: [Int]
    var left = CellRules.limit
    /// Combinations that are looked at and left out cost time as well.
    var looks = 100 * CellRules.limit

    /// Fills in the slots that are open; false if there is too much to go through.
    mutating func descend(_ slots: ArraySlice<Int>, place: Int, _ body: ([Int], Int) -> Void) -> Bool {
      guard let slot = slots.first else {
        left -= 1
        guard left >= 0 else { return false }
        body(choice, place)
        return true
      }
      let rest = slots.dropFirst()
      looks -= rules.counts[slot]
      guard looks >= 0 else { return false }
      for alternative in 0..<rules.counts[slot] {
        choice[slot] = alternative
        guard rules.allows(choice, through: slot) else { continue }
        let next = place * rules.counts[slot] + alternative
        guard descend(rest, place: next, body) else { return false }
      }
      choice[slot] = -1
      return true
    }
  }
}
