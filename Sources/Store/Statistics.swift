internal import Artifacts

/// How much a store holds.
public struct Statistics: Sendable, Equatable {
  /// What the results of one stage come to.
  public struct Stage: Sendable, Equatable {
    /// The stage's name.
    public var name: String
    /// Its results.
    public var entries = 0
    /// Bytes of their records and objects; what several results share counts for the first of them.
    public var bytes = 0
    /// The seconds that computing them took.
    public var seconds = 0.0
  }

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
  /// When the oldest and the newest result were stored, in nanoseconds since 1970; nil where there is none.
  public var dates: ClosedRange<Int64>?
  /// The results by stage, those with the most bytes first.
  public var stages: [Stage] = []
  /// What is never given up, by name.
  public var pins: [Pin] = []
}

extension Store {
  /// Counts what the store holds; it reads every record and lists every object.
  public func statistics() -> Statistics {
    refresh()
    let index = catalog.read { $0 }
    let sizes = (try? objects.all()) ?? [:]
    var statistics = Statistics(index, sizes)
    statistics.quarantined = (try? fileSystem.list(layout.quarantine).count) ?? 0
    return statistics
  }
}

extension Statistics {
  fileprivate init(_ index: Index, _ sizes: [Digest: Int]) {
    var unclaimed = sizes
    var stages: [String: Stage] = [:]
    index.forEachRecord { kind, key, payload in
      switch kind {
      case .result:
        if let entry = Entry(payload) { count(entry, &unclaimed, &stages) }
      case .link: links += index.entry(for: key) == nil ? 0 : 1
      case .pin: if let pin = Pin(payload) { pins.append(pin) }
      case .tombstone, .input, .note: break
      }
    }
    self.stages = stages.values.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
    pins.sort { $0.name < $1.name }
    recordBytes = index.byteCount
    segments = index.segmentCount
    damagedRecords = index.damaged + (index.snapshot?.damaged ?? 0)
    objects = sizes.count
    objectBytes = sizes.values.reduce(0, +)
  }

  private mutating func count(
    _ entry: Entry, _ unclaimed: inout [Digest: Int], _ stages: inout [String: Stage]
  ) {
    entries += 1
    seconds += entry.seconds
    dates =
      min(dates?.lowerBound ?? entry.date, entry.date)...max(dates?.upperBound ?? entry.date, entry.date)
    stages[entry.stage, default: Stage(name: entry.stage)].entries += 1
    stages[entry.stage]?.seconds += entry.seconds
    stages[entry.stage]?.bytes += entry.objects.reduce(entry.recordSize) {
      $0 + (unclaimed.removeValue(forKey: $1) ?? 0)
    }
  }
}

extension Snapshot {
  /// How many records are not what was written; 1 if the file as a whole is not.
  var damaged: Int {
    if isDamaged { return 1 }
    return (0..<count).count { payload(at: $0) == nil || !isAscending(at: $0) }
  }
}
