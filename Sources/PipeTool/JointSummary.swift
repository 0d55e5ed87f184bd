import Diagnostics
import Reporting
import RunRecords

/// How several configs that ran together ended: a line for each with its claims and its time.
struct JointSummary {
  /// What is said of one config.
  private struct Line {
    let name: String
    let seconds: Double
    let verdicts: [ClaimVerdict]
    let outcome: RunOutcome

    func count(_ outcome: ClaimVerdict.Outcome) -> Int { verdicts.count { $0.outcome == outcome } }
  }

  private let missing: [MissingData]
  private var lines: [Line] = []

  init(missing: [MissingData]) { self.missing = missing }

  mutating func add(_ manifest: Manifest) {
    lines.append(
      Line(
        name: manifest.deterministic.name, seconds: manifest.volatile.seconds,
        verdicts: ClaimVerdict.verdicts(of: manifest), outcome: manifest.volatile.outcome))
  }

  /// How the program ends.
  func code(isStrict: Bool) -> ExitCode {
    if lines.contains(where: { $0.outcome == .interrupted }) { return .interrupted }
    if lines.contains(where: { $0.outcome == .failed }) { return .stageFailed }
    let holds = missing.isEmpty && lines.allSatisfy { $0.count(.holds) == $0.verdicts.count }
    return isStrict && !holds ? .doesNotHold : .done
  }

  /// The lines under each other, and the sum of all.
  func text(seconds: Double, ran: Int, cached: Int) -> String {
    var rows = [["config", "claims", "hold", "do not", "time"]]
    for line in lines {
      let lost = line.count(.notMeasured)
      rows.append([
        line.name, String(line.verdicts.count), String(line.count(.holds)),
        String(line.count(.doesNotHold)) + (lost > 0 ? ", \(lost) not measured" : ""),
        line.outcome == .failed ? "failed" : duration(line.seconds),
      ])
    }
    var text = aligned(rows)
    for config in missing {
      text.append("left out: \(config.config)")
      text.append("  " + config.error.description.split(separator: "\n").joined(separator: "\n  "))
    }
    let claims = lines.map(\.verdicts.count).reduce(0, +)
    let held = lines.map { $0.count(.holds) }.reduce(0, +)
    text.append(
      "\(counted(lines.count, "config")) in \(duration(seconds)) · ran \(ran) · cached \(cached)"
        + (missing.isEmpty ? "" : " · left out \(missing.count)")
        + (claims == 0 ? "" : " · \(held) of \(claims) claims hold"))
    return text.joined(separator: "\n")
  }

  /// Rows as columns, the first to the left, numbers to the right.
  private func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }.joined(separator: "  ")
    }
  }
}
