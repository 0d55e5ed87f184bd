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
  ///
  /// Every process that opens the store reads all segments, but of the snapshot only what it looks up: so a long
  /// segment is merged even if it is the only one, and this process' own is ended for that.
  func mergeIfWorthwhile() {
    guard !isReadOnly else { return }
    let (count, bytes, snapshot) = catalog.read {
      ($0.segmentCount, $0.segmentBytes, $0.snapshot?.byteCount ?? 0)
    }
    let isLong = bytes >= max(Self.longSegment, snapshot / 4)
    guard isLong || count > 64 || (count > 8 && bytes >= snapshot / 4) else { return }
    // Only a better layout is at stake: what fails now is tried again by the next process.
    gate.alone {
      if isLong { committer.endSegment() }
      _ = try? merge(as: .tidying)
    }
    refresh()
  }

  /// Bytes of segments that take a noticeable time to read.
  private static let longSegment = 1 << 19

  /// What a merge is for.
  enum MergePurpose {
    /// Fewer files: everything stays that may still count.
    case tidying
    /// Space: links and notes go that are of no more use at that time.
    case collecting(time: Int64)
  }

  /// Writes a snapshot of all dead segments' records; false if another process is doing so.
  func merge(as purpose: MergePurpose) throws(FileError) -> Bool {
    try maintaining.locked { () throws(FileError) in
      guard locks.lock(KeyLocks.maintenance, .exclusive, wait: false) else { return false }
      defer { _ = locks.lock(KeyLocks.maintenance, .none, wait: false) }
      let dead = try lockDeadSegments()
      defer { for file in dead.files { fileSystem.close(file) } }
      try write(snapshotOf: dead, purpose)
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

  private func write(snapshotOf dead: DeadSegments, _ purpose: MergePurpose) throws(FileError) {
    var index = Index(layout, fileSystem, only: Set(dead.numbers))
    try index.refresh()
    let merged = index
    let keys = merged.keysToKeep(purpose, isWhole: dead.living == 0)
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

extension Index {
  /// The keys whose records stay, in ascending order.
  ///
  /// - Parameter isWhole: whether there are no other records than these.
  func keysToKeep(_ purpose: Store.MergePurpose, isWhole: Bool) -> [Key] {
    guard case .collecting(let time) = purpose else {
      return keys.filter { key in record(for: key) { kind, _ in kind != .tombstone || !isWhole } ?? false }
    }
    let keys = keys
    let fresh = freshSequence(keys, at: time)
    return keys.filter { key in
      record(for: key) { kind, payload in
        switch kind {
        case .input, .pin: true
        // A tombstone matters as long as an older record of its key may stand in a segment that goes on.
        case .tombstone: !isWhole
        case .result: true
        // What it leads to may stand in a segment that goes on, too.
        case .link: !isWhole || entry(for: key) != nil
        case .note:
          Note(payload).map { note in
            if let about = note.about { return !isWhole || entry(for: about) != nil }
            return note.isYoung(at: time) || RecordHead(payload).map { $0.sequence >= fresh } == true
          }
        }
      } ?? false
    }
  }

  /// The sequence number from which on records are young, whatever date they bear: one before them was dated
  /// within the life of a note.
  ///
  /// So what was noted while the clock was wrong is not taken for old.
  private func freshSequence(_ keys: [Key], at time: Int64) -> UInt64 {
    var fresh = UInt64.max
    for key in keys {
      let young: UInt64? = record(for: key) { kind, payload in
        var reader = ByteReader(payload)
        guard let head = RecordHead(&reader), [.result, .link, .note, .pin].contains(kind),
          let date = reader.take(Int64.self), date <= time, Note.isYoung(date, at: time)
        else { return nil }
        return head.sequence
      }
      fresh = min(fresh, young ?? .max)
    }
    return fresh
  }
}
