internal import Diagnostics

/// How a whole run ended.
public enum RunOutcome: String, Sendable, CaseIterable {
  /// Every node has its result.
  case done
  /// At least one node failed; the others were finished.
  case failed
  /// It was stopped before its end.
  case interrupted
}

/// What became of one node in a run.
public struct NodeOutcome: Sendable, Equatable {
  /// The states in which a run leaves a node.
  public enum State: String, Sendable, CaseIterable {
    /// It was computed.
    case ran
    /// Its result was in the store under its key.
    case cached
    /// A node above was computed again with the same bytes as before, so its earlier result holds.
    case cutOff
    /// It ended in an error.
    case failed
    /// A node above failed.
    case blocked
    /// The run was stopped before its turn.
    case notRun
  }

  /// The node's number in the plan.
  public var id: Int
  /// What became of it.
  public var state: State
  /// How long it took in this run, in seconds.
  public var seconds: Double
  /// How long it took when it was computed, in seconds, if it was not computed now.
  public var savedSeconds: Double?
  /// Why it was computed, cut off or blocked.
  public var reason: String?
  /// Whether the store has its result, so that nothing has to be computed to read it again.
  public var isKept: Bool
  /// The whole message of its failure.
  public var error: String?
  /// Its outputs as far as the store has them; those of measures stand in the deterministic record.
  public var outputs: [NodeRecord.Output]

  /// Makes an outcome.
  public init(
    id: Int, state: State, seconds: Double, savedSeconds: Double? = nil, reason: String? = nil,
    isKept: Bool = true, error: String? = nil, outputs: [NodeRecord.Output] = []
  ) {
    self.id = id
    self.state = state
    self.seconds = seconds
    self.savedSeconds = savedSeconds
    self.reason = reason
    self.isKept = isKept
    self.error = error
    self.outputs = outputs
  }
}

/// The versions of what took part in a run.
public struct Versions: Sendable, Equatable {
  /// The version of this tool.
  public var tool: String
  /// The version of Swift that built it.
  public var swift: String
  /// The version of HDF5; nil where it was not loaded.
  public var hdf5: String?
  /// The version of OpenBLAS; nil where it was not loaded.
  public var openBLAS: String?
  /// The kind of processor that OpenBLAS took, `SkylakeX`.
  public var openBLASCore: String?
  /// The version of zstd.
  public var zstd: String?

  /// Makes a list of versions.
  public init(
    tool: String, swift: String, hdf5: String? = nil, openBLAS: String? = nil, openBLASCore: String? = nil,
    zstd: String? = nil
  ) {
    self.tool = tool
    self.swift = swift
    self.hdf5 = hdf5
    self.openBLAS = openBLAS
    self.openBLASCore = openBLASCore
    self.zstd = zstd
  }
}

/// What may differ when a run is done again: times, machine, versions, what became of each node.
public struct VolatileRecord: Sendable, Equatable {
  /// The run's name: that of its folder.
  public var run: String
  /// When it started.
  public var started: Timestamp
  /// When it ended.
  public var ended: Timestamp
  /// How long it took, in seconds.
  public var seconds: Double
  /// The machine's name.
  public var host: String
  /// How many cores it could use.
  public var cores: Int
  /// The command line, a word an item.
  public var commandLine: [String]
  /// The versions of what took part.
  public var versions: Versions
  /// The commit of the repository that holds the config, if one does.
  public var gitCommit: String?
  /// The folder of the config on that machine, where relative paths of inputs start; nil where it is not recorded.
  public var configFolder: String?
  /// The largest memory that the process held, in bytes.
  public var peakMemory: Int
  /// How the run ended.
  public var outcome: RunOutcome
  /// What became of each node, in the order of the plan.
  public var nodes: [NodeOutcome]

  /// Makes a record.
  public init(
    run: String, started: Timestamp, ended: Timestamp, seconds: Double, host: String, cores: Int,
    commandLine: [String], versions: Versions, gitCommit: String? = nil, configFolder: String? = nil,
    peakMemory: Int, outcome: RunOutcome, nodes: [NodeOutcome]
  ) {
    self.run = run
    self.started = started
    self.ended = ended
    self.seconds = seconds
    self.host = host
    self.cores = cores
    self.commandLine = commandLine
    self.versions = versions
    self.gitCommit = gitCommit
    self.configFolder = configFolder
    self.peakMemory = peakMemory
    self.outcome = outcome
    self.nodes = nodes
  }

