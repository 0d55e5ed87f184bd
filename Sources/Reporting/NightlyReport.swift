internal import Diagnostics
public import RunRecords

/// What changed for the worse against the reference of a config.
public struct NightlyReport: Sendable {
  /// One thing that is worse.
  public struct Finding: Sendable, Equatable {
    /// The kinds, in the order in which they are listed.
    public enum Kind: String, Sendable, CaseIterable {
      case noReference = "no reference"
      case missing = "missing"
      case claim = "claim"
      case worse = "worse"
      case slower = "slower"
    }

    /// Which kind it is.
    public var kind: Kind
    /// What it is about, with numbers.
    public var text: String
  }

  /// The config.
  public let name: String
  /// What is worse.
  public let findings: [Finding]
  /// What is better or new, and what could not be compared.
  public let notes: [String]

  /// Smaller changes of a number, as a share of it, are rounding.
  private static let rounding = 1e-6

  /// Compares a run with the reference of its config, if there is one.
  public init(_ reference: Manifest?, _ run: Manifest) {
    name = run.deterministic.name
    guard let reference else {
      findings = [Finding(kind: .noReference, text: "write one with --update --reason TEXT")]
      notes = []
      return
    }
    let difference = RunDifference(reference, run)
    var findings = difference.onlyOld.map { Finding(kind: .missing, text: $0) }
    findings += Self.lost(reference, run)
    var notes = difference.onlyNew.map { "new: \($0)" }
    for change in difference.metrics
    where change.exceedsSpread != false && change.relativeSize > Self.rounding {
      switch change.verdict {
      case "worse": findings.append(Finding(kind: .worse, text: Self.text(change)))
      case let verdict: notes.append("\(verdict): \(Self.text(change))")
      }
    }
    let (claims, news) = Self.claims(reference, run)
    let (slower, note) = NightlyTimes(reference, run).findings
    self.findings = (findings + claims + slower).enumerated().sorted {
      (Self.order($0.element), $0.offset) < (Self.order($1.element), $1.offset)
    }.map(\.element)
    self.notes = notes + news + (note.map { [$0] } ?? [])
  }

  private static func order(_ finding: Finding) -> Int {
    Finding.Kind.allCases.firstIndex(of: finding.kind) ?? 0
  }

  /// Cells that had numbers and have none now, since a stage failed.
  private static func lost(_ reference: Manifest, _ run: Manifest) -> [Finding] {
    let failed = run.volatile.nodes.filter { $0.state == .failed }
    return failed.map { node in
      let error = (node.error ?? "").split(separator: "\n").first.map(String.init) ?? ""
      return Finding(
        kind: .missing, text: "\(run.deterministic.node(node.id)?.name ?? "a node") failed: \(error)")
    }
  }

  private static func text(_ change: MetricChange) -> String {
    let numbers = [change.old, change.new].map { cell in
      let deviation = cell.deviation.map { " ± \(formatted("%.2g", $0))" } ?? ""
      return formatted("%.6g", cell.mean ?? .nan) + deviation
    }
    let cell = change.cell.isEmpty ? "" : "\(change.cell) · "
    return "\(cell)\(change.metric) \(numbers[0]) → \(numbers[1])"
  }

  /// Claims that held and do not, and those that now hold.
  private static func claims(_ reference: Manifest, _ run: Manifest) -> ([Finding], [String]) {
    let before = Dictionary(
      ClaimVerdict.verdicts(of: reference).map { ($0.claim.say, $0.outcome) }
    ) { first, _ in first }
    var (lost, news): ([Finding], [String]) = ([], [])
    for verdict in ClaimVerdict.verdicts(of: run) {
      let text = "\(verdict.claim.say): \(verdict.outcome.rawValue) (\(verdict.measured))"
      switch (before[verdict.claim.say], verdict.outcome) {
      case (.holds?, .doesNotHold), (.holds?, .notMeasured): lost.append(Finding(kind: .claim, text: text))
      case (.doesNotHold?, .holds), (.notMeasured?, .holds), (nil, _): news.append("claim: \(text)")
      default: break
      }
    }
    return (lost, news)
  }

  /// One line, and one for each finding and note.
  public var text: String {
    let head = findings.isEmpty ? "as its reference" : "\(findings.count) worse than its reference"
    var lines = ["\(name): \(head)"]
    lines += findings.map { "  \($0.kind.rawValue): \(printable($0.text))" }
    lines += notes.map { "  (\(printable($0)))" }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Compares how long stages took.
struct NightlyTimes {
  /// The stages of one kind in one place of the experiment, over its replicates.
  private struct Group {
    var seconds: [Double] = []
    var mean: Double { Reporting.mean(seconds) }
  }

  /// Less is noise in any case.
  private static let leastSeconds = 0.1
  /// A share that two sittings on one machine may differ by.
  private static let leastShare = 0.5

  private(set) var findings: ([NightlyReport.Finding], note: String?) = ([], nil)

  init(_ reference: Manifest, _ run: Manifest) {
    let kinds = [reference, run].map {
      "\($0.volatile.cores) cores, \($0.volatile.versions.openBLASCore ?? "?")"
    }
    let after = Self.groups(run)
    guard !after.isEmpty else { return }
    guard kinds[0] == kinds[1] else {
      findings.note =
        "times are not compared: the reference was taken on \(kinds[0]), this run on \(kinds[1])"
      return
    }
    let before = Self.groups(reference)
    for (name, group) in after.sorted(by: { $0.key < $1.key }) {
      guard let old = before[name] else { continue }
      let spread = [old, group].map { standardDeviation($0.seconds) ?? 0 }.max() ?? 0
      let noise = max(3 * spread, Self.leastShare * old.mean, Self.leastSeconds)
      guard group.mean - old.mean > noise else { continue }
      findings.0.append(
        NightlyReport.Finding(
          kind: .slower, text: "\(name) \(duration(old.mean)) → \(duration(group.mean))"))
    }
  }

  /// The seconds of the nodes that ran, by their name without the replicate.
  private static func groups(_ manifest: Manifest) -> [String: Group] {
    var groups: [String: Group] = [:]
    for node in manifest.volatile.nodes where node.state == .ran {
      guard let record = manifest.deterministic.node(node.id) else { continue }
      let parts = record.name.components(separatedBy: " · ")
      let name = parts.filter { !$0.hasPrefix("seed ") && !$0.hasPrefix("fold ") }.joined(separator: " · ")
      groups[name, default: Group()].seconds.append(node.seconds)
    }
    return groups
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
