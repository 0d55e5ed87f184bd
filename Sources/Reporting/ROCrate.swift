public import Artifacts
public import Diagnostics
public import RunRecords

/// The metadata of an RO-Crate that holds one run: JSON-LD in terms of RO-Crate 1.1 and of the profile Process Run
/// Crate 0.5.
///
/// The run is a `CreateAction` with its times and its outcome, `pipe` its instrument, the config and the inputs its
/// objects, the manifest, the results and the tables what it gave. Inputs are not in the crate: they are named by the
/// digest of the content that was read.
///
/// Sources: RO-Crate Metadata Specification 1.1, https://w3id.org/ro/crate/1.1; Process Run Crate 0.5,
/// https://w3id.org/ro/wfrun/process/0.5.
public struct ROCrate: Sendable {
  /// A file of the crate.
  public struct File: Sendable {
    /// The path within the crate.
    public var path: String
    /// How many bytes it has.
    public var size: Int
    /// The digest of its bytes.
    public var digest: Digest

    /// Makes a file from its path and its bytes.
    public init(_ path: String, _ bytes: [UInt8]) {
      self.path = path
      size = bytes.count
      digest = Digest(of: bytes)
    }
  }

  /// The name of the file that makes a folder a crate.
  public static let metadataName = "ro-crate-metadata.json"
  /// The name of the file that holds the resolved config.
  public static let configName = "config.json"

  private let manifest: Manifest
  private let files: [File]
  private let license: String
  private let author: String?

  /// Describes a crate.
  ///
  /// - Parameters:
  ///   - files: what is in the crate besides the metadata, `config.json` among it.
  ///   - license: how the crate may be used: a URL, or words.
  ///   - author: who did the run.
  public init(_ manifest: Manifest, files: [File], license: String?, author: String? = nil) {
    self.author = author
    self.manifest = manifest
    self.files = files
    self.license = license ?? "No licence is given; ask those who made the run."
  }

  private static let specification = "https://w3id.org/ro/crate/1.1"
  private static let authorID = "#author"
  private static let profile = "https://w3id.org/ro/wfrun/process/0.5"

  /// The metadata.
  public var json: JSON {
    let inputs = inputs
    var graph = [descriptor, root(inputs), profileEntity]
    graph += licenseEntities
    if let author {
      graph.append(
        .object(["@id": .string(Self.authorID), "@type": "Person", "name": .string(author)]))
    }
    graph += [software, action(inputs)]
    graph += files.map { entity($0) }
    for input in inputs { graph += [input.entity, input.digest] }
    return .object([
      "@context": .array([
        .string("\(Self.specification)/context"),
        .string("https://w3id.org/ro/terms/workflow-run/context"),
      ]),
      "@graph": .array(graph),
    ])
  }

  // MARK: Entities

  private func reference(_ id: String) -> JSON { .object(["@id": .string(id)]) }

  private var descriptor: JSON {
    .object([
      "@id": .string(Self.metadataName), "@type": "CreativeWork", "about": reference("./"),
      "conformsTo": reference(Self.specification),
    ])
  }

  private func root(_ inputs: [Input]) -> JSON {
    let record = manifest.deterministic
    let title = record.title ?? record.name
    var members: [JSON.Member] = [
      .init("@id", "./"), .init("@type", "Dataset"), .init("conformsTo", reference(Self.profile)),
      .init("name", .string("\(title): \(manifest.volatile.run)")),
      .init(
        "description",
        .string(
          "A run of the pipeline \(record.pipeline) with the config \(record.name): its record, results and "
            + "tables. Digest of what must be the same when it is done again: \(record.digest.hex).")),
      .init("datePublished", .string(manifest.volatile.ended.iso8601)),
      .init("license", isURL(license) ? reference(license) : .string(license)),
      .init(
        "hasPart", .array(files.map { reference(identifier($0.path)) } + inputs.map { reference($0.id) })),
      .init("mentions", reference(actionID)),
    ]
    if author != nil { members.append(.init("author", reference(Self.authorID))) }
    return .object(members)
  }

  private var profileEntity: JSON {
    .object([
      "@id": .string(Self.profile), "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5",
    ])
  }

  private func isURL(_ text: String) -> Bool { text.hasPrefix("https://") || text.hasPrefix("http://") }

  private var licenseEntities: [JSON] {
    guard isURL(license) else { return [] }
    return [
      .object([
        "@id": .string(license), "@type": "CreativeWork", "name": .string(license),
        "description": "The licence of this crate.",
      ])
    ]
  }

  private var softwareID: String { "#pipe-\(manifest.volatile.versions.tool)" }

