public import Diagnostics

/// A folder of reference records, one for each config, small enough to be kept with the configs.
public struct ReferenceFolder: Sendable {
  /// The folder.
  public let path: String

  /// A folder that is there, or will be.
  public init(path: String) { self.path = Files.trimmed(path) }

  /// The reference of a config; nil where there is none.
  ///
  /// - Throws: `notReadable`, `corruptRecord`.
  public func manifest(of config: String) throws(Diagnostic) -> Manifest? {
    let folder = RunFolder(path: "\(path)/\(config)")
    return folder.hasManifest ? try folder.manifest() : nil
  }

  /// Every reference, by the name of its config; empty where the folder holds none.
  ///
  /// - Throws: `notReadable`, `corruptRecord`.
  public func manifests() throws(Diagnostic) -> [Manifest] {
    var found: [Manifest] = []
    for name in try Files.names(in: path).sorted() {
      if let manifest = try manifest(of: name) { found.append(manifest) }
    }
    return found
  }

  /// Makes a run the reference of its config: its deterministic part, its numbers, its tables and the seconds of its
  /// stages; nothing of the machine but its kind.
  ///
  /// - Throws: `notWritable`, `noSpace`.
  public func write(
    _ manifest: Manifest, tables: [RunFolder.File], reason: String
  ) throws(Diagnostic) {
    let folder = RunFolder(path: "\(path)/\(manifest.deterministic.name)")
    let history = "history.md"
    let line = "- \(manifest.volatile.started.iso8601.prefix(10)): \(reason)\n"
    let earlier = Files.exists("\(folder.path)/\(history)") ? try folder.bytes(of: history) : []
    let text = String(decoding: earlier, as: UTF8.self) + line
    let results = RunFolder.File("results.csv", ResultsCSV(manifest.deterministic.results).text)
    try folder.finish(
      manifest.asReference, with: tables + [results, RunFolder.File(history, text)], packed: true)
  }
}

extension Manifest {
  /// The record without what tells of the machine, the place and the store.
  private var volatileAsReference: VolatileRecord {
    var record = volatile
    (record.run, record.host, record.commandLine) = ("reference", "", [])
    (record.gitCommit, record.configFolder) = (nil, nil)
    record.nodes = record.nodes.map { node in
      let seconds = node.state == .ran ? node.seconds : node.savedSeconds ?? 0
      return NodeOutcome(id: node.id, state: .ran, seconds: (seconds * 1000).rounded() / 1000)
    }
    return record
  }

  fileprivate var asReference: Manifest {
    Manifest(deterministic: deterministic, volatile: volatileAsReference)
  }
}
