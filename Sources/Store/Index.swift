internal import Artifacts

/// What is known of the store's records: the snapshot, and a table of what newer segments say.
///
/// Guarded by its owner.
struct Index {
  /// A record in memory.
  struct Located {
    var kind: RecordKind
    var sequence: UInt64
    /// Keeps the stretch of the segment that it came with.
    var payload: ArraySlice<UInt8>
  }

  private let layout: Layout
  private let fileSystem: any FileSystem
  private(set) var snapshot: Snapshot?
  private(set) var table: [Key: Located] = [:]
  /// How far each segment was read, and how long it was then.
  private var progress: [UInt64: (consumed: Int, size: Int)] = [:]
  /// The highest sequence number seen.
  private(set) var highestSequence: UInt64 = 0
  /// Damaged places that were skipped.
  private(set) var damaged = 0

  /// The segments that are read; nil for all.
  private let selection: Set<UInt64>?

  init(_ layout: Layout, _ fileSystem: any FileSystem, only selection: Set<UInt64>? = nil) {
    self.layout = layout
    self.fileSystem = fileSystem
    self.selection = selection
  }

  /// Bytes of the segments that are not in the snapshot, and their number.
  var segmentBytes: Int { progress.values.reduce(0) { $0 + $1.size } }
  var segmentCount: Int { progress.count }
  /// Bytes of all segments and the snapshot.
  var byteCount: Int { segmentBytes + (snapshot?.byteCount ?? 0) }

  /// Takes the next sequence numbers; returns the first of them.
  mutating func nextSequence(count: Int = 1) -> UInt64 {
    defer { highestSequence += UInt64(count) }
    return highestSequence + 1
  }

  /// Takes a record in unless a later one for its key is known.
  mutating func add(_ head: RecordHead, _ payload: ArraySlice<UInt8>) {
    highestSequence = max(highestSequence, head.sequence)
    if let known = table[head.key], isLater(known.kind, known.sequence, head.kind, head.sequence) { return }
    table[head.key] = Located(kind: head.kind, sequence: head.sequence, payload: payload)
  }

  /// Takes in what this process has just appended to its own segment.
  mutating func add(own payloads: [[UInt8]], segment number: UInt64, end: Int) {
    progress[number] = (end, end)
    for payload in payloads {
      if let head = payload.withUnsafeBytes({ RecordHead($0) }) { add(head, payload[...]) }
    }
  }

  /// Of two records that were written without knowing of each other a result wins: at worst its object is
  /// missing, which is found out when it is read.
  private func isLater(_ kind: RecordKind, _ sequence: UInt64, _ other: RecordKind, _ than: UInt64) -> Bool {
    sequence != than ? sequence > than : kind != .tombstone || other == .tombstone
  }

  /// The latest record for a key, lent.
  @discardableResult
  func record<R>(for key: Key, _ body: (RecordKind, UnsafeRawBufferPointer) -> R?) -> R? {
    let old = snapshot?.payload(for: key)
    let oldHead = old.flatMap { RecordHead($0) }
    if let new = table[key] {
      let isNew = oldHead.map { isLater(new.kind, new.sequence, $0.kind, $0.sequence) } ?? true
      if isNew { return new.payload.withUnsafeBytes { body(new.kind, $0) } }
    }
    guard let old, let oldHead else { return nil }
    return body(oldHead.kind, old)
  }

  /// Every key that has a record, in ascending order.
  var keys: [Key] {
    var keys = Array(table.keys)
    for index in 0..<(snapshot?.count ?? 0) {
      guard let head = snapshot?.payload(at: index).flatMap({ RecordHead($0) }) else { continue }
      if table[head.key] == nil { keys.append(head.key) }
    }
    return keys.sorted()
  }

  /// Every result, in the order of the keys.
  var entries: [Entry] { keys.compactMap { record(for: $0) { _, payload in Entry(payload) } } }

  /// Lends the latest record of every key, in the order of the keys.
  func forEachRecord(_ body: (RecordKind, Key, UnsafeRawBufferPointer) -> Void) {
    for key in keys { record(for: key) { kind, payload -> Void? in body(kind, key, payload) } }
  }

  /// Reads what was written since; the view afterwards is one that existed.
  ///
  /// A segment may be merged and removed while this runs: then the snapshot has changed and all is read
  /// again.
  mutating func refresh() throws(FileError) {
    for _ in 0..<100 {
      let inode = try snapshotInode()
      if inode != snapshot?.inode { try reopenSnapshot() }
      try readSegments()
      if try snapshotInode() == snapshot?.inode { return }
    }
  }

  private func snapshotInode() throws(FileError) -> UInt64? {
    try orMissing { () throws(FileError) in try fileSystem.status(at: layout.snapshot).inode }
  }

  private mutating func reopenSnapshot() throws(FileError) {
    let path = layout.snapshot
    let fileSystem = fileSystem
    snapshot = try orMissing { () throws(FileError) in try Snapshot(at: path, fileSystem) }
    highestSequence = max(highestSequence, snapshot?.highestSequence ?? 0)
    table = [:]
    progress = [:]
    damaged = 0
  }

  private mutating func readSegments() throws(FileError) {
    for name in try fileSystem.list(layout.segments) {
      guard let number = SegmentWriter.number(of: name), snapshot?.merged.contains(number) != true,
        selection?.contains(number) != false
      else { continue }
      try readSegment(number)
    }
  }

  private mutating func readSegment(_ number: UInt64) throws(FileError) {
    let path = layout.segment(number)
    let fileSystem = fileSystem
    let status = try orMissing { () throws(FileError) in try fileSystem.status(at: path) }
    guard let size = status?.size, size > SegmentWriter.headerSize, size != progress[number]?.size else {
      return
    }
    let from = progress[number]?.consumed ?? 0
    let bytes = try orMissing { () throws(FileError) in try fileSystem.bytes(at: path, in: from..<size) }
    guard let bytes else { return }
    let start = from == 0 ? SegmentWriter.headerSize : 0
    if from == 0 {
      var header = ByteWriter(bytes: SegmentWriter.magic)
      header.put(number)
      // Even a damaged header leaves the records readable: they repeat the number.
      if !bytes.starts(with: header.bytes) { damaged += 1 }
    }
    guard bytes.count > start else { return }
    let scan = bytes.withUnsafeBytes {
      SegmentScan(UnsafeRawBufferPointer(rebasing: $0[start...]), number: number)
    }
    damaged += scan.damaged
    for record in scan.records {
      add(record.head, bytes[start + record.range.lowerBound..<start + record.range.upperBound])
    }
    progress[number] = (from + start + scan.consumed, from + bytes.count)
  }
}

/// What `body` gives, or nil if its file is not there.
func orMissing<R>(_ body: () throws(FileError) -> R) throws(FileError) -> R? {
  do throws(FileError) { return try body() } catch {
    if error.code == 2 { return nil }  // ENOENT
    throw error
  }
}

extension FileSystem {
  /// A stretch of a file, shorter where the file ends.
  func bytes(at path: String, in range: Range<Int>) throws(FileError) -> [UInt8] {
    let file = try open(path, for: .read)
    defer { close(file) }
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { target, filled in
      do throws(FileError) {
        filled = try read(
          file,
          into: UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(target)[..<range.count]), at: range.lowerBound)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes an array's bytes.
  func write(_ file: OpenFile, _ array: [UInt8], at offset: Int) throws(FileError) {
    var failure: FileError?
    array.withUnsafeBytes { bytes in
      do throws(FileError) { try write(file, bytes, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
