public import Diagnostics

/// What a check of the whole store found.
public struct VerifyReport: Sendable {
  /// Results that were checked.
  public var entries = 0
  /// Outputs that were read and compared with their digest.
  public var outputs = 0
  /// Bytes of their arrays.
  public var bytes = 0
  /// Everything that is not as it should be.
  public var problems: [Diagnostic] = []

  /// Whether all is as it was written.
  public var isClean: Bool { problems.isEmpty }
}

extension Store {
  /// Reads every result and compares its digest; what is bad is set aside and its entry forgotten.
  public func verify() -> VerifyReport {
    refresh()
    var report = VerifyReport()
    let (entries, records, snapshot) = catalog.read { ($0.entries, $0.damaged, $0.snapshot?.damaged ?? 0) }
    if records > 0 { report.problems.append(Self.damaged(records, layout.segments)) }
    if snapshot > 0 { report.problems.append(Self.damaged(snapshot, layout.snapshot)) }
    for entry in entries {
      report.entries += 1
      for output in entry.outputs {
        do throws(Diagnostic) {
          _ = try load(output)
          report.outputs += 1
          report.bytes += output.byteCount
        } catch { report.problems.append(error.with("stage", entry.stage)) }
      }
    }
    return report
  }

  private static func damaged(_ count: Int, _ path: String) -> Diagnostic {
    Diagnostic(
      .corruptRecord, "the store's records are damaged in \(count) place\(count == 1 ? "" : "s")",
      fields: ["file": path], hint: "what they held is computed again; `pipe store gc` writes them afresh")
  }
}