  private var software: JSON {
    let versions = manifest.volatile.versions
    let libraries: [(String, String?)] = [
      ("Swift", versions.swift), ("HDF5", versions.hdf5), ("OpenBLAS", versions.openBLAS),
      ("OpenBLAS core", versions.openBLASCore), ("zstd", versions.zstd),
    ]
    let requirements = libraries.compactMap { name, version in version.map { "\(name) \($0)" } }
    return .object([
      "@id": .string(softwareID), "@type": "SoftwareApplication", "name": "pipe",
      "description": "Runs experiments on machine-learning features.",
      "softwareVersion": .string(versions.tool), "softwareRequirements": .strings(requirements),
    ])
  }

  private var actionID: String { "#\(escaped(manifest.volatile.run))" }

  private func action(_ inputs: [Input]) -> JSON {
    let volatile = manifest.volatile
    let objects = [reference(Self.configName)] + inputs.map { reference($0.id) }
    let results = files.map(\.path).filter { $0 != Self.configName }
    let isDone = volatile.outcome == .done
    var members: [JSON.Member] = [
      .init("@id", .string(actionID)), .init("@type", "CreateAction"),
      .init("name", .string("Run \(volatile.run)")),
      .init("description", .string(volatile.commandLine.joined(separator: " "))),
      .init("startTime", time(volatile.started)),
      .init("endTime", time(volatile.ended)),
      .init("instrument", reference(softwareID)),
      .init(
        "actionStatus",
        .string("http://schema.org/\(isDone ? "CompletedActionStatus" : "FailedActionStatus")")),
      .init("object", .array(objects)),
      .init("result", .array(results.map { reference(identifier($0)) })),
    ]
    if author != nil { members.append(.init("agent", reference(Self.authorID))) }
    if !isDone {
      let failed = volatile.nodes.first { $0.state == .failed }?.error
      members.append(.init("error", .string(failed ?? "the run was \(volatile.outcome.rawValue)")))
    }
    return .object(members)
  }

  /// A moment with its offset from UTC in digits, as the profile wants it.
  private func time(_ moment: Timestamp) -> JSON { .string(moment.iso8601.dropLast() + "+00:00") }

  // MARK: Files

  private func entity(_ file: File) -> JSON {
    .object([
      "@id": .string(identifier(file.path)), "@type": "File", "name": .string(file.path),
      "description": .string(description(file.path)), "encodingFormat": .string(format(file.path)),
      "contentSize": .string(String(file.size)), "sha256": .string(file.digest.hex),
    ])
  }

  private func description(_ path: String) -> String {
    switch path {
    case Self.configName: return "The config with every default written out."
    case "manifest.json":
      return "The record of the run: nodes, keys, digests, measured numbers, times, versions."
    case "results.csv": return "The measured numbers, one row a cell, replicate and metric."
    default: return path.hasPrefix("log/") ? "What a node logged." : "A table of the results."
    }
  }

  private func format(_ path: String) -> String {
    switch path.split(separator: ".").last.map(String.init) ?? "" {
    case "json": "application/json"
    case "csv": "text/csv"
    case "md": "text/markdown"
    case "tex": "application/x-tex"
    default: "text/plain"
    }
  }

  /// A file that a run read, which is not in the crate.
  private struct Input {
    var id: String
    var entity: JSON
    var digest: JSON
  }

  private var inputs: [Input] {
    let folder = manifest.volatile.configFolder
    var seen: Set<String> = []
    return manifest.deterministic.inputs.enumerated().compactMap { index, input in
      let path = input.file.hasPrefix("/") ? input.file : folder.map { "\($0)/\(input.file)" }
      let id = path.map { "file://\(escaped($0))" } ?? "#input-\(index)-\(escaped(input.file))"
      guard seen.insert("\(id) \(input.digest.hex)").inserted else { return nil }
      let digestID = "#content-\(index)-\(input.digest.short)"
      let parts = input.parts.joined(separator: ", ")
      return Input(
        id: id,
        entity: .object([
          "@id": .string(id), "@type": "File", "name": .string(input.file),
          "description": .string("An input of the run, not in the crate; read from it: \(parts)."),
          "encodingFormat": "application/x-hdf5", "identifier": reference(digestID),
        ]),
        digest: .object([
          "@id": .string(digestID), "@type": "PropertyValue", "name": "content digest",
          "propertyID": "pipe-content-sha256",
          "description": .string(
            "SHA-256 over the values of what was read (\(parts)), however the file stores them."),
          "value": .string(input.digest.hex),
        ]))
    }
  }

  private func identifier(_ path: String) -> String { escaped(path) }

  /// A path as a part of a URI (RFC 3986): everything but letters, digits and a few signs in percent form.
  private func escaped(_ path: String) -> String {
    path.utf8.map { byte in
      let scalar = Character(UnicodeScalar(byte))
      let isPlain = byte < 0x80 && (scalar.isLetter || scalar.isNumber || "-._~/".contains(scalar))
      return isPlain
        ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
