public import Artifacts
public import Diagnostics

/// Results that are never given up, under a name.
public struct Pin: Sendable, Equatable {
  /// What it is known by.
  public var name: String
  /// When it was made, in nanoseconds since 1970 by the clock of that machine.
  public var date: Int64
  /// The keys whose results stay; they need not have one.
  public var keys: [Key]

  init(name: String, date: Int64, keys: [Key]) {
    self.name = name
    self.date = date
    self.keys = keys
  }

  /// The key of a pin's record.
  static func recordKey(_ name: String) -> Key { Key(Digest(of: Array("pipe-pin-1\n\(name)".utf8))) }

  func record(sequence: UInt64) -> [UInt8] {
    var writer = ByteWriter(bytes: RecordHead(.pin, sequence, Pin.recordKey(name)).bytes)
    writer.put(date)
    writer.put(counted: name.utf8)
    writer.put(UInt32(keys.count))
    for key in keys { writer.bytes += key.digest.bytes }
    return writer.bytes
  }

  /// The pin of a record; nil if it is of another kind or not well-formed.
  init?(_ payload: UnsafeRawBufferPointer) {
    var reader = ByteReader(payload)
    guard let head = RecordHead(&reader), head.kind == .pin, let date = reader.take(Int64.self),
      let name = reader.takeCounted(), let count = reader.take(UInt32.self)
    else { return nil }
    var keys: [Key] = []
    for _ in 0..<count {
      guard let digest = reader.take(bytes: Digest.byteCount).flatMap({ Digest(bytes: $0) }) else {
        return nil
      }
      keys.append(Key(digest))
    }
    guard reader.isAtEnd else { return nil }
    self.init(name: String(decoding: name, as: UTF8.self), date: date, keys: keys)
  }
}

extension Store {
  /// Sees to it that the results of these keys, now or later, are never given up; replaces the pin of that name.
  ///
  /// - Throws: `noSpace`, `notWritable` or `storeUnusable`.
  public func pin(_ keys: [Key], name: String) throws(Diagnostic) {
    try append { sequence in Pin(name: name, date: clock(), keys: keys).record(sequence: sequence) }
  }

  /// Lets the results of a pin go; false if there is none of that name.
  ///
  /// - Throws: `noSpace`, `notWritable` or `storeUnusable`.
  public func unpin(_ name: String) throws(Diagnostic) -> Bool {
    guard pins().contains(where: { $0.name == name }) else { return false }
    try append { sequence in RecordHead(.tombstone, sequence, Pin.recordKey(name)).bytes }
    return true
  }

  /// All pins, by name; reads the head of every record.
  public func pins() -> [Pin] {
    refresh()
    var pins: [Pin] = []
    catalog.read { $0 }.forEachRecord { kind, _, payload in
      if kind == .pin, let pin = Pin(payload) { pins.append(pin) }
    }
    return pins.sorted { $0.name < $1.name }
  }

  private func append(_ record: (UInt64) -> [UInt8]) throws(Diagnostic) {
    guard !isReadOnly else { throw FileError(13, "write", path).diagnostic }
    do throws(FileError) {
      // Who gives up results now does so before or after.
      try uses.section { () throws(FileError) in
        try catalog.refresh()
        try committer.append([record(catalog.nextSequence())])
      }
    } catch { throw error.diagnostic }
    try flush()
  }
}
