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

  private init(records: [Record]) { self.records = records }

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
  public var key: Key { Key(Self.digest(records)) }

  private static func digest(_ records: [Record]) -> Digest {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(64 * records.count)
    for record in records {
      append(record.tag.rawValue, to: &bytes)
      append(record.name, to: &bytes)
      append(record.value, to: &bytes)
    }
    return Digest(of: bytes)
  }

  private static func append(_ part: String, to bytes: inout [UInt8]) {
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

  /// The digest of what a node is, whatever the revisions of the stages: of the same records as the key, but without
  /// the revision, and with the lineages of what feeds it in place of their keys.
  ///
  /// - Parameter inputs: the lineage of the node that feeds each port.
  func lineage(_ inputs: [String: Digest]) -> Digest {
    Self.digest(
      records.compactMap { record in
        switch record.tag {
        case .format: Record(tag: .format, name: "lineage", value: "1")
        case .revision: nil
        case .input: record.withInput(inputs[record.name])
        default: record
        }
      })
  }

  /// The components that the node would have if other results fed it.
  ///
  /// - Parameter inputs: the key of what feeds each port; a port that is not named keeps its own.
  func withInputs(_ inputs: [String: Key], revision: Int? = nil) -> KeyComponents {
    KeyComponents(
      records: records.map { record in
        switch record.tag {
        case .input: record.withInput(inputs[record.name]?.digest)
        case .revision:
          revision.map { Record(tag: .revision, name: record.name, value: String($0)) } ?? record
        default: record
        }
      })
  }

  /// The seed of a node: it depends on what the node is and what goes in, so that adding an alternative or a
  /// replicate changes no other seed; and not on revisions, so that a stage that is mended does not move what is
  /// random below it.
  static func seed(
    run: Int, stage: String, inputs: [(port: String, lineage: Digest, output: String)], replicate: Int
  ) -> UInt64 {
    let parts =
      ["seed 2", String(run), stage, String(replicate)]
      + inputs.sorted { $0.port < $1.port }.map { "\($0.port) \($0.lineage) \($0.output)" }
    return Digest(of: Array(parts.joined(separator: "\n").utf8)).prefix
  }
}

extension KeyComponents.Record {
  /// The record of an input with another digest before its output port.
  fileprivate func withInput(_ digest: Digest?) -> Self {
    guard let digest, let output = value.split(separator: " ", maxSplits: 1).last else { return self }
    return Self(tag: tag, name: name, value: "\(digest) \(output)")
  }
}

extension Plan.Node {
  /// The key that the node would have if results with other keys fed it: with the same seed and the same everything
  /// else.
  ///
  /// - Parameters:
  ///   - key: the key of what is taken in place of a node's result; the node's own key changes nothing.
  ///   - revision: the revision of its stage, by default the one that it has.
  public func key(withInputKeys key: (Plan.NodeID) -> Key, revision: Int? = nil) -> Key {
    let replaced = Dictionary(inputs.map { ($0.port, key($0.node)) }) { first, _ in first }
    return components.withInputs(replaced, revision: revision).key
  }
}
