public import Artifacts
public import Diagnostics

/// What the store knows of a result.
public struct Entry: Sendable {
  /// One output of the node.
  public struct Output: Sendable {
    /// The output's port.
    public let port: String
    /// The digest of the artifact, which also names its object.
    public let digest: Digest
    /// Bytes of the artifact's arrays in memory.
    public let byteCount: Int
    /// The key of the entry that it belongs to.
    public let key: Key
    /// The object itself, if it is small enough to stand in the record.
    let inline: [UInt8]?
  }

  /// The key it was stored under.
  public let key: Key
  /// The name of the stage.
  public let stage: String
  /// The outputs, in the order in which they were put.
  public let outputs: [Output]
  /// How long the computation took, in seconds.
  public let seconds: Double
  /// When it was stored, in nanoseconds since 1970 by the clock of that machine.
  public let date: Int64
  let sequence: UInt64
  let componentsText: [UInt8]
  /// Where the result comes from, if the key is another name for it.
  public var link: Link? = nil

  /// What the key was made of; null if the record cannot be read.
  public var components: JSON {
    (try? JSON.parse(SourceText(file: "record", bytes: componentsText))) ?? .null
  }

  /// The output at a port.
  public subscript(_ port: String) -> Output? { outputs.first { $0.port == port } }
}

/// What a record says of its key.
enum RecordKind: UInt8 {
  /// The results of a node.
  case result = 1
  /// Forget what was said before.
  case tombstone = 2
  /// The digest of an input file's content.
  case input = 3
  /// The results of a node are those of another key.
  case link = 4
  /// A small thing that outlives the process.
  case note = 5
  /// Results that are never given up.
  case pin = 6
}

/// What is needed of a record to put it into an index.
struct RecordHead {
  static let byteCount = 41
  var kind: RecordKind
  /// Grows with every record that a process has seen or written, so that of two records for a key the later
  /// one wins without asking a clock.
  var sequence: UInt64
  var key: Key

  init(_ kind: RecordKind, _ sequence: UInt64, _ key: Key) {
    self.kind = kind
    self.sequence = sequence
    self.key = key
  }

  init?(_ reader: inout ByteReader) {
    guard let kind = reader.take(UInt8.self).flatMap(RecordKind.init),
      let sequence = reader.take(UInt64.self),
      let key = reader.take(bytes: Digest.byteCount).flatMap({ Digest(bytes: $0) })
    else { return nil }
    self.init(kind, sequence, Key(key))
  }

  init?(_ payload: UnsafeRawBufferPointer) {
    var reader = ByteReader(payload)
    self.init(&reader)
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.put(kind.rawValue)
    writer.put(sequence)
    writer.bytes += key.digest.bytes
    return writer.bytes
  }
}

extension Entry {
  /// The record's bytes.
  var record: [UInt8] {
    var writer = ByteWriter()
    writer.bytes = RecordHead(.result, sequence, key).bytes
    writer.put(date)
    writer.put(seconds.bitPattern)
    writer.put(counted: stage.utf8)
    writer.put(counted: componentsText)
    writer.put(UInt32(outputs.count))
    for output in outputs {
      writer.put(counted: output.port.utf8)
      writer.bytes += output.digest.bytes
      writer.put(UInt64(output.byteCount))
      writer.put(UInt8(output.inline == nil ? 0 : 1))
      writer.put(counted: output.inline ?? [])
    }
    return writer.bytes
  }

  /// The entry of a record; nil if it is of another kind or not well-formed.
  init?(_ payload: UnsafeRawBufferPointer) {
    var reader = ByteReader(payload)
    guard let head = RecordHead(&reader), head.kind == .result, let date = reader.take(Int64.self),
      let seconds = reader.take(UInt64.self), let stage = reader.takeCounted(),
      let components = reader.takeCounted(), let count = reader.take(UInt32.self)
    else { return nil }
    var outputs: [Output] = []
    for _ in 0..<count {
      guard let output = Output(&reader, head.key) else { return nil }
      outputs.append(output)
    }
    guard reader.isAtEnd else { return nil }
    self.init(
      key: head.key, stage: String(decoding: stage, as: UTF8.self), outputs: outputs,
      seconds: Double(bitPattern: seconds), date: date, sequence: head.sequence,
      componentsText: [UInt8](components))
  }
}

extension Entry.Output {
  fileprivate init?(_ reader: inout ByteReader, _ key: Key) {
    guard let port = reader.takeCounted(), let digest = reader.take(bytes: Digest.byteCount),
      let digest = Digest(bytes: digest),
      let byteCount = reader.take(UInt64.self).flatMap(Int.init(exactly:)),
      let isInline = reader.take(UInt8.self), let inline = reader.takeCounted()
    else { return nil }
    self.init(
      port: String(decoding: port, as: UTF8.self), digest: digest, byteCount: byteCount, key: key,
      inline: isInline == 1 ? [UInt8](inline) : nil)
  }
}
