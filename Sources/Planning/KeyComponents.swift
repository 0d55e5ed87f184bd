public import Artifacts
public import Diagnostics

/// Everything that can change a node's result, in the order in which it is hashed.
///
/// One walk yields the records; the key hashes them and explanations print them, so the two cannot drift apart.
public struct KeyComponents: Sendable, Equatable {
  /// One thing that the result depends on.
  public struct Record: Sendable, Equatable {
    /// What sort of thing it is.
    public enum Tag: String, Sendable { case format, stage, revision, parameter, seed, input, content }
    /// What sort of thing it is.
    public var tag: Tag
    /// Its name: a parameter's dotted path, a port.
    public var name: String
    /// Its value as canonical text.
    public var value: String
  }

  /// The records in the order in which they are hashed.
  public let records: [Record]

  /// What is the same for every node of a stage with its parameters.
  struct OwnRecords {
    fileprivate let records: [Record]

    init(stage: String, revision: Int, parameters: JSON) {
      var records = [
        Record(tag: .format, name: "key", value: "1"), Record(tag: .stage, name: "stage", value: stage),
        Record(tag: .revision, name: "revision", value: String(revision)),
      ]
      KeyComponents.walk(parameters, path: "", into: &records)
      self.records = records
    }
  }

  /// The components of a node.
  ///
  /// - Parameters:
  ///   - inputs: port, key of the node that feeds it and that node's output port.
  ///   - seed: only for a stage that is random.
  ///   - content: the digest of what a source reads.
  init(
    _ own: OwnRecords, seed: UInt64?, inputs: [(port: String, key: Key, output: String)], content: Digest?
  ) {
    var records = own.records
    if let seed { records.append(Record(tag: .seed, name: "seed", value: String(seed))) }
    for input in inputs.sorted(by: { $0.port < $1.port }) {
      records.append(Record(tag: .input, name: input.port, value: "\(input.key) \(input.output)"))
    }
    if let content { records.append(Record(tag: .content, name: "content", value: content.hex)) }
    self.records = records
  }

  private static func walk(_ json: JSON, path: String, into records: inout [Record]) {
    if let members = json.members, !members.isEmpty {
      for member in members {
        walk(member.value, path: path.isEmpty ? member.key : "\(path).\(member.key)", into: &records)
      }
    } else if !path.isEmpty {
      records.append(Record(tag: .parameter, name: path, value: json.text()))
    }
  }

  /// The key: the digest of all records, each part with its length before it.
  public var key: Key {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(64 * records.count)
    for record in records {
      append(record.tag.rawValue, to: &bytes)
      append(record.name, to: &bytes)
      append(record.value, to: &bytes)
    }
    return Key(Digest(of: bytes))
  }

  private func append(_ part: String, to bytes: inout [UInt8]) {
    bytes += String(part.utf8.count).utf8
    bytes.append(UInt8(ascii: ":"))
    bytes += part.utf8
  }

  /// The records as JSON, to be stored with the result.
  public var json: JSON {
    .array(records.map { .array([.string($0.tag.rawValue), .string($0.name), .string($0.value)]) })
  }

  /// The components that were stored with a result; nil if they are not of this form.
  public init?(_ json: JSON) {
    guard let items = json.items else { return nil }
    var records: [Record] = []
    for item in items {
      guard let parts = item.items?.compactMap(\.string), parts.count == 3,
        let tag = Record.Tag(rawValue: parts[0])
      else { return nil }
      records.append(Record(tag: tag, name: parts[1], value: parts[2]))
    }
    self.records = records
  }

  /// The seed of a node: it depends on what the node is and what goes in, so that adding an alternative or a
  /// replicate changes no other seed.
  static func seed(
    run: Int, stage: String, inputs: [(port: String, key: Key, output: String)], replicate: Int
  ) -> UInt64 {
    let parts =
      ["seed 1", String(run), stage, String(replicate)]
      + inputs.sorted { $0.port < $1.port }.map { "\($0.port) \($0.key) \($0.output)" }
    return Digest(of: Array(parts.joined(separator: "\n").utf8)).prefix
  }
}
