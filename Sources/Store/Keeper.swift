internal import Artifacts

/// Removes what nobody uses, for the store and for the thread that brings results to the disk.
struct Keeper: Sendable {
  let layout: Layout
  let fileSystem: any FileSystem
  let catalog: Catalog
  let objects: ObjectFolder
  let committer: Committer
  let uses: Uses
  let ledger: Ledger
  /// Passed by everyone who stores; held by who removes files.
  let gate = Gate()
  let limit = Limit()

  /// The bytes of objects and records.
  func size() throws(FileError) -> Int {
    try catalog.read { $0.byteCount }
      + ledger.sum { () throws(FileError) in try objects.all().values.reduce(0, +) }
  }

  func shrink(to limit: Int) throws(FileError) -> CollectReport {
    try gate.alone { () throws(FileError) in
      var report =
        try uses.exclusively { () throws(FileError) in try remove(above: limit - limit / 10) }
        ?? CollectReport(isPartial: true)
      report.remainingBytes = try size()
      self.limit.tried(leaving: report.remainingBytes)
      return report
    }
  }

  /// Called when results have come to the disk, by the thread that brought them there.
  func keepBelowWhileRunning() {
    guard limit.isSet, let size = try? size(), let bytes = limit.exceeded(by: size) else { return }
    // What cannot be done now is tried again.
    _ = try? shrink(to: bytes)
  }

  /// Removes what nobody uses; everything that others use is announced, and nobody stores anything meanwhile.
  func remove(above limit: Int?) throws(FileError) -> CollectReport {
    var report = CollectReport()
    let announced = try uses.all()
    var sizes = try objects.all()
    // What this process forgot is forgotten only if the disk says so, too.
    var index = Index(layout, fileSystem)
    try index.refresh()
    try removeUnreferred(index, announced, &sizes, &report)
    for name in try fileSystem.list(layout.quarantine) { remove(layout.quarantine + "/" + name, &report) }
    if let limit {
      let used = catalog.usedKeys
      let chosen = Eviction(index).choose(limit: limit, sizes: sizes, recordBytes: index.byteCount) {
        used.contains($0) || announced.contains($0.digest.prefix)
      }
      try catalog.refresh()
      let tombstones = catalog.giveUp(chosen)
      report.evictedEntries = tombstones.count
      if !tombstones.isEmpty {
        // Not before the disk knows that they are gone may anything go that they refer to.
        try committer.append(tombstones)
        try committer.synchronize()
        try index.refresh()
        try removeUnreferred(index, announced, &sizes, &report)
      }
    }
    ledger.set(sizes.values.reduce(0, +), isWanted: limit != nil)
    return report
  }

  /// Removes the objects that neither an entry refers to nor anybody is about to.
  private func removeUnreferred(
    _ index: Index, _ announced: Set<UInt64>, _ sizes: inout [Digest: Int], _ report: inout CollectReport
  ) throws(FileError) {
    var referred = catalog.referredOnTheirWay
    index.forEachRecord { kind, _, payload in
      if kind == .result, let entry = Entry(payload) { referred.formUnion(entry.objects) }
    }
    for (digest, size) in sizes where !referred.contains(digest) && !announced.contains(digest.prefix) {
      try fileSystem.remove(layout.object(digest))
      sizes[digest] = nil
      report.removedObjects += 1
      report.removedBytes += size
    }
  }

  /// Removes a file, if it can be.
  func remove(_ path: String, _ report: inout CollectReport) {
    guard let size = (try? fileSystem.status(at: path))?.size, (try? fileSystem.remove(path)) != nil else {
      return
    }
    report.removedBytes += size
  }
}
