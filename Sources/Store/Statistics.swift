/// How much a store holds.
public struct Statistics: Sendable, Equatable {
  /// Results that can be had.
  public var entries = 0
  /// Keys that are other names for these.
  public var links = 0
  /// Objects in files of their own, referred to or not.
  public var objects = 0
  /// Bytes of those files.
  public var objectBytes = 0
  /// Bytes of the snapshot and the segments.
  public var recordBytes = 0
  /// Segments that are not merged yet.
  public var segments = 0
  /// Bad objects that were set aside.
  public var quarantined = 0
  /// Places in segments and the snapshot that could not be read.
  public var damagedRecords = 0
  /// The seconds that computing all results took.
  public var seconds = 0.0
}

extension Store {
  /// Counts what the store holds; it reads every record and lists every object.
  public func statistics() -> Statistics {
    refresh()
    var statistics = catalog.read { index in
      var statistics = Statistics()
      let entries = index.entries
      statistics.entries = entries.count
      statistics.links = index.keys.count { index.entry(for: $0)?.link != nil }
      statistics.seconds = entries.reduce(0) { $0 + $1.seconds }
      statistics.recordBytes = index.segmentBytes + (index.snapshot?.byteCount ?? 0)
      statistics.segments = index.segmentCount
      statistics.damagedRecords = index.damaged + (index.snapshot?.damaged ?? 0)
      return statistics
    }
    let sizes = (try? objects.all()) ?? [:]
    statistics.objects = sizes.count
    statistics.objectBytes = sizes.values.reduce(0, +)
    statistics.quarantined = (try? fileSystem.list(layout.quarantine).count) ?? 0
    return statistics
  }
}

extension Snapshot {
  /// How many records are not what was written; 1 if the file as a whole is not.
  var damaged: Int {
    if isDamaged { return 1 }
    return (0..<count).count { payload(at: $0) == nil || !isAscending(at: $0) }
  }
}
