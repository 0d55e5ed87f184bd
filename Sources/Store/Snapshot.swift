internal import Artifacts

/// The merged records of many segments: sorted by key, read in place.
///
/// `pipesnap`, then the number of records, the length of the file, the highest sequence number, how many
/// segments were merged and the checksum of all this (8 bytes each), the merged segments' numbers; then for
/// each record its key, and place, length and checksum of its content; then the contents. Opening looks at
/// the header only.
final class Snapshot: @unchecked Sendable {
  static let magic = Array("pipesnap".utf8)
  static let headerSize = 48
  static let rowSize = 56

  /// The number of records; 0 if the file is damaged.
  let count: Int
  /// The highest sequence number of any record that went into it.
  let highestSequence: UInt64
  /// The segments whose records are in it; one of them that still exists is not read any more.
  let merged: Set<UInt64>
  /// Whether the file is not what was written.
  let isDamaged: Bool
  /// The file's number; as long as this object lives no other file gets it.
  let inode: UInt64
  let byteCount: Int
  private let fileSystem: any FileSystem
  private let file: OpenFile
  private let memory: UnsafeRawBufferPointer

  init(at path: String, _ fileSystem: any FileSystem) throws(FileError) {
    let file = try fileSystem.open(path, for: .read)
    do throws(FileError) {
      let status = try fileSystem.status(of: file)
      inode = status.inode
      byteCount = status.size
      memory = try fileSystem.map(file, count: status.size)
    } catch {
      fileSystem.close(file)
      throw error
    }
    self.file = file
    self.fileSystem = fileSystem
    let header = Header(memory)
    isDamaged = header == nil
    count = header?.count ?? 0
    highestSequence = header?.highestSequence ?? 0
    merged = Set(header?.merged ?? [])
  }

  deinit {
    fileSystem.unmap(memory)
    fileSystem.close(file)
  }

  private struct Header {
    var count = 0
    var highestSequence: UInt64 = 0
    var merged: [UInt64] = []

    init?(_ memory: UnsafeRawBufferPointer) {
      var reader = ByteReader(memory)
      guard let magic = reader.take(bytes: 8), magic.elementsEqual(Snapshot.magic),
        let count = reader.take(UInt64.self), let size = reader.take(UInt64.self),
        let highest = reader.take(UInt64.self), let mergedCount = reader.take(UInt64.self),
        let sum = reader.take(UInt64.self), size == UInt64(memory.count),
        mergedCount <= memory.count / 8, count <= memory.count / Snapshot.rowSize
      else { return nil }
      for _ in 0..<mergedCount {
        guard let number = reader.take(UInt64.self) else { return nil }
        merged.append(number)
      }
      self.count = Int(count)
      highestSequence = highest
      guard Snapshot.headerSum(self, size: size) == sum,
        reader.at + self.count * Snapshot.rowSize <= memory.count
      else { return nil }
    }

    init(count: Int, highestSequence: UInt64, merged: [UInt64]) {
      self.count = count
      self.highestSequence = highestSequence
      self.merged = merged
    }
  }

  private static func headerSum(_ header: Header, size: UInt64) -> UInt64 {
    var writer = ByteWriter()
    for word in [UInt64(header.count), size, header.highestSequence] + header.merged { writer.put(word) }
    return writer.bytes.withUnsafeBytes { checksum($0) }
  }

  private func row(_ index: Int) -> Int { Self.headerSize + 8 * merged.count + index * Self.rowSize }

  /// The content of the record at an index; nil if it is damaged.
  func payload(at index: Int) -> UnsafeRawBufferPointer? {
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: memory[row(index)..<row(index) + Self.rowSize]))
    guard let key = reader.take(bytes: Digest.byteCount), let start = reader.take(UInt64.self),
      let length = reader.take(UInt64.self), let sum = reader.take(UInt64.self),
      start <= memory.count, length <= UInt64(memory.count) - start
    else { return nil }
    let payload = UnsafeRawBufferPointer(rebasing: memory[Int(start)..<Int(start + length)])
    guard checksum(payload) == sum, RecordHead(payload)?.key.digest == Digest(bytes: key) else { return nil }
    return payload
  }

  /// Whether keys ascend from one index to the next.
  func isAscending(at index: Int) -> Bool {
    guard index > 0, let a = key(index - 1), let b = key(index) else { return true }
    return a < b
  }

  private func key(_ index: Int) -> Digest? {
    Digest(bytes: UnsafeRawBufferPointer(rebasing: memory[row(index)..<row(index) + Digest.byteCount]))
  }

  /// The content of a key's record, by binary search; nil if there is none that is whole.
  func payload(for key: Key) -> UnsafeRawBufferPointer? {
    var low = 0
    var high = count
    let wanted = key.digest.prefix
    while low < high {
      let middle = (low + high) / 2
      if prefix(middle) < wanted { low = middle + 1 } else { high = middle }
    }
    // Equal prefixes of 64 bits are as good as impossible, but keys may be chosen by a test.
    while low < count, prefix(low) == wanted {
      if self.key(low) == key.digest { return payload(at: low) }
      low += 1
    }
    return nil
  }

  private func prefix(_ index: Int) -> UInt64 {
    UInt64(bigEndian: memory.loadUnaligned(fromByteOffset: row(index), as: UInt64.self))
  }

  /// Lends record contents that are already sorted, one after another, to be written.
  struct Source {
    var keys: [Key]
    var payload: (Int) -> [UInt8]?
  }

  /// Writes a snapshot and waits until it is on the disk; a crash leaves the old one or the new one.
  static func write(
    _ source: Source, highestSequence: UInt64, merged: [UInt64], to path: String, by temporary: String,
    _ fileSystem: any FileSystem
  ) throws(FileError) {
    let file = try fileSystem.open(temporary, for: .create)
    defer { fileSystem.close(file) }
    var rows = ByteWriter()
    var body = BufferedWriter(file, fileSystem)
    let start = headerSize + 8 * merged.count + source.keys.count * rowSize
    body.at = start
    for (index, key) in source.keys.enumerated() {
      let payload = source.payload(index) ?? []
      rows.bytes += key.digest.bytes
      rows.put(UInt64(body.at + body.pending.count))
      rows.put(UInt64(payload.count))
      rows.put(payload.withUnsafeBytes { checksum($0) })
      try body.append(payload)
    }
    try body.flush()
    let header = Header(count: source.keys.count, highestSequence: highestSequence, merged: merged)
    var head = ByteWriter(bytes: magic)
    for word in [header.count, body.at] { head.put(UInt64(word)) }
    for word in [highestSequence, UInt64(merged.count), headerSum(header, size: UInt64(body.at))] + merged {
      head.put(word)
    }
    try fileSystem.write(file, head.bytes + rows.bytes, at: 0)
    try fileSystem.synchronize(file)
    try fileSystem.rename(temporary, to: path)
  }
}

/// Gathers small writes.
private struct BufferedWriter {
  var at = 0
  var pending: [UInt8] = []
  private let file: OpenFile
  private let fileSystem: any FileSystem

  init(_ file: OpenFile, _ fileSystem: any FileSystem) {
    self.file = file
    self.fileSystem = fileSystem
  }

  mutating func append(_ bytes: [UInt8]) throws(FileError) {
    pending += bytes
    if pending.count >= 1 << 20 { try flush() }
  }

  mutating func flush() throws(FileError) {
    try fileSystem.write(file, pending, at: at)
    at += pending.count
    pending.removeAll(keepingCapacity: true)
  }
}
