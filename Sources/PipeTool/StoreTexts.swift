import Diagnostics
import Store

extension Statistics {
  /// What a store holds, in words.
  var text: String {
    var lines = [
      "results   \(entries), worth \(durationWords(self.seconds)) of computing",
      "objects   \(objects), \(sizeWords(objectBytes))",
      "records   \(sizeWords(recordBytes)) in \(counted(segments, "segment"))",
    ]
    if quarantined > 0 { lines.append("set aside \(counted(quarantined, "bad object"))") }
    if damagedRecords > 0 { lines.append("damaged   \(counted(damagedRecords, "record"))") }
    return lines.joined(separator: "\n")
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
    let done =
      "removed \(counted(removedObjects, "object")), \(sizeWords(removedBytes)); \(sizeWords(remainingBytes)) remain"
    return isPartial ? done + "\nanother process uses the store: the rest waits until it ends" : done
  }
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
