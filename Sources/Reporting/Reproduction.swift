internal import Artifacts
public import Diagnostics
public import RunRecords

/// What came of doing a run again: node by node, and as a whole.
public struct Reproduction: Sendable {
  /// How a result compares with that of the run.
  public enum NodeVerdict: Sendable, Equatable {
    /// The bytes are the same, or it failed as before.
    case identical
    /// A number differs by no more than the tolerance, relative to the larger of the two.
    case withinTolerance(relative: Double)
    /// A number differs by more, or bytes differ that are no number.
    case different(relative: Double?)
    /// The run has a result and there is none now.
    case missing
    /// The run's record says nothing of the result.
    case notCompared
  }

  /// A node with its verdict.
  public struct Node: Sendable {
    /// The node.
    public var record: NodeRecord
    /// How its result compares.
    public var verdict: NodeVerdict
    /// The number of the run, if it has one.
    public var old: Double?
    /// The number now.
    public var new: Double?
    /// The error that it ended in now.
    public var error: String?
  }

  /// How a run compares as a whole.
  public enum Verdict: String, Sendable { case identical, withinTolerance, different }

  /// The run that was done again.
  public let old: Manifest
  /// What it gave now.
  public let new: Manifest
  /// How much a number may differ, relative to the larger of the two.
  public let tolerance: Double
  /// Every node, in the order of the plan.
  public let nodes: [Node]
  /// Nodes whose bytes differ although what goes in has the same bytes.
  public let firstDifferences: [NodeRecord]

  /// Compares a run with what doing it again gave.
  public init(old: Manifest, new: Manifest, tolerance: Double) {
    self.old = old
    self.new = new
    self.tolerance = tolerance
    let digests = (old: old.outputDigests, new: new.outputDigests)
    func numbers(_ manifest: Manifest) -> [String: Double] {
      Dictionary(
        manifest.deterministic.results.compactMap { result in result.value.map { (result.key, $0) } }
      ) { first, _ in first }
    }
    let (before, after) = (numbers(old), numbers(new))
    func outcomes(_ manifest: Manifest) -> [Int: NodeOutcome] {
      Dictionary(manifest.volatile.nodes.map { ($0.id, $0) }) { first, _ in first }
    }
    let (oldOutcomes, newOutcomes) = (outcomes(old), outcomes(new))
    nodes = old.deterministic.nodes.map { record in
      let key = record.key.digest.hex
      let ending = newOutcomes[record.id]
      var node = Node(
        record: record, verdict: .notCompared, old: before[key], new: after[key], error: ending?.error)
      node.verdict = Self.verdict(
        digests.old[record.id], digests.new[record.id], node, oldOutcomes[record.id], ending, tolerance)
      return node
    }
    let verdicts = Dictionary(nodes.map { ($0.record.id, $0.verdict) }) { first, _ in first }
    firstDifferences = nodes.filter { node in
      switch node.verdict {
      case .withinTolerance, .different, .missing: break
      default: return false
      }
      return node.record.inputs.allSatisfy { [.identical, .notCompared].contains(verdicts[$0.node]) }
    }.map(\.record)
  }

  private static func verdict(
    _ old: [Digest]?, _ new: [Digest]?, _ node: Node, _ oldEnd: NodeOutcome?, _ newEnd: NodeOutcome?,
    _ tolerance: Double
  ) -> NodeVerdict {
    if oldEnd?.state == .failed {
      return newEnd?.state == .failed
        ? .identical : newEnd?.state == .ran ? .different(relative: nil) : .missing
    }
    guard let old else { return .notCompared }
    guard let new else { return .missing }
    if old == new { return .identical }
    guard let a = node.old, let b = node.new else { return .different(relative: nil) }
    if a == b { return .withinTolerance(relative: 0) }
    let relative = abs(a - b) / max(abs(a), abs(b))
    return relative <= tolerance ? .withinTolerance(relative: relative) : .different(relative: relative)
  }

  /// How the run compares as a whole: by what was measured, since bytes in between may differ by rounding.
  public var verdict: Verdict {
    var verdict = Verdict.identical
    for node in nodes {
      switch node.verdict {
      case .identical, .notCompared: continue
      case .missing: return .different
      case .withinTolerance: verdict = .withinTolerance
      case .different where isMeasured(node): return .different
      case .different: verdict = .withinTolerance
      }
    }
    return verdict
  }

  private func isMeasured(_ node: Node) -> Bool {
    // What is between has its outputs in the volatile part, and one that failed has none.
    node.old != nil || !node.record.outputs.isEmpty || node.error != nil
  }

