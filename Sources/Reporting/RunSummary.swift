public import Diagnostics
public import RunRecords

/// What a run says at its end: how it went, its tables, its failures.
public struct RunSummary: Sendable {
  /// The run's record.
  public var manifest: Manifest
  /// The run's folder, as it is to be printed.
  public var folder: String
  /// The tables, in the order of the config.
  public var tables: [ResultTable]
  /// The last lines of the logs of nodes that failed, by the node's number.
  public var logs: [Int: [String]]

  /// How many failures are printed whole.
  static let mostFailures = 5

  /// Makes a summary.
  public init(manifest: Manifest, folder: String, tables: [ResultTable], logs: [Int: [String]] = [:]) {
    self.manifest = manifest
    self.folder = folder
    self.tables = tables
    self.logs = logs
  }

  /// Makes the summary of a run that is on disk, with the tables that its manifest asks for.
  ///
  /// - Throws: what ``ResultTable/init(_:results:metrics:)`` throws.
  public init(manifest: Manifest, folder: RunFolder) throws(Diagnostic) {
    self.init(manifest: manifest, folder: folder, tables: try ResultTable.tables(of: manifest))
  }

  /// Makes the summary of a run that is on disk, with tables that were made already.
  public init(manifest: Manifest, folder: RunFolder, tables: [ResultTable]) {
    var logs: [Int: [String]] = [:]
    for node in manifest.volatile.nodes where node.state == .failed {
      logs[node.id] = folder.logTail(node: node.id)
    }
    self.init(manifest: manifest, folder: folder.path, tables: tables, logs: logs)
  }

  /// The whole text, with a line break at its end.
  ///
  /// - Parameters:
  ///   - width: how many columns the terminal has.
  ///   - color: whether escape sequences may be used.
  ///   - showsAll: whether it says which results are not kept, and prints more failures than the first five; those
  ///     that are alike count as one.
  public func text(width: Int = 80, color: Bool = false, showsAll: Bool = false) -> String {
    var opening = [headline(width), outcome(width)] + cutOffs
    if showsAll { opening += kept }
    var blocks = [opening.joined(separator: "\n") + "\n"]
    blocks += tables.map { $0.text(width: width, color: color) }
    let claims = ClaimVerdict.verdicts(of: manifest)
    if !claims.isEmpty { blocks.append(claims.map { $0.text(color: color) + "\n" }.joined()) }
    blocks += failures(color: color, most: showsAll ? .max : RunSummary.mostFailures)
    return blocks.joined(separator: "\n")
  }

  private func headline(_ width: Int) -> String {
    let record = manifest.deterministic
    let seeds = Set(record.results.compactMap(\.seed)).count
    let cells = Set(record.results.map(\.choices)).count
    var parts = [record.name]
    if seeds > 0 { parts.append(counted(seeds, "seed")) }
    if cells > 0 { parts.append(counted(cells, "cell")) }
    return spread(printable(parts.joined(separator: " · ")), printable(folder), width)
  }

  private func outcome(_ width: Int) -> String {
    let volatile = manifest.volatile
    let verb =
      switch volatile.outcome {
      case .done: "done in"
      case .failed: "failed after"
      case .interrupted: "interrupted after"
      }
    var parts = ["\(verb) \(duration(volatile.seconds))", "ran \(volatile.count(.ran))"]
    let saved = volatile.nodes.compactMap(\.savedSeconds).reduce(0, +)
    parts.append("cached \(volatile.count(.cached))" + (saved > 0 ? " (saved \(duration(saved)))" : ""))
    if volatile.count(.cutOff) > 0 { parts.append("cut off \(volatile.count(.cutOff))") }
    if volatile.count(.ran) + volatile.count(.failed) > 0 || volatile.outcome != .done {
      parts.append("failed \(volatile.count(.failed))")
    }
    if volatile.count(.blocked) > 0 { parts.append("blocked \(volatile.count(.blocked))") }
    if volatile.count(.notRun) > 0 { parts.append("not run \(volatile.count(.notRun))") }
    return spread(parts.joined(separator: " · "), longest ?? "", width)
  }

