/// Lays a view out as lines: a pure function of what there is to see and of the room there is.
///
/// The first line is the run, the second the heads of the columns or, once the run is interrupted, a notice; then a
/// line for each stage that has work. Where there are more stages than room, those that matter least share the last
/// line. No line is wider, and there are no more lines, than the room allows.
struct PanelLayout {
  private let view: PanelView
  private let width: Int
  private let height: Int
  private let color: Bool
  private let shown: [Int]
  private let hidden: [Int]
  private let isTable: Bool

  static let notice = "interrupting: finishing at a safe point; Ctrl-C again ends at once"

  /// - Parameters:
  ///   - width: the columns to use; one less than the terminal has, so that no line wraps.
  ///   - height: the lines to use.
  init(_ view: PanelView, width: Int, height: Int, color: Bool) {
    self.view = view
    self.width = width
    self.height = height
    self.color = color
    let stages = view.stages.indices.filter { view.stages[$0].toRun > 0 }
    isTable = height >= 4 && width >= 24
    let room = isTable ? height - 2 : 0
    let chosen =
      stages.count <= room
      ? Set(stages)
      : Set(
        stages.sorted { (view.urgency(of: $0), $0) < (view.urgency(of: $1), $1) }.prefix(max(room - 1, 0)))
    shown = stages.filter(chosen.contains)
    hidden = stages.filter { !chosen.contains($0) }
  }

  /// The lines from top to bottom.
  var lines: [PanelLine] {
    guard width > 0, height > 0 else { return [] }
    guard isTable else { return [view.isInterrupted ? noticeLine : overall] }
    let table = PanelTable(view, shown, width: width, color: color)
    var lines = [overall, view.isInterrupted ? noticeLine : table.heads]
    lines += shown.map(table.row)
    if !hidden.isEmpty { lines.append(rest) }
    return lines
  }

  private var noticeLine: PanelLine {
    var line = PanelLine(color: color)
    line.add(TerminalText.fitted(PanelLayout.notice, to: width), .notice)
    return line
  }

  // MARK: The whole run

  private typealias Part = (text: String, style: PanelLine.Style)

  private var overall: PanelLine {
    var parts = facts(all: true)
    func columns() -> Int { parts.reduce(0) { $0 + TerminalText.columns(of: $1.text) + 2 } }
    if columns() + 24 > width { parts = facts(all: false) }
    while columns() + 10 > width, parts.count > 1 { parts.removeLast() }
    var line = PanelLine(color: color)
    let room = max(width - columns(), 1)
    line.add(TerminalText.fitted(view.title, to: min(room, 40)), .strong)
    let bar = min(room - line.columns - 2, 40)
    if bar >= 6 {
      line.add("  ")
      let weight = max(view.stages.reduce(0) { $0 + $1.weight }, 1e-12)
      let lost = view.stages.reduce(0) { $0 + $1.lostWeight } / weight
      line.addBar(done: doneShare, lost: lost, width: bar)
    }
    for part in parts where line.columns + TerminalText.columns(of: part.text) + 2 <= width {
      line.add("  ")
      line.add(part.text, part.style)
    }
    return line
  }

  /// The part of the predicted time that is done.
  private var doneShare: Double {
    let weight = view.stages.reduce(0) { $0 + $1.weight }
    guard weight > 0 else { return 0 }
    return view.stages.indices.reduce(0) { $0 + view.doneWeight(of: $1) } / weight
  }

  /// What the first line says, the most important first.
  private func facts(all: Bool) -> [Part] {
    func sum(_ count: (StageTally) -> Int) -> Int { view.stages.reduce(0) { $0 + count($1) } }
    let done = sum(\.done)
    let toRun = sum(\.toRun)
    var parts: [Part] = [("\(done)/\(toRun)", .plain)]
    if view.isForetold { parts.insert(("\(Int(min(doneShare, 1) * 100 + 1e-9)) %", .plain), at: 0) }
    let failed = sum { $0[.failed] }
    let blocked = sum { $0[.blocked] }
    if failed > 0 { parts.append(("\(failed) failed", .bad)) }
    if blocked > 0, all { parts.append(("\(blocked) blocked", .bad)) }
    let stored = sum { $0[.stored] + $0[.cached] }
    let cutOff = sum { $0[.cutOff] }
    if stored > 0, all { parts.append(("\(stored) stored", .plain)) }
    if cutOff > 0, all { parts.append(("\(cutOff) cut off", .plain)) }
    parts.append((SpokenTime.exact(view.elapsed), .plain))
    if let forecast = view.forecast, !view.isInterrupted, done + failed + blocked < toRun {
      let word = forecast.isLeast ? "at least" : "about"
      parts.append(("\(word) \(SpokenTime.rough(forecast.seconds)) left", .strong))
    }
    return parts
  }

  // MARK: What has no line of its own

  private var rest: PanelLine {
    func sum(_ count: (StageTally) -> Int) -> Int { hidden.reduce(0) { $0 + count(view.stages[$1]) } }
    var text = "and \(counted(hidden.count, "more stage")): \(sum(\.done)) of \(sum(\.toRun)) done"
    if sum({ $0[.running] }) > 0 { text += ", \(sum { $0[.running] }) running" }
    if sum(\.lost) > 0 { text += ", \(sum { $0[.failed] }) failed, \(sum { $0[.blocked] }) blocked" }
    var line = PanelLine(color: color)
    line.add(TerminalText.fitted(text, to: width), .faint)
    return line
  }
}

extension PanelView {
  /// Whether history knows every stage, so that a share of the time means something.
  fileprivate var isForetold: Bool { stages.allSatisfy { $0.toRun == 0 || $0.meanPrediction != nil } }

  /// How little a stage needs a line of its own.
  fileprivate func urgency(of stage: Int) -> Int {
    let tally = stages[stage]
    if tally[.running] > 0 { return 0 }
    if tally[.failed] > 0 { return 1 }
    if tally.isOver { return 4 }
    return tally.done > 0 ? 2 : 3
  }
}
