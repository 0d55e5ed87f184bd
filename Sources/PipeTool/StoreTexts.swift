import Diagnostics
import Store

extension Statistics {
  /// What a store holds, in words.
  ///
  /// - Parameter now: the time, in nanoseconds since 1970.
  func text(now: Int64) -> String {
    var lines = [
      "results   \(entries), worth \(durationWords(self.seconds)) of computing",
      "size      \(sizeWords(objectBytes + recordBytes))",
      "objects   \(objects), \(sizeWords(objectBytes))",
      "records   \(sizeWords(recordBytes)) in \(counted(segments, "segment"))",
    ]
    if let dates {
      let ages = [dates.lowerBound, dates.upperBound].map { ageWords(from: $0, to: now) }
      lines.append("age       oldest \(ages[0]), newest \(ages[1])")
    }
    if links > 0 { lines.append("links     \(counted(links, "other name"))") }
    if quarantined > 0 { lines.append("set aside \(counted(quarantined, "bad object"))") }
    if damagedRecords > 0 { lines.append("damaged   \(counted(damagedRecords, "record"))") }
    for pin in pins { lines.append("pinned    \(pin.name) (\(counted(pin.keys.count, "result")))") }
    return (lines + stageLines).joined(separator: "\n")
  }

  private var stageLines: [String] {
    guard !stages.isEmpty else { return [] }
    let rows =
      [["stage", "results", "size", "time saved"]]
      + stages.map { stage in
        [stage.name, "\(stage.entries)", sizeWords(stage.bytes), durationWords(stage.seconds)]
      }
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    func padding(_ text: String, _ column: Int) -> String {
      String(repeating: " ", count: widths[column] - text.count)
    }
    return [""]
      + rows.map { row in
        row[0] + padding(row[0], 0) + (1..<4).map { "  " + padding(row[$0], $0) + row[$0] }.joined()
      }
  }
}

extension VerifyReport {
  /// What a check found, in words.
  var text: String {
    let head =
      "checked \(counted(entries, "result")), \(counted(outputs, "output")), \(sizeWords(self.bytes))"
    guard !isClean else { return head + ": all as it was written" }
    return ([head + ": \(counted(problems.count, "problem"))"] + problems.map(\.description)).joined(
      separator: "\n\n")
  }
}

extension CollectReport {
  /// What a clean-up did, in words.
  var text: String {
    var done =
      "removed \(counted(removedObjects, "object")), \(sizeWords(removedBytes)); \(sizeWords(remainingBytes)) remain"
    if evictedEntries > 0 { done = "gave up \(counted(evictedEntries, "result")); " + done }
    return isPartial ? done + "\nanother process uses the store: the rest waits until it ends" : done
  }
}

/// How long ago something was, in the largest unit that shows it.
private func ageWords(from date: Int64, to now: Int64) -> String {
  let (age, overflow) = now.subtractingReportingOverflow(date)
  let seconds = overflow ? 0 : max(0, age / 1_000_000_000)
  let units: [(Int64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
  let (length, name) = units.first { seconds >= $0.0 } ?? (1, "second")
  return counted(Int(seconds / length), name) + " ago"
}

private func durationWords(_ value: Double) -> String {
  value < 100
    ? "\((value * 10).rounded() / 10) s" : value < 7200 ? "\(Int(value / 60)) min" : "\(Int(value / 3600)) h"
}

private func sizeWords(_ count: Int) -> String {
  let units = ["bytes", "kB", "MB", "GB", "TB"]
  var value = Double(count)
  var unit = 0
  while value >= 1000, unit < units.count - 1 {
    value /= 1000
    unit += 1
  }
  return unit == 0 ? "\(count) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
}
