internal import Artifacts
import Diagnostics
public import RunRecords

/// What became of a claim in a run.
public struct ClaimVerdict: Sendable, Equatable {
  /// Whether a claim holds.
  public enum Outcome: String, Sendable, CaseIterable {
    case holds
    case doesNotHold = "does not hold"
    /// A number that it needs is missing: a stage failed, or the run was interrupted.
    case notMeasured = "not measured"
  }

  /// The claim.
  public var claim: ClaimSpecification
  /// Whether it holds.
  public var outcome: Outcome
  /// The numbers that were compared, such as `0.957 ≥ 0.931`.
  public var measured: String

  /// The verdicts on a run's claims, in the order of the config.
  public static func verdicts(of manifest: Manifest) -> [ClaimVerdict] {
    let claims = manifest.deterministic.claims
    guard !claims.isEmpty else { return [] }
    let needsSeconds = claims.contains { $0.check.metrics.contains(ClaimCheck.seconds) }
    let results = manifest.deterministic.results + (needsSeconds ? manifest.stageSeconds : [])
    var directions = Dictionary(manifest.deterministic.metrics.map { ($0.metric, $0.better) }) { one, _ in one
    }
    directions[ClaimCheck.seconds] = .lower
    return claims.map { claim in
      let checker = ClaimChecker(claim.check, results: results, directions: directions)
      let (outcome, measured) = checker.verdict
      return ClaimVerdict(claim: claim, outcome: outcome, measured: measured)
    }
  }

  /// One line, or two where the config says what was found: `claim  …  holds (0.957 ≥ 0.931)  arXiv:…`.
  public func text(color: Bool = false) -> String {
    let verdict =
      switch (color, outcome) {
      case (true, .holds): "\u{1B}[32mholds\u{1B}[0m"
      case (true, _): "\u{1B}[33m\(outcome.rawValue)\u{1B}[0m"
      case (false, _): outcome.rawValue
      }
    let source = claim.source.map { "  \(printable($0))" } ?? ""
    var lines = ["claim  \(printable(claim.say))  \(verdict) (\(measured))\(source)"]
    switch (outcome, claim.found) {
    case (.doesNotHold, let found?): lines.append("       found: \(printable(found))")
    case (.holds, .some): lines.append("       it holds now: take `found` out of the config")
    default: break
    }
    return lines.joined(separator: "\n")
  }
}

extension Manifest {
  /// How long the stage of each measured cell took, as results of the metric `seconds`.
  ///
  /// A result that was cut from a larger fit has that fit's time; one from the store the time that it took once.
  var stageSeconds: [MeasuredValue] {
    let record = deterministic
    let outcomes = Dictionary(volatile.nodes.map { ($0.id, $0) }) { first, _ in first }
    let nodes = Dictionary(record.nodes.map { ($0.key.digest.hex, $0) }) { first, _ in first }
    func seconds(_ node: NodeRecord) -> Double? {
      if let fit = node.inputs.lazy.compactMap({ record.node($0.node) }).first(where: {
        $0.stage == node.stage
      }) {
        return seconds(fit)
      }
      guard let outcome = outcomes[node.id], outcome.error == nil else { return nil }
      return outcome.state == .ran ? outcome.seconds : outcome.savedSeconds
    }
    var seen: Set<String> = []
    return record.results.compactMap { result in
      guard let stage = result.choices.last?.stage, let measure = nodes[result.key],
        let subject = measure.inputs.compactMap({ record.node($0.node) }).first(where: { $0.stage == stage }),
        seen.insert("\(result.choices) \(result.seed ?? -1) \(result.fold ?? -1)").inserted
      else { return nil }
      var value = result
      value.metric = ClaimCheck.seconds
      value.value = seconds(subject)
      return value
    }
  }
}
