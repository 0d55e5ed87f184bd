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

  /// What feeds a port.
  struct Input: Sendable {
    var port: String
    /// The key of the node that feeds it.
    var key: Key
    /// That node's output port.
    var output: String
  }

  /// What is the same for all nodes of one stage with its parameters.
  let own: OwnRecords
  /// The seed, for a stage that is random.
  let seed: UInt64?
  /// The inputs, in the order of their ports' names.
  let inputs: [Input]

  /// The components of a node.
  ///
  /// - Parameters:
  ///   - inputs: port, key of the node that feeds it and that node's output port.
  ///   - seed: only for a stage that is random.
  ///   - content: the digest of what a source reads.
  init(
    _ own: OwnRecords, seed: UInt64?, inputs: [(port: String, key: Key, output: String)], content: Digest?
  ) {
    self.init(
      content.map(own.with(content:)) ?? own, seed: seed,
      sorted: inputs.sorted { $0.port < $1.port }.map {
        Input(port: $0.port, key: $0.key, output: $0.output)
      })
  }

  /// The components of a node whose inputs are in order.
  init(_ own: OwnRecords, seed: UInt64?, sorted inputs: [Input]) {
    self.own = own
    self.seed = seed
    self.inputs = inputs
  }

  /// The records in the order in which they are hashed.
  public var records: [Record] {
    var records = own.records
    if let seed { records.append(Record(tag: .seed, name: "seed", value: String(seed))) }
    for input in inputs {
      records.append(Record(tag: .input, name: input.port, value: "\(input.key) \(input.output)"))
    }
    if let content = own.content {
      records.append(Record(tag: .content, name: "content", value: content.hex))
    }
    return records
  }

  /// The key: the digest of all records, each part with its length before it.
  public var key: Key {
    var bytes = KeyBytes()
    return key(&bytes)
  }

  /// The key, by way of bytes that are used again and again.
  func key(_ bytes: inout KeyBytes) -> Key {
    bytes.start(with: own.bytes)
    if let seed { bytes.append(seed: seed) }
    for input in inputs { bytes.append(port: input.port, input.key.digest, output: input.output) }
    if let content = own.content { bytes.append(content: content) }
    return Key(bytes.digest)
  }

  /// The digest of what a node is, whatever the revisions of the stages: of the same records as the key, but without
  /// the revision, and with the lineages of what feeds it in place of their keys.
  ///
  /// - Parameter inputs: the lineages of what feeds the inputs, in their order.
  func lineage(_ lineages: [Digest], _ bytes: inout KeyBytes) -> Digest {
    bytes.start(with: own.lineageBytes)
    if let seed { bytes.append(seed: seed) }
    for (input, lineage) in zip(inputs, lineages) {
      bytes.append(port: input.port, lineage, output: input.output)
    }
    if let content = own.content { bytes.append(content: content) }
    return bytes.digest
  }

  /// The components that the node would have if other results fed it.
  ///
  /// - Parameter key: the key of what feeds a port.
  func withInputs(_ key: (_ port: String) -> Key?) -> KeyComponents {
    KeyComponents(
      own, seed: seed,
      sorted: inputs.map { Input(port: $0.port, key: key($0.port) ?? $0.key, output: $0.output) })
  }

  /// The components that the node would have if its stage had another revision.
  func withRevision(_ revision: Int) -> KeyComponents {
    var records = own.records
    for index in records.indices where records[index].tag == .revision {
      records[index].value = String(revision)
    }
    return KeyComponents(OwnRecords(records, content: own.content), seed: seed, sorted: inputs)
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
    self.init(OwnRecords(records), seed: nil, sorted: [])
  }

  /// Equality of all records.
  public static func == (a: KeyComponents, b: KeyComponents) -> Bool { a.records == b.records }

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

extension KeyComponents {
  /// What is the same for every node of a stage with its parameters, as records and as the bytes that are hashed.
  final class OwnRecords: Sendable {
    let records: [Record]
    /// The digest of what a source reads.
    let content: Digest?
    let bytes: [UInt8]

    convenience init(stage: String, revision: Int, parameters: JSON) {
      var records = [
        Record(tag: .format, name: "key", value: "1"), Record(tag: .stage, name: "stage", value: stage),
        Record(tag: .revision, name: "revision", value: String(revision)),
      ]
      Self.walk(parameters, path: "", into: &records)
      self.init(records)
    }

    init(_ records: [Record], content: Digest? = nil) {
      self.records = records
      self.content = content
      bytes = KeyBytes(records).bytes
    }

    /// The bytes for lineages: without the revision.
    ///
    /// Made each time, as few stages stand above something random.
    var lineageBytes: [UInt8] {
      KeyBytes(
        records.filter { $0.tag != .revision }.map {
          $0.tag == .format ? Record(tag: .format, name: "lineage", value: "1") : $0
        }
      ).bytes
    }

    func with(content: Digest) -> OwnRecords { OwnRecords(records, content: content) }

    private static func walk(_ json: JSON, path: String, into records: inout [Record]) {
      if let members = json.members, !members.isEmpty {
        for member in members {
          walk(member.value, path: path.isEmpty ? member.key : "\(path).\(member.key)", into: &records)
        }
      } else if !path.isEmpty {
        records.append(Record(tag: .parameter, name: path, value: json.text()))
      }
    }
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
    let components = revision.map(components.withRevision) ?? components
    return components.withInputs { port in inputs.first { $0.port == port }.map { key($0.node) } }.key
  }
}
