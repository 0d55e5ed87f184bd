internal import Artifacts
public import Diagnostics
public import RunRecords

/// What differs between two runs: config, inputs, nodes, numbers.
public struct RunDifference: Sendable {
  /// Something that differs, with its value in both runs.
  public struct Pair: Sendable, Equatable {
    /// What it is.
    public var name: String
    /// The value in the old run; nil where it has none.
    public var old: String?
    /// The value in the new run; nil where it has none.
    public var new: String?
  }

  /// The old run's record.
  public let old: Manifest
  /// The new run's record.
  public let new: Manifest
  /// The digest of both deterministic parts, where they are the same.
  public let commonDigest: String?
  /// Values of the config that differ.
  public let config: [ConfigChange]
  /// Inputs that differ: the file, and the digests of what was read.
  public let inputs: [Pair]
  /// Nodes that differ, by stage and reason.
  public let nodes: [NodeChange]
  /// How many nodes have the same key in both runs.
  public let sameNodes: Int
  /// How the numbers changed, the biggest change first, those beyond the replicates' spread before the others.
  public let metrics: [MetricChange]
  /// Numbers that only one of the runs has.
  public let onlyOld: [String]
  /// Numbers that only one of the runs has.
  public let onlyNew: [String]
  /// What differs of the machine and the libraries.
  public let environment: [Pair]

  /// Compares two runs.
  public init(_ old: Manifest, _ new: Manifest) {
    self.old = old
    self.new = new
    let digests = (old.deterministic.digest, new.deterministic.digest)
    commonDigest = digests.0 == digests.1 ? digests.0.hex : nil
    config = ConfigDifference(old.deterministic, new.deterministic).changes
    inputs = Self.inputs(old.deterministic, new.deterministic)
    let nodes = NodeDifference(old, new)
    self.nodes = nodes.changes
    sameNodes = nodes.sameCount
    let metrics = MetricDifference(old.deterministic, new.deterministic)
    self.metrics = metrics.changes
    onlyOld = metrics.onlyOld
    onlyNew = metrics.onlyNew
    environment = Self.environment(old.volatile, new.volatile)
  }

  private static func inputs(_ old: DeterministicRecord, _ new: DeterministicRecord) -> [Pair] {
    func named(_ record: DeterministicRecord) -> [String: String] {
      Dictionary(
        record.inputs.map { ("\($0.file) (\($0.parts.joined(separator: ", ")))", $0.digest.hex) }
      ) { first, _ in first }
    }
    let (before, after) = (named(old), named(new))
    return Set(before.keys).union(after.keys).sorted().compactMap { name in
      before[name] == after[name] ? nil : Pair(name: name, old: before[name], new: after[name])
    }
  }

  static func environment(_ old: VolatileRecord, _ new: VolatileRecord) -> [Pair] {
    let (a, b) = (old.versions, new.versions)
    let values: [(String, String?, String?)] = [
      ("host", old.host, new.host), ("cores", "\(old.cores)", "\(new.cores)"), ("pipe", a.tool, b.tool),
      ("Swift", a.swift, b.swift), ("HDF5", a.hdf5, b.hdf5), ("OpenBLAS", a.openBLAS, b.openBLAS),
      ("OpenBLAS core", a.openBLASCore, b.openBLASCore), ("zstd", a.zstd, b.zstd),
      ("git commit", old.gitCommit, new.gitCommit),
    ]
    // A library that a run did not load has no version in its record: that is no difference.
    return values.compactMap { name, before, after in
      guard let before, let after, before != after else { return nil }
      return Pair(name: name, old: before, new: after)
    }
  }

  /// The difference as JSON.
  public var json: JSON {
    let nodes: JSON = .object([
      "same": .integer(sameNodes), "changes": .array(nodes.map { $0.json }),
    ])
    return .object([
      "old": .string(old.volatile.run), "new": .string(new.volatile.run),
      "identical": .bool(commonDigest != nil),
      "oldDigest": .string(old.deterministic.digest.hex), "newDigest": .string(new.deterministic.digest.hex),
      "config": .array(config.map { $0.json }), "inputs": .array(inputs.map { json($0) }), "nodes": nodes,
      "metrics": .array(metrics.map { $0.json }), "onlyOld": .strings(onlyOld), "onlyNew": .strings(onlyNew),
      "environment": .array(environment.map { json($0) }),
    ])
  }

  private func json(_ pair: Pair) -> JSON {
    .object(["name": .string(pair.name), "old": .optional(pair.old), "new": .optional(pair.new)])
  }
}

extension ConfigChange {
  var json: JSON {
    .object([
      "path": .string(path), "old": .optional(old), "new": .optional(new), "oldOrigin": .optional(oldOrigin),
      "newOrigin": .optional(newOrigin),
    ])
  }
}

extension NodeChange {
  var json: JSON {
    .object([
      "stage": .string(stage), "kind": .string(kind.rawValue), "reason": .optional(reason),
      "nodes": .strings(nodes),
    ])
  }
}

extension MetricChange {
  /// The change as JSON.
  var json: JSON {
    let test: JSON =
      switch self.test {
      case .paired(let count, let p):
        .object(["name": "paired t-test", "replicates": .integer(count), "p": .number(p)])
      case .pooled(let deviation):
        .object(["name": "pooled standard deviation", "deviation": .number(deviation)])
      case .single: .null
      }
    return .object([
      "cell": .string(cell), "metric": .string(metric), "better": .string(better.rawValue),
      "old": json(old), "new": json(new), "change": .number(change), "test": test,
      "exceedsSpread": exceedsSpread.map { .bool($0) } ?? .null, "verdict": .string(verdict),
    ])
  }

  private func json(_ cell: ResultTable.Cell) -> JSON {
    .object([
      "mean": .optional(cell.mean), "deviation": .optional(cell.deviation), "n": .integer(cell.count),
    ])
  }
}