  /// How many nodes ended in that state.
  public func count(_ state: NodeOutcome.State) -> Int { nodes.count { $0.state == state } }
}

extension VolatileRecord {
  /// How many nodes ended in each state, in the order of the states' declaration.
  var counts: [Int] {
    var counts: [NodeOutcome.State: Int] = [:]
    for node in nodes { counts[node.state, default: 0] += 1 }
    return NodeOutcome.State.allCases.map { counts[$0] ?? 0 }
  }

  func print(into out: inout RecordPrinter) {
    out.raw("{\n")
    out.members([
      "run": .string(run), "started": .string(started.iso8601), "ended": .string(ended.iso8601),
      "seconds": .anyNumber(seconds), "host": .string(host), "cores": .integer(cores),
      "commandLine": .strings(commandLine),
      "versions": .object([
        "tool": .string(versions.tool), "swift": .string(versions.swift), "hdf5": .optional(versions.hdf5),
        "openBLAS": .optional(versions.openBLAS), "openBLASCore": .optional(versions.openBLASCore),
        "zstd": .optional(versions.zstd),
      ]),
      "gitCommit": .optional(gitCommit), "configFolder": .optional(configFolder),
      "peakMemory": .integer(peakMemory),
      "outcome": .string(outcome.rawValue),
    ])
    out.raw(",\n")
    out.lines("\"nodes\":", nodes) { $0.print(into: &$1) }
    out.raw("\n  }")
  }

  init(_ reader: RecordReader) throws(Diagnostic) {
    let versions = try reader.record("versions")
    self.init(
      run: try reader.string("run"), started: try reader.timestamp("started"),
      ended: try reader.timestamp("ended"), seconds: try reader.number("seconds"),
      host: try reader.string("host"), cores: try reader.integer("cores"),
      commandLine: try reader.strings("commandLine"),
      versions: Versions(
        tool: try versions.string("tool"), swift: try versions.string("swift"),
        hdf5: try versions.optionalString("hdf5"), openBLAS: try versions.optionalString("openBLAS"),
        openBLASCore: try versions.optionalString("openBLASCore"), zstd: try versions.optionalString("zstd")),
      gitCommit: try reader.optionalString("gitCommit"),
      configFolder: try reader.optionalString("configFolder"), peakMemory: try reader.integer("peakMemory"),
      outcome: try reader.word("outcome", RunOutcome.self),
      nodes: try reader.records("nodes", NodeOutcome.init(_:)))
  }
}

extension NodeOutcome {
  /// Prints what is not as with most nodes: that it took no time, was given no reason or has no outputs goes
  /// without saying.
  func print(into out: inout RecordPrinter) {
    out.raw("{\"id\":")
    out.integer(id)
    out.raw(",\"state\":")
    out.string(state.rawValue)
    if seconds != 0 {
      out.raw(",\"seconds\":")
      out.number(seconds)
    }
    if let savedSeconds {
      out.raw(",\"savedSeconds\":")
      out.number(savedSeconds)
    }
    if let reason {
      out.raw(",\"reason\":")
      out.string(reason)
    }
    if !isKept { out.raw(",\"kept\":false") }
    if let error {
      out.raw(",\"error\":")
      out.string(error)
    }
    if !outputs.isEmpty {
      out.raw(",\"outputs\":")
      out.items(outputs) { $0.print(into: &$1) }
    }
    out.raw("}")
  }

  init(_ reader: RecordReader) throws(Diagnostic) {
    self.init(
      id: try reader.integer("id"), state: try reader.word("state", State.self),
      seconds: try reader.optionalNumber("seconds") ?? 0,
      savedSeconds: try reader.optionalNumber("savedSeconds"),
      reason: try reader.optionalString("reason"), isKept: try reader.optionalBool("kept") ?? true,
      error: try reader.optionalString("error"),
      outputs: try reader.optionalRecords("outputs", NodeRecord.Output.init(_:)))
  }
}
