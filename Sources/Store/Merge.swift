internal import Artifacts

/// Merging the segments of dead processes into a snapshot.
extension Store {
  /// A segment that no process writes, held so that nobody else merges it.
  private struct DeadSegments {
    var numbers: [UInt64] = []
    var files: [OpenFile] = []
    /// Segments that somebody still writes.
    var living = 0
  }

  /// Merges when there are many segments, or some that together are no longer small against the snapshot:
  /// each record is then copied a few times in its life.
  func mergeIfWorthwhile() {
    guard !isReadOnly else { return }
    let (count, bytes, snapshot) = catalog.read {
      ($0.segmentCount, $0.segmentBytes, $0.snapshot?.byteCount ?? 0)
    }
    guard count > 64 || (count > 8 && bytes >= snapshot / 4) else { return }
    // Only a better layout is at stake: what fails now is tried again by the next process.
    _ = try? merge { _ in true }
    refresh()
  }

  /// Writes a snapshot of all dead segments' records; false if another process is doing so.
  ///
  /// - Parameter isKept: whether a result stays.
  func merge(keeping isKept: (Entry) -> Bool) throws(FileError) -> Bool {
    try maintaining.locked { () throws(FileError) in
      guard locks.lock(KeyLocks.maintenance, .exclusive, wait: false) else { return false }
      defer { _ = locks.lock(KeyLocks.maintenance, .none, wait: false) }
      let dead = try lockDeadSegments()
      defer { for file in dead.files { fileSystem.close(file) } }
      try write(snapshotOf: dead, keeping: isKept)
      for number in dead.numbers { try? fileSystem.remove(layout.segment(number)) }
      return true
    }
  }

  private func lockDeadSegments() throws(FileError) -> DeadSegments {
    var dead = DeadSegments()
    for name in try fileSystem.list(layout.segments).sorted() {
      guard let number = SegmentWriter.number(of: name) else { continue }
      let path = layout.segment(number)
      guard let file = try orMissing({ () throws(FileError) in try fileSystem.open(path, for: .readWrite) })
      else {
        continue
      }
      if (try? fileSystem.lock(file, at: 0, .exclusive, wait: false)) == true, dead.files.count < 256 {
        dead.numbers.append(number)
        dead.files.append(file)
      } else {
        dead.living += 1
        fileSystem.close(file)
      }
    }
    return dead
  }

  private func write(snapshotOf dead: DeadSegments, keeping isKept: (Entry) -> Bool) throws(FileError) {
    var index = Index(layout, fileSystem, only: Set(dead.numbers))
    try index.refresh()
    let merged = index
    let keys = merged.keys.filter { key in
      merged.record(for: key) { kind, payload in
        switch kind {
        case .input: true
        // A tombstone matters as long as an older record of its key may stand in a segment that goes on.
        case .tombstone: dead.living > 0 ? true : nil
        case .result: Entry(payload).map(isKept) == true ? true : nil
        }
      } ?? false
    }
    let isDamaged = merged.snapshot?.isDamaged == true
    guard !dead.numbers.isEmpty || isDamaged || keys.count != merged.snapshot?.count ?? 0 else { return }
    let source = Snapshot.Source(keys: keys) { position in
      merged.record(for: keys[position]) { _, payload in [UInt8](payload) }
    }
    let leftOver = Set(try fileSystem.list(layout.segments).compactMap(SegmentWriter.number))
      .intersection(merged.snapshot?.merged ?? [])
    let temporary = layout.temporary + "/snapshot-" + String(fileSystem.nonce(), radix: 16)
    do throws(FileError) {
      try Snapshot.write(
        source, highestSequence: merged.highestSequence, merged: leftOver.union(dead.numbers).sorted(),
        to: layout.snapshot, by: temporary, fileSystem)
      try fileSystem.synchronizeFolder(layout.root)
    } catch {
      try? fileSystem.remove(temporary)
      throw error
    }
  }
}
