public import Artifacts

/// A small thing that outlives the process.
struct Note {
  /// Notes have keys of their own, so that one may be about a result and bear its key.
  var key: Key
  var date: Int64
  /// The result that it goes with.
  var about: Key?
  var bytes: [UInt8]

  init(_ key: Key, date: Int64, about: Key?, bytes: [UInt8]) {
    self.key = Note.recordKey(key)
    self.date = date
    self.about = about
    self.bytes = bytes
  }

  /// Whether a note of that date about nothing stays; one from the future does.
  static func isYoung(_ date: Int64, at time: Int64) -> Bool {
    let (age, overflow) = time.subtractingReportingOverflow(date)
    return overflow ? date > time : age <= life
  }

  func isYoung(at time: Int64) -> Bool { Note.isYoung(date, at: time) }

  /// How long a note lives that is about nothing, in nanoseconds.
  private static let life: Int64 = 90 * 86_400 * 1_000_000_000

  /// The key of a note's record.
  static func recordKey(_ key: Key) -> Key { Key(Digest(of: prefix + key.digest.bytes)) }
  private static let prefix = Array("pipe-note-1\n".utf8)

  func record(sequence: UInt64) -> [UInt8] {
    var writer = ByteWriter(bytes: RecordHead(.note, sequence, key).bytes)
    writer.put(date)
    writer.put(UInt8(about == nil ? 0 : 1))
    if let about { writer.bytes += about.digest.bytes }
    writer.put(counted: bytes)
    return writer.bytes
  }

  /// The note of a record; nil if it is of another kind or not well-formed.
  init?(_ payload: UnsafeRawBufferPointer) {
    var reader = ByteReader(payload)
    guard let head = RecordHead(&reader), head.kind == .note, let date = reader.take(Int64.self),
      let isAbout = reader.take(UInt8.self)
    else { return nil }
    if isAbout == 1 {
      guard let digest = reader.take(bytes: Digest.byteCount).flatMap({ Digest(bytes: $0) }) else {
        return nil
      }
      about = Key(digest)
    }
    guard let bytes = reader.takeCounted(), reader.isAtEnd else { return nil }
    key = head.key
    self.date = date
    self.bytes = [UInt8](bytes)
  }
}

extension Store {
  /// The latest note under a key; notes and results may bear the same key.
  public func note(for key: Key) -> [UInt8]? { catalog.note(for: key) }

  /// Notes small strings of bytes, such as how long something took, for later processes.
  ///
  /// The latest under a key counts. Others see them at once, and they are safe after ``flush()``. What cannot
  /// be written, in a store that is for reading for instance, is not noted.
  ///
  /// - Parameter about: a key whose result the notes go with: ``collect(limit:)`` drops them when it has none
  ///   any more. Notes about nothing are dropped after 90 days.
  public func remember(_ notes: [(key: Key, bytes: [UInt8])], about: Key? = nil) {
    guard !isReadOnly, !notes.isEmpty else { return }
    let date = clock()
    let first = catalog.nextSequence(count: notes.count)
    let records = notes.enumerated().map { index, note in
      Note(note.key, date: date, about: about, bytes: note.bytes).record(sequence: first + UInt64(index))
    }
    gate.shared { try? committer.append(records) }
  }
}
