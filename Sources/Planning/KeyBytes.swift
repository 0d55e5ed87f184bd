import Artifacts

/// The bytes that keys and lineages are digests of: records of three parts, each with its length before it.
///
/// One buffer serves all nodes of a plan, so that a key costs a hash and little else.
struct KeyBytes {
  private(set) var bytes: [UInt8] = []

  init() {}

  /// The bytes of some records.
  init(_ records: [KeyComponents.Record]) {
    for record in records {
      append(part: record.tag.rawValue)
      append(part: record.name)
      append(part: record.value)
    }
  }

  /// The digest of all bytes.
  var digest: Digest { Digest(of: bytes) }

  /// Begins anew with records that are bytes already.
  mutating func start(with own: [UInt8]) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: own)
  }

  /// Appends the record of a seed.
  mutating func append(seed: UInt64) {
    bytes.append(contentsOf: Self.seed)
    append(part: String(seed))
  }

  /// Appends the record of an input.
  mutating func append(port: String, _ digest: Digest, output: String) {
    bytes.append(contentsOf: Self.input)
    append(part: port)
    append(length: 65 + output.utf8.count)
    digest.withHex { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: " "))
    bytes.append(contentsOf: output.utf8)
  }

  /// Appends the record of a source's content.
  mutating func append(content: Digest) {
    bytes.append(contentsOf: Self.content)
    append(part: content.hex)
  }

  private static let input = Array("5:input".utf8)
  private static let seed = Array("4:seed4:seed".utf8)
  private static let content = Array("7:content7:content".utf8)

  private mutating func append(part: String) {
    append(length: part.utf8.count)
    bytes.append(contentsOf: part.utf8)
  }

  private mutating func append(length: Int) {
    bytes.append(contentsOf: String(length).utf8)
    bytes.append(UInt8(ascii: ":"))
  }
}
