internal import Diagnostics
internal import RunRecords

extension RunDifference {
  /// How many changes of numbers are listed unless all are asked for.
  static let mostChanges = 20

  /// The difference for people, with a line break at its end.
  ///
  /// - Parameters:
  ///   - width: how many columns the terminal has.
  ///   - showsAll: whether numbers that did not change are listed too, however many.
  public func text(width: Int = 80, showsAll: Bool = false) -> String {
    let (oldRun, newRun) = (printable(old.volatile.run), printable(new.volatile.run))
    if let commonDigest {
      return "identical: \(oldRun) and \(newRun) have the deterministic digest \(commonDigest)\n"
    }
    var blocks = ["\(oldRun) → \(newRun)\n"]
    if !config.isEmpty { blocks.append("config\n" + lines(config.map(line))) }
    if !inputs.isEmpty { blocks.append("inputs\n" + lines(inputs.map(inputLine))) }
    if !environment.isEmpty {
      let changes = environment.map { "\($0.name)  \($0.old ?? "none") → \($0.new ?? "none")" }
      blocks.append("machine and libraries\n" + lines(changes))
    }
    blocks.append(nodesText)
    blocks.append(metricsText(width: width, showsAll: showsAll))
    return blocks.joined(separator: "\n")
  }

  private func lines(_ texts: [String]) -> String { texts.map { "  \(printable($0))\n" }.joined() }

  private func line(_ change: ConfigChange) -> String {
    func side(_ value: String?, _ origin: String?) -> String {
      value.map { "\($0)\(origin.map { " (\($0))" } ?? "")" } ?? "none"
    }
    return
      "\(change.path)  \(side(change.old, change.oldOrigin)) → \(side(change.new, change.newOrigin))"
  }

  private func inputLine(_ pair: Pair) -> String {
    switch (pair.old, pair.new) {
    case (let old?, let new?): "\(pair.name)  content changed, \(old.prefix(12)) → \(new.prefix(12))"
    case (nil, let new?): "\(pair.name)  only in the new run, \(new.prefix(12))"
    default: "\(pair.name)  only in the old run, \((pair.old ?? "").prefix(12))"
    }
  }

  private var nodesText: String {
    func count(_ kind: NodeChange.Kind) -> Int {
      nodes.filter { $0.kind == kind }.map(\.nodes.count).reduce(0, +)
    }
    var parts = ["\(sameNodes - count(.otherBytes)) the same"]
    if count(.changed) > 0 { parts.append("\(count(.changed)) changed") }
    if count(.added) > 0 { parts.append("\(count(.added)) added") }
    if count(.removed) > 0 { parts.append("\(count(.removed)) removed") }
    if count(.otherBytes) > 0 { parts.append("\(count(.otherBytes)) with the same key and other bytes") }
    let groups = nodes.map { change in
      let name = change.nodes.count == 1 ? change.nodes[0] : "\(change.stage) × \(change.nodes.count)"
      return "\(name)  \(change.reason ?? change.kind.rawValue)"
    }
    return "nodes: \(parts.joined(separator: " · "))\n" + lines(groups)
  }

  private func metricsText(width: Int, showsAll: Bool) -> String {
    var head = ["\(metrics.count) compared"]
    for verdict in ["better", "worse", "changed", "within the spread", "same"] {
      let count = metrics.count { $0.verdict == verdict }
      if count > 0 { head.append("\(count) \(verdict)") }
    }
    let changed = metrics.filter { showsAll || $0.change != 0 }
    let shown = showsAll ? changed[...] : changed.prefix(RunDifference.mostChanges)
    var text = "numbers: \(head.joined(separator: " · "))\n"
    if !shown.isEmpty { text += table(Array(shown)) + notes(Array(shown)) }
    if changed.count > shown.count {
      text += "and \(changed.count - shown.count) smaller changes: --all lists them\n"
    }
    for (names, run) in [(onlyOld, "old"), (onlyNew, "new")] where !names.isEmpty {
      let most = showsAll ? names.count : 5
      let rest = names.count > most ? [", … (\(names.count - most) more)"] : []
      text += "only in the \(run) run: \(names.prefix(most).joined(separator: ", "))\(rest.joined())\n"
    }
    return text
  }

  private func table(_ shown: [MetricChange]) -> String {
    let formats = Dictionary(
      distinct(shown.map(\.metric)).map { metric in
        (metric, NumberFormat(metrics.filter { $0.metric == metric }.flatMap { [$0.old, $0.new] }))
      }
    ) { first, _ in first }
    func number(_ change: MetricChange, _ cell: ResultTable.Cell) -> String {
      let texts = (formats[change.metric] ?? .significant).texts(cell.mean ?? .nan, cell.deviation)
      return texts.mean + (texts.deviation.map { " ± \($0)" } ?? "")
    }
    var columns: [TextColumn] = []
    if shown.contains(where: { !$0.cell.isEmpty }) {
      columns.append(TextColumn("cell", shown.map { printable($0.cell) }))
    }
    columns.append(TextColumn("metric", shown.map { $0.metric + $0.better.arrow }))
    columns.append(TextColumn("old", shown.map { number($0, $0.old) }, alignsRight: true))
    columns.append(TextColumn("new", shown.map { number($0, $0.new) }, alignsRight: true))
    let changes = shown.map { change in
      signed(change.change, formats[change.metric] ?? .significant)
    }
    columns.append(TextColumn("change", changes, alignsRight: true))
    columns.append(TextColumn("verdict", shown.map(verdict)))
    return TextColumn.lines(columns, color: false)
  }

  private func signed(_ change: Double, _ format: NumberFormat) -> String {
    if change == 0 { return "0" }
    let text = format.texts(abs(change), nil).mean
    let isVisible = text.contains { $0 != "0" && $0 != "." }
    return (change < 0 ? "−" : "+") + (isVisible ? text : formatted("%.1e", abs(change)))
  }

  private func verdict(_ change: MetricChange) -> String {
    if change.change == 0 { return "same" }
    let word = change.exceedsSpread == false ? "within" : change.verdict
    switch change.test {
    case .paired(_, let p): return word + (p < 0.001 ? ", p < 0.001" : formatted(", p = %.3f", p))
    case .pooled(let deviation) where deviation > 0:
      return word + formatted(", %.1f sd", abs(change.change) / deviation)
    case .pooled: return "\(word), no spread"
    case .single: return "\(word), one value each"
    }
  }

  private func notes(_ shown: [MetricChange]) -> String {
    var parts: [String] = []
    let counts = distinct(
      shown.compactMap { change -> Int? in
        if case .paired(let count, _) = change.test { count } else { nil }
      })
    if !counts.isEmpty {
      let words = counts.count == 1 ? "\(counts[0])" : "the"
      parts.append("p: paired t-test over \(words) replicates that both runs have")
    }
    let isPooled = shown.contains { if case .pooled = $0.test { true } else { false } }
    if isPooled { parts.append("sd: pooled standard deviation of the replicates, which are not the same") }
    if shown.contains(where: { $0.change != 0 && $0.exceedsSpread == false }) {
      parts.append("within: not beyond the replicates' spread (p ≥ 0.05, or up to 1 sd)")
    }
    return parts.map { $0 + "\n" }.joined()
  }
}

extension MetricDirection.Better {
  /// An arrow to the better end, with a space before it.
  var arrow: String {
    switch self {
    case .higher: " ↑"
    case .lower: " ↓"
    case .neither: ""
    }
  }
}
