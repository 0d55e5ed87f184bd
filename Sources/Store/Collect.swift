internal import Artifacts
public import Diagnostics

/// What a clean-up did.
public struct CollectReport: Sendable, Equatable {
  /// Results that were given up to keep below the limit.
  public var evictedEntries = 0
  /// Objects that were removed.
  public var removedObjects = 0
  /// Bytes of the objects, set-aside objects and temporary files that were removed.
  public var removedBytes = 0
  /// Bytes of objects and records that the store still has.
  public var remainingBytes = 0
  /// Whether other processes have the store open, so that only segments were merged.
  public var isPartial = false
}

extension Store {
  /// Cleans up: merges segments, removes what nobody refers to, what was set aside and what dead processes
  /// left behind.
  ///
  /// As long as another process has the store open nothing is removed that it might use: only segments of
  /// dead processes are merged and their temporary files removed; the last process to finish can do the rest.
  /// Results that this process looked up or stored stay in any case.
  ///
  /// - Parameter limit: the bytes that the store may have; results that save the fewest seconds per byte go
  ///   first.
  /// - Throws: `notWritable`, `noSpace` or `storeUnusable`; the store is whole then.
  public func collect(limit: Int? = nil) throws(Diagnostic) -> CollectReport {
    guard !isReadOnly else { throw FileError(13, "write", path).diagnostic }
    do throws(FileError) {
      try committer.flush()
      return try gate.alone { () throws(FileError) -> CollectReport in
        committer.endSegment()
        let report = try locks.alone { () throws(FileError) in try collectAll(limit: limit) }
        if let report { return report }
        return try collectPart()
      }
    } catch { throw error.diagnostic }
  }

  private func collectPart() throws(FileError) -> CollectReport {
    var report = CollectReport()
    _ = try merge(as: .collecting(evicted: [], time: clock()))
    try catalog.refresh()
    removeTemporaries(&report, isAlone: false)
    report.remainingBytes = try remainingBytes()
    report.isPartial = true
    return report
  }

  private func collectAll(limit: Int?) throws(FileError) -> CollectReport {
    var report = CollectReport()
    try catalog.refresh()
    let sizes = try objects.all()
    let evicted = limit.map { evictions(sizes, limit: $0) } ?? []
    report.evictedEntries = evicted.count
    _ = try merge(as: .collecting(evicted: evicted, time: clock()))
    try catalog.refresh()
    // The records are gone from the disk: whatever they alone referred to may follow.
    var referred = Set(catalog.read { $0.entries }.flatMap { $0.outputs.map(\.digest) })
    for entry in catalog.onTheirWay.entries { referred.formUnion(entry.outputs.map(\.digest)) }
    for (digest, size) in sizes where !referred.contains(digest) {
      try fileSystem.remove(layout.object(digest))
      report.removedObjects += 1
      report.removedBytes += size
    }
    for name in try fileSystem.list(layout.quarantine) { remove(layout.quarantine + "/" + name, &report) }
    removeTemporaries(&report, isAlone: true)
    report.remainingBytes = try remainingBytes()
    return report
  }

  private func remainingBytes() throws(FileError) -> Int {
    let records = catalog.read { $0.segmentBytes + ($0.snapshot?.byteCount ?? 0) }
    return try objects.all().values.reduce(records, +)
  }

  /// The results that go, by seconds saved per byte, so that the store keeps below the limit.
  private func evictions(_ sizes: [Digest: Int], limit: Int) -> Set<Key> {
    let entries = catalog.read { $0.entries }
    var references: [Digest: Int] = [:]
    for entry in entries { for digest in entry.objects { references[digest, default: 0] += 1 } }
    // Objects without references go anyway.
    var total = references.keys.reduce(0) { $0 + (sizes[$1] ?? 0) } + entries.reduce(0) { $0 + $1.recordSize }
    func worth(_ entry: Entry) -> Double {
      entry.seconds / Double(entry.objects.reduce(entry.recordSize) { $0 + (sizes[$1] ?? 0) })
    }
    let used = catalog.usedKeys
    let candidates = entries.filter { !used.contains($0.key) }.map { (entry: $0, worth: worth($0)) }
    var evicted: Set<Key> = []
    for candidate in candidates.sorted(by: { ($0.worth, $0.entry.key) < ($1.worth, $1.entry.key) }) {
      if total <= limit { break }
      evicted.insert(candidate.entry.key)
      total -= candidate.entry.recordSize
      for digest in candidate.entry.objects {
        references[digest, default: 0] -= 1
        if references[digest] == 0 { total -= sizes[digest] ?? 0 }
      }
    }
    return evicted
  }

  /// Removes temporary files whose process is dead.
  private func removeTemporaries(_ report: inout CollectReport, isAlone: Bool) {
    let ours = Set(catalog.onTheirWay.temporaries.values)
    for name in (try? fileSystem.list(layout.temporary)) ?? [] {
      let path = layout.temporary + "/" + name
      let isDead =
        if let segment = UInt64(name.prefix(16), radix: 16) {
          !isAlive(segment)
        } else {
          // Of a half-written snapshot only who is alone knows that its writer is dead.
          isAlone && name.hasPrefix("snapshot-")
        }
      if isDead, !ours.contains(path) { remove(path, &report) }
    }
  }

  private func isAlive(_ segment: UInt64) -> Bool {
    let path = layout.segment(segment)
    guard (try? fileSystem.status(at: path)) != nil,
      let file = try? fileSystem.open(path, for: .readWrite)
    else { return false }
    defer { fileSystem.close(file) }
    return (try? fileSystem.lock(file, at: 0, .exclusive, wait: false)) == false
  }

  private func remove(_ path: String, _ report: inout CollectReport) {
    guard let size = (try? fileSystem.status(at: path))?.size, (try? fileSystem.remove(path)) != nil else {
      return
    }
    report.removedBytes += size
  }
}

extension Entry {
  /// The digests of the outputs that have objects of their own.
  fileprivate var objects: Set<Digest> { Set(outputs.filter { $0.inline == nil }.map(\.digest)) }

  /// About how many bytes the record has.
  fileprivate var recordSize: Int {
    componentsText.count + outputs.reduce(128) { $0 + 64 + ($1.inline?.count ?? 0) }
  }
}