  private func count(_ isCounted: (NodeVerdict) -> Bool) -> Int { nodes.count { isCounted($0.verdict) } }

  // MARK: Text

  /// How many differing numbers are listed.
  private static let mostListed = 10

  /// The comparison for people, with a line break at its end.
  public var text: String {
    let run = printable(old.volatile.run)
    let counted = nodes.count == 1 ? "1 node" : "\(nodes.count) nodes"
    var lines = ["\(headline): \(run)"]
    lines.append("computed \(counted) again in \(duration(new.volatile.seconds)): \(counts)")
    if verdict == .identical { lines.append("digest \(old.deterministic.digest.hex)") }
    lines += numbers + failures
    if !firstDifferences.isEmpty {
      lines.append("what goes in is the same, and what comes out is not:")
      lines += listed(firstDifferences.map { "  \(printable($0.name))" })
    }
    let environment = RunDifference.environment(old.volatile, new.volatile)
    if verdict != .identical, !environment.isEmpty {
      lines.append("machine and libraries:")
      lines += environment.map { "  \(printable("\($0.name)  \($0.old ?? "none") → \($0.new ?? "none")"))" }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private var headline: String {
    switch verdict {
    case .identical: "reproduced bit for bit"
    case .withinTolerance: "reproduced within tolerance"
    case .different: "not reproduced"
    }
  }

  private var counts: String {
    var parts = ["\(count { $0 == .identical }) identical"]
    let within = count { if case .withinTolerance = $0 { true } else { false } }
    if within > 0 { parts.append("\(within) within tolerance (\(tolerance) of the number)") }
    let different = count { if case .different = $0 { true } else { false } }
    if different > 0 { parts.append("\(different) different") }
    let missing = count { $0 == .missing }
    if missing > 0 { parts.append("\(missing) missing") }
    let unknown = count { $0 == .notCompared }
    if unknown > 0 { parts.append("\(unknown) not in the run's record") }
    return parts.joined(separator: " · ")
  }

  /// The numbers that differ, the largest difference first.
  private var numbers: [String] {
    let differing = nodes.compactMap { node -> (text: String, relative: Double)? in
      guard let old = node.old, let new = node.new else { return nil }
      switch node.verdict {
      case .withinTolerance(let relative), .different(.some(let relative)):
        let size = formatted("%.1e", relative)
        return ("  \(printable(node.record.name))  \(old) → \(new) (relative \(size))", relative)
      default: return nil
      }
    }
    guard !differing.isEmpty else { return [] }
    let sorted = differing.enumerated().sorted { a, b in
      (b.element.relative, a.offset) < (a.element.relative, b.offset)
    }
    return ["numbers that differ:"] + listed(sorted.map(\.element.text))
  }

  private var failures: [String] {
    let missing = nodes.filter { $0.verdict == .missing }
    guard !missing.isEmpty else { return [] }
    return ["missing now:"]
      + listed(
        missing.map { node in
          let cause = node.error.map { ": \($0.split(separator: "\n").first ?? "")" } ?? ""
          return "  \(printable(node.record.name + cause))"
        })
  }

  private func listed(_ lines: [String]) -> [String] {
    let rest = lines.count - Self.mostListed
    return Array(lines.prefix(Self.mostListed)) + (rest > 0 ? ["  … and \(rest) more"] : [])
  }

  // MARK: JSON

  /// The comparison as JSON.
  public var json: JSON {
    .object([
      "run": .string(old.volatile.run), "verdict": .string(verdict.rawValue), "tolerance": .number(tolerance),
      "seconds": .number(new.volatile.seconds), "oldDigest": .string(old.deterministic.digest.hex),
      "newDigest": .string(new.deterministic.digest.hex), "nodes": .array(nodes.map { json($0) }),
      "firstDifferences": .array(firstDifferences.map { .integer($0.id) }),
    ])
  }

  private func json(_ node: Node) -> JSON {
    let (word, relative): (String, Double?) =
      switch node.verdict {
      case .identical: ("identical", nil)
      case .withinTolerance(let relative): ("withinTolerance", relative)
      case .different(let relative): ("different", relative)
      case .missing: ("missing", nil)
      case .notCompared: ("notCompared", nil)
      }
    return .object([
      "id": .integer(node.record.id), "name": .string(node.record.name), "verdict": .string(word),
      "old": .optional(node.old), "new": .optional(node.new), "relative": .optional(relative),
      "error": .optional(node.error),
    ])
  }
}
