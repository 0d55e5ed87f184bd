public import Artifacts
public import Diagnostics

/// One node of a plan: a stage with its parameters at its place, and what it gave.
public struct NodeRecord: Sendable, Equatable {
  /// An input port and what feeds it.
  public struct Input: Sendable, Equatable {
    /// The port's name.
    public var port: String
    /// The node that feeds it.
    public var node: Int
    /// That node's output port.
    public var output: String

    /// Makes an input.
    public init(port: String, node: Int, output: String) {
      self.port = port
      self.node = node
      self.output = output
    }
  }

  /// An output port and what it gave.
  public struct Output: Sendable, Equatable {
    /// The port's name.
    public var port: String
    /// The kind of artifact.
    public var kind: String
    /// The digest of the bytes; nil where they were not stored.
    public var digest: Digest?
    /// How many bytes; nil where they were not stored.
    public var bytes: Int?

    /// Makes an output.
    public init(port: String, kind: String, digest: Digest? = nil, bytes: Int? = nil) {
      self.port = port
      self.kind = kind
      self.digest = digest
      self.bytes = bytes
    }
  }

  /// The node's number in the plan.
  public var id: Int
  /// The node for people: `kernel-pca (rbf gamma 0.005, components 8) seed 2`.
  public var name: String
  /// The stage's name.
  public var stage: String
  /// The stage's revision.
  public var revision: Int
  /// The complete parameters.
  public var parameters: JSON
  /// The seed that its stage drew its random numbers from, if the stage is random.
  public var seed: Int?
  /// The key.
  public var key: Key
  /// Where the config asks for it, `configs/a.json:10`; nil where the pipeline adds it by itself.
  public var place: String?
  /// The inputs, in the order of the stage's ports.
  public var inputs: [Input]
  /// The outputs, of a measuring node; those of others, which a store may have let go, stand in its outcome.
  public var outputs: [Output]

  /// Makes a node's record.
  public init(
    id: Int, name: String, stage: String, revision: Int, parameters: JSON, seed: Int? = nil, key: Key,
    place: String? = nil, inputs: [Input] = [], outputs: [Output] = []
  ) {
    self.id = id
    self.name = name
    self.stage = stage
    self.revision = revision
    self.parameters = parameters
    self.seed = seed
    self.key = key
    self.place = place
    self.inputs = inputs
    self.outputs = outputs
  }
}

extension NodeRecord {
  func print(into out: inout RecordPrinter) {
    out.raw("{\"id\":")
    out.integer(id)
    out.raw(",\"name\":")
    out.string(name)
    out.raw(",\"stage\":")
    out.string(stage)
    out.raw(",\"revision\":")
    out.integer(revision)
    out.raw(",\"parameters\":")
    out.json(parameters)
    out.raw(",\"seed\":")
    out.optional(seed)
    out.raw(",\"key\":")
    out.digest(key.digest)
    out.raw(",\"place\":")
    out.optional(place)
    out.raw(",\"inputs\":")
    out.items(inputs) { input, out in
      out.raw("{\"port\":")
      out.string(input.port)
      out.raw(",\"node\":")
      out.integer(input.node)
      out.raw(",\"output\":")
      out.string(input.output)
      out.raw("}")
    }
    out.raw(",\"outputs\":")
    out.items(outputs) { $0.print(into: &$1) }
    out.raw("}")
  }

  init(_ reader: RecordReader) throws(Diagnostic) {
    self.init(
      id: try reader.integer("id"), name: try reader.string("name"), stage: try reader.string("stage"),
      revision: try reader.integer("revision"), parameters: try reader.value("parameters"),
      seed: try reader.optionalInteger("seed"), key: Key(try reader.digest("key")),
      place: try reader.optionalString("place"),
      inputs: try reader.records("inputs") { (item) throws(Diagnostic) in
        Input(
          port: try item.string("port"), node: try item.integer("node"), output: try item.string("output"))
      },
      outputs: try reader.records("outputs", Output.init(_:)))
  }
}

extension NodeRecord.Output {
  func print(into out: inout RecordPrinter) {
    out.raw("{\"port\":")
    out.string(port)
    out.raw(",\"kind\":")
    out.string(kind)
    out.raw(",\"digest\":")
    if let digest { out.digest(digest) } else { out.raw("null") }
    out.raw(",\"bytes\":")
    out.optional(bytes)
    out.raw("}")
  }

  init(_ reader: RecordReader) throws(Diagnostic) {
    self.init(
      port: try reader.string("port"), kind: try reader.string("kind"),
      digest: try reader.optionalDigest("digest"), bytes: try reader.optionalInteger("bytes"))
  }
}

extension MeasuredValue {
  func print(into out: inout RecordPrinter) {
    out.raw("{\"choices\":")
    out.items(choices) { $0.print(into: &$1) }
    out.raw(",\"seed\":")
    out.optional(seed)
    out.raw(",\"fold\":")
    out.optional(fold)
    out.raw(",\"metric\":")
    out.string(metric)
    out.raw(",\"value\":")
    out.optional(value)
    out.raw(",\"key\":")
    out.string(key)
    out.raw("}")
  }

  init(_ reader: RecordReader) throws(Diagnostic) {
    self.init(
      choices: try reader.records("choices", Choice.init(_:)), seed: try reader.optionalInteger("seed"),
      fold: try reader.optionalInteger("fold"), metric: try reader.string("metric"),
      value: try reader.optionalNumber("value"), key: try reader.string("key"))
  }
}

extension Choice {
  func print(into out: inout RecordPrinter) {
    out.raw("{\"slot\":")
    out.string(slot)
    out.raw(",\"stage\":")
    out.string(stage)
    out.raw(",\"swept\":")
    out.items(swept) { swept, out in
      out.raw("{\"path\":")
      out.string(swept.path)
      out.raw(",\"value\":")
      out.string(swept.value)
      out.raw("}")
    }
    out.raw("}")
  }

  init(_ reader: RecordReader) throws(Diagnostic) {
    self.init(
      slot: try reader.string("slot"), stage: try reader.string("stage"),
      swept: try reader.records("swept") { (item) throws(Diagnostic) in
        Choice.Swept(path: try item.string("path"), value: try item.string("value"))
      })
  }
}

extension TableSpecification {
  var json: JSON {
    .object([
      "name": .string(name), "rows": .strings(rows), "columns": .strings(columns),
      "metrics": .strings(metrics),
      "best": .bool(marksBest), "caption": .optional(caption),
    ])
  }

  init(_ reader: RecordReader) throws(Diagnostic) {
    self.init(
      name: try reader.string("name"), rows: try reader.strings("rows"),
      columns: try reader.strings("columns"), metrics: try reader.strings("metrics"),
      marksBest: try reader.bool("best"), caption: try reader.optionalString("caption"))
  }
}
