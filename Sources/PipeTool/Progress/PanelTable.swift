/// The part of the panel that has a line for each stage: where its columns stand, and what is in them.
struct PanelTable {
  /// A column of numbers.
  private enum Count: String, CaseIterable {
    case run, failed, blocked, stored

    /// What the column holds for a stage.
    func value(_ tally: StageTally) -> Int {
      switch self {
      case .run: tally[.running]
      case .failed: tally[.failed]
      case .blocked: tally[.blocked]
      case .stored: tally.kept
      }
    }
  }

  private let view: PanelView
  private let color: Bool
  private let nameWidth: Int
  private let barWidth: Int
  private let doneWidth: Int
  private let counts: [(count: Count, width: Int)]
  private let nowWidth: Int

  private static let leastNow = 16
  private static let leastBar = 6

  init(_ view: PanelView, _ stages: [Int], width: Int, color: Bool) {
    self.view = view
    self.color = color
    let most = stages.map { view.stages[$0].toRun }.max() ?? 0
    let names = stages.map { TerminalText.columns(of: view.stages[$0].name) }.max() ?? 0
    let doneWidth = max(2 * "\(most)".count + 1, 4)
    // A column stands where any stage has something to say in it, those that say least give way first.
    var counts = Count.allCases.filter { count in
      count == .run || view.stages.contains { $0.toRun > 0 && count.value($0) > 0 }
    }.map { ($0, max($0.rawValue.count, "\(most)".count)) }
    var nameWidth = min(names, max(width / 4, 8))
    func rest() -> Int { width - nameWidth - 2 - doneWidth - counts.reduce(0) { $0 + $1.1 + 2 } - 2 }
    for giving in [Count.stored, .blocked, .run, .failed] where rest() < Self.leastNow + Self.leastBar + 2 {
      counts.removeAll { $0.0 == giving }
    }
    if rest() < 0 { nameWidth = max(nameWidth + rest(), 1) }
    let room = rest()
    barWidth = room < Self.leastBar + 2 ? 0 : min(max((room - 2) / 3, Self.leastBar), 30)
    nowWidth = max(room - (barWidth > 0 ? barWidth + 2 : 0), 0)
    self.doneWidth = doneWidth
    self.nameWidth = nameWidth
    self.counts = counts
  }

  /// The names of the columns.
  var heads: PanelLine {
    var line = PanelLine(color: color)
    line.add(TerminalText.fitted("stage", to: nameWidth), .faint)
    var end = barEnd + doneWidth
    line.add("done", endingAt: end, .faint)
    for (count, width) in counts {
      end += 2 + width
      line.add(count.rawValue, endingAt: end, .faint)
    }
    if nowWidth >= 3 {
      line.pad(to: end + 2)
      line.add("now", .faint)
    }
    return line
  }

  private var barEnd: Int { nameWidth + 2 + (barWidth > 0 ? barWidth + 2 : 0) }

  /// The line of a stage.
  func row(_ stage: Int) -> PanelLine {
    let tally = view.stages[stage]
    var line = PanelLine(color: color)
    let isBusy = tally[.running] > 0
    let name = TerminalText.fitted(tally.name, to: nameWidth)
    line.add(name, isBusy ? .strong : tally.isOver ? .plain : .faint)
    line.pad(to: nameWidth + 2)
    if barWidth > 0 {
      let weight = max(tally.weight, 1e-12)
      line.addBar(done: view.doneWeight(of: stage) / weight, lost: tally.lostWeight / weight, width: barWidth)
    }
    var end = barEnd + doneWidth
    line.add("\(tally.done)/\(tally.toRun)", endingAt: end)
    for (count, width) in counts {
      end += 2 + width
      let value = count.value(tally)
      guard value > 0 else { continue }
      line.add("\(value)", endingAt: end, count == .failed || count == .blocked ? .bad : .plain)
    }
    let now = now(stage)
    if !now.text.isEmpty {
      line.pad(to: end + 2)
      line.add(now.text, now.style)
    }
    return line
  }

  /// What happens in a stage: the nodes that run; where none does, what it took or will take.
  private func now(_ stage: Int) -> (text: String, style: PanelLine.Style) {
    let tally = view.stages[stage]
    let running = view.running.filter { $0.stage == stage }
    if !running.isEmpty { return (list(running), .plain) }
    if tally.isOver {
      let text = tally[.ran] > 0 ? "took \(SpokenTime.measured(tally.ranSeconds))" : ""
      return (TerminalText.fitted(text, to: nowWidth), .faint)
    }
    guard let each = tally.estimate(nil), !view.isInterrupted else { return ("", .faint) }
    let left = each * Double(tally[.waiting])
    // What is over before it can be read is not foretold.
    let text = left < 0.5 ? "" : "about \(SpokenTime.rough(left))"
    return (TerminalText.fitted(text, to: nowWidth), .faint)
  }

  /// As many running nodes as fit, the first of them cut short if it must be.
  private func list(_ running: [PanelView.Running]) -> String {
    var text = ""
    for node in running {
      let time = node.seconds < 1 ? "" : SpokenTime.exact(node.seconds)
      let entry = [time, node.label].filter { !$0.isEmpty }.joined(separator: "  ")
      let longer = text.isEmpty ? entry : "\(text) | \(entry)"
      if TerminalText.columns(of: longer) > nowWidth {
        return text.isEmpty ? TerminalText.fitted(entry, to: nowWidth) : text
      }
      text = longer
    }
    return text
  }
}
