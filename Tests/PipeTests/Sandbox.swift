import Foundation
import HDF5

/// A folder of its own for one test: holds its config and data, runs the built program in it.
final class Sandbox: Sendable {
  let path: String

  /// A sandbox with the small experiment in it, unless told otherwise.
  init(config: String? = Small.config, data: Bool = true) throws {
    path = NSTemporaryDirectory() + "/pipe-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if let config { try write(config, to: "small.json") }
    if data { try Small.write(to: file("data.h5")) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    // In place: a store knows its files by name.
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }

  func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }

  func bytes(_ name: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: file(name)) ?? Data())
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

  /// Every file below a folder of the sandbox, by its path in the sandbox, sorted.
  func files(below folder: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: file(folder))?.compactMap { $0 as? String } ?? []
    return names.map { "\(folder)/\($0)" }.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: file(name), isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }

  /// The names of the run folders, oldest first; without `latest`.
  var runFolders: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: file("runs"))) ?? [])
      .filter { $0 != "latest" && !$0.hasPrefix(".") }.sorted()
  }

  /// The manifest of a run, by default of the latest.
  func manifest(_ run: String = "latest") throws -> Manifest {
    try Manifest(JSONSerialization.jsonObject(with: Data(bytes("runs/\(run)/manifest.json"))))
  }

  /// Runs `pipe` with arguments to its end.
  func pipe(_ arguments: String..., environment: [String: String] = [:]) throws -> Ended {
    try start(arguments, environment: environment).wait()
  }

  /// Runs `pipe` on the small config.
  func run(_ arguments: String...) throws -> Ended { try start(["run", "small.json"] + arguments).wait() }

  /// Starts `pipe` and returns at once.
  ///
  /// - Parameter errors: where standard error goes, a terminal for example; by default to a file.
  func start(
    _ arguments: [String], environment: [String: String] = [:], errors: String? = nil
  ) throws -> Running {
    try Running(Running.program, arguments, in: self, environment: environment, errors: errors)
  }

  /// Runs a line of shell, in which `$PIPE` is the program.
  func shell(_ line: String) throws -> Ended {
    try Running("/bin/sh", ["-c", line], in: self, environment: ["PIPE": Running.program]).wait()
  }

  /// Whether nothing in the sandbox looks like a finished run, and the store, if any, is whole.
  func isUntouched() throws -> Bool {
    let manifests = files(below: "runs").filter { $0.hasSuffix("manifest.json") }
    guard manifests.isEmpty else { return false }
    guard exists(".pipe/store") else { return true }
    return try pipe("store", "verify").code == 0
  }
}

/// What tests read of a manifest.
struct Manifest {
  let digest: String
  let outcome: String
  let states: [String]
  let commandLine: [String]

  init(_ json: Any) throws {
    guard let all = json as? [String: Any], let volatile = all["volatile"] as? [String: Any],
      let digest = all["deterministicDigest"] as? String, let outcome = volatile["outcome"] as? String,
      let nodes = volatile["nodes"] as? [[String: Any]]
    else { throw CocoaError(.coderReadCorrupt) }
    self.digest = digest
    self.outcome = outcome
    states = nodes.compactMap { $0["state"] as? String }
    commandLine = volatile["commandLine"] as? [String] ?? []
  }

  func count(_ state: String) -> Int { states.count { $0 == state } }
}

/// A small experiment: 60 rows, 6 columns, 3 classes that lie apart.
enum Small {
  static let config = """
    {
      "pipeline": "reduce-and-compare",
      "data": { "load-hdf5": { "file": "data.h5", "features": "features", "labels": "labels" } },
      "seeds": 2,
      "reduce": [ { "pca": { "components": { "each": [1, 2] } } } ],
      "cluster": [ { "k-means": { "clusters": 3 } } ],
      "probe": [ { "nearest-neighbors": { "k": 3 } } ],
      "tables": { "main": { "rows": ["reduce"], "columns": ["probe", "cluster"], "metrics": ["accuracy", "nmi"] } }
    }
    """

  /// How many nodes the plan has.
  static let nodes = 25

  static let rows = 60
  static let columns = 6

  static let labels = (0..<rows).map { Int32($0 % 3) }

  /// Rows around three centres, by a formula that needs no random numbers.
  static let features = (0..<rows * columns).map { index -> Float in
    let (row, column) = (index / columns, index % columns)
    return Float(sin(Double(index * index % 997))) + Float(row % 3 * (column + 1) % 5 * 2)
  }

  static func write(to path: String, features: [Float] = features, labels: [Int32] = labels) throws {
    let writer = try HDF5Writer(creating: path)
    try writer.write(features, shape: [features.count / columns, columns], to: "features")
    try writer.write(labels, shape: [labels.count], to: "labels")
    try writer.finish()
  }

  /// The config with a part replaced.
  static func config(replacing part: String, with other: String) -> String {
    precondition(config.contains(part), "the config does not hold \(part)")
    return config.replacingOccurrences(of: part, with: other)
  }
}
