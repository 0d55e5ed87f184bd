public import Artifacts
public import Diagnostics

/// What a run did, without anything that may differ when it is done again: no times, hosts or versions.
public struct DeterministicRecord: Sendable, Equatable {
  /// The version of the manifest's format that this program writes, and the newest that it reads.
  public static let formatVersion = 1

  /// Where one value of the resolved config comes from.
  public struct Origin: Sendable, Equatable {
    /// The dotted path in the resolved config.
    public var path: String
    /// `config file:line`, `default` or `command line`.
    public var origin: String

    /// Makes an origin.
    public init(path: String, origin: String) {
      self.path = path
      self.origin = origin
    }
  }

  /// An input file with the content that was read from it.
  public struct Input: Sendable, Equatable {
    /// The file, as the config writes it.
    public var file: String
    /// The data sets that were read.
    public var parts: [String]
    /// The digest of their content.
    public var digest: Digest

    /// Makes an input.
    public init(file: String, parts: [String], digest: Digest) {
      self.file = file
      self.parts = parts
      self.digest = digest
    }
  }

  /// The config's name: its file's name without the ending.
  public var name: String
  /// The config's title.
  public var title: String?
  /// The pipeline's name.
  public var pipeline: String
  /// The config with every default written out.
  public var config: JSON
  /// Where its values come from.
  public var origins: [Origin]
  /// The files that were read.
  public var inputs: [Input]
  /// The nodes of the plan, in the order of the plan.
  public var nodes: [NodeRecord]
  /// The measured numbers, in the order of the plan.
  public var results: [MeasuredValue]
  /// The tables that the config asks for.
  public var tables: [TableSpecification]
  /// What is better, for every metric in the results.
  public var metrics: [MetricDirection]

  /// Makes a record.
  public init(
    name: String, title: String? = nil, pipeline: String, config: JSON, origins: [Origin] = [],
    inputs: [Input] = [], nodes: [NodeRecord] = [], results: [MeasuredValue] = [],
    tables: [TableSpecification] = [],
    metrics: [MetricDirection] = []
  ) {
    self.name = name
    self.title = title
    self.pipeline = pipeline
    self.config = config
    self.origins = origins
    self.inputs = inputs
    self.nodes = nodes
    self.results = results
    self.tables = tables
    self.metrics = metrics
  }

  /// The claims that the config checks; none where they are in a form that this program does not know.
  public var claims: [ClaimSpecification] {
    (config["claims"]?.items ?? []).compactMap { try? ClaimSpecification($0) }
  }

  /// The digest of the record's compact JSON text: equal for two runs that agree bit for bit.
  public var digest: Digest {
    var out = RecordPrinter(capacity: 4096 + 600 * nodes.count + 400 * results.count)
    print(into: &out)
    return Digest(compacting: out.bytes[...])
  }
}

extension DeterministicRecord {
  /// The node of that number.
  public func node(_ id: Int) -> NodeRecord? {
    // The numbers are the positions, unless somebody else wrote the record.
    nodes.indices.contains(id) && nodes[id].id == id ? nodes[id] : nodes.first { $0.id == id }
  }

  /// The inputs that nodes read, by the node's number.
  public var contentInputs: [Int: Input] {
    // Inputs stand in the order of the nodes that read them.
    let sources = nodes.filter { $0.inputs.isEmpty && $0.parameters["file"]?.string != nil }
    if sources.count == inputs.count {
      return Dictionary(zip(sources.map(\.id), inputs)) { first, _ in first }
    }
    return Dictionary(
      sources.compactMap { node in
        inputs.first { $0.file == node.parameters["file"]?.string }.map { (node.id, $0) }
      }
    ) { first, _ in first }
  }
}

/// Which values of a metric are better.
public struct MetricDirection: Sendable, Equatable {
  /// Which end is better.
  public enum Better: String, Sendable, CaseIterable {
    /// Larger values, as of an accuracy.
    case higher
    /// Smaller values, as of an error.
    case lower
    /// No value is better than another, as of a count.
    case neither
  }

  /// The metric's name.
  public var metric: String
  /// Which end is better.
  public var better: Better

  /// Makes a direction.
  public init(metric: String, better: Better) {
    self.metric = metric
    self.better = better
  }
}

extension DeterministicRecord {
  /// Prints the record in its canonical order of members.
  func print(into out: inout RecordPrinter) {
    out.raw("{\n")
    out.members([
      "format": .integer(DeterministicRecord.formatVersion), "name": .string(name), "title": .optional(title),
      "pipeline": .string(pipeline), "config": config,
      "origins": .array(origins.map { .object(["path": .string($0.path), "origin": .string($0.origin)]) }),
      "inputs": .array(
        inputs.map {
          .object(["file": .string($0.file), "parts": .strings($0.parts), "digest": .string($0.digest.hex)])
        }),
    ])
    out.raw(",\n")
    out.lines("\"nodes\":", nodes) { $0.print(into: &$1) }
    out.raw(",\n")
    out.lines("\"results\":", results) { $0.print(into: &$1) }
    out.raw(",\n")
    out.members([
      "tables": .array(tables.map(\.json)),
      "metrics": .array(
        metrics.map { .object(["metric": .string($0.metric), "better": .string($0.better.rawValue)]) }),
    ])
    out.raw("\n  }")
  }

  init(_ reader: RecordReader) throws(Diagnostic) {
    self.init(
      name: try reader.string("name"), title: try reader.optionalString("title"),
      pipeline: try reader.string("pipeline"), config: try reader.value("config"),
      origins: try reader.records("origins") { (item) throws(Diagnostic) in
        Origin(path: try item.string("path"), origin: try item.string("origin"))
      },
      inputs: try reader.records("inputs") { (item) throws(Diagnostic) in
        Input(
          file: try item.string("file"), parts: try item.strings("parts"), digest: try item.digest("digest"))
      },
      nodes: try reader.records("nodes", NodeRecord.init(_:)),
      results: try reader.records("results", MeasuredValue.init(_:)),
      tables: try reader.records("tables", TableSpecification.init(_:)),
      metrics: try reader.records("metrics") { (item) throws(Diagnostic) in
        MetricDirection(
          metric: try item.string("metric"), better: try item.word("better", MetricDirection.Better.self))
      })
  }
}