  /// A line for each stage below which nodes were cut off.
  private var cutOffs: [String] {
    var counts: [String: Int] = [:]
    for node in manifest.volatile.nodes where node.state == .cutOff {
      if let reason = node.reason { counts[reason, default: 0] += 1 }
    }
    return counts.sorted { $0.key < $1.key }
      .map { "cut off: \(counted($0.value, "node")), \(printable($0.key))" }
  }

  /// Which results are not in the store, by stage.
  private var kept: [String] {
    let nodes = manifest.volatile.nodes
    let names = Dictionary(manifest.deterministic.nodes.map { ($0.id, $0.stage) }) { first, _ in first }
    var counts: [String: Int] = [:]
    for node in nodes where !node.isKept {
      counts[names[node.id] ?? "", default: 0] += 1
    }
    guard !counts.isEmpty else { return [] }
    let rest = counts.values.reduce(0, +)
    let stages = counts.sorted { $0.key < $1.key }.map { "\(printable($0.key)) × \($0.value)" }
    return [
      "kept \(nodes.count - rest) of \(counted(nodes.count, "result")); quicker to compute than to read: "
        + stages.joined(separator: ", ")
    ]
  }

  /// The stage of the node that took longest, of those that ran.
  private var longest: String? {
    let ran = manifest.volatile.nodes.filter { $0.state == .ran }
    guard let node = ran.max(by: { $0.seconds < $1.seconds }), let record = record(node.id) else {
      return nil
    }
    return "longest: \(record.stage) (\(duration(node.seconds)))"
  }

  private func record(_ id: Int) -> NodeRecord? { manifest.deterministic.node(id) }

  private func failures(color: Bool, most: Int) -> [String] {
    let failed = manifest.volatile.nodes.filter { $0.state == .failed }
    var groups: [[NodeOutcome]] = []
    var known: [String: Int] = [:]
    for node in failed {
      // What went wrong in the same way for several seeds and folds is printed once.
      let kind = "\(record(node.id)?.stage ?? "") \(record(node.id)?.place ?? "") \(node.error ?? "")"
      if let group = known[kind] {
        groups[group].append(node)
      } else {
        known[kind] = groups.count
        groups.append([node])
      }
    }
    var blocks = groups.prefix(most).map { failure($0, color: color) }
    let rest = groups.dropFirst(most).joined().count
    if rest > 0 {
      blocks.append("and \(rest) more failed: `pipe show \(manifest.volatile.run)` prints them all\n")
    }
    return blocks
  }

  /// The failure of the first of some nodes that failed alike.
  private func failure(_ nodes: [NodeOutcome], color: Bool) -> String {
    let node = nodes[0]
    let record = record(node.id)
    let others = nodes.count > 1 ? " (and \(nodes.count - 1) more in the same way)" : ""
    let title = "failed: \(printable(record?.name ?? "node \(node.id)"))\(others)"
    var lines = [color ? "\u{1B}[1;31m\(title)\u{1B}[0m" : title]
    if let place = record?.place { lines.append("  --> \(printable(place))") }
    lines += (node.error ?? "no error was recorded").split(separator: "\n").map { printable(String($0)) }
    if let log = logs[node.id], !log.isEmpty {
      lines.append("  log: \(printable(RunFolder(path: folder).logPath(node: node.id)))")
      lines += log.map { "    " + printable($0) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The second text at the right edge, or on a line of its own where it does not fit.
  private func spread(_ left: String, _ right: String, _ width: Int) -> String {
    if right.isEmpty { return left }
    let gap = width - left.count - right.count
    return gap >= 2 ? left + String(repeating: " ", count: gap) + right : left + "\n" + right
  }

  private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
