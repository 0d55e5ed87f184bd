public import Diagnostics
internal import Glibc

/// The folder of one run: `manifest.json`, `results.csv`, `tables/`, `log/`.
public struct RunFolder: Sendable, Equatable {
  /// The path as it was given or found.
  public let path: String

  /// The run's name: the folder's own.
  public var name: String { Files.lastName(of: path) }

  /// Takes a folder that stands there.
  public init(path: String) { self.path = Files.trimmed(path) }

  /// Writes a file of the run, so that it is seen whole or not at all.
  ///
  /// - Parameter relative: the file's path within the folder, such as `tables/main.md`.
  /// - Throws: `notWritable`, `noSpace`; nothing is left behind then.
  public func write(_ text: String, to relative: String) throws(Diagnostic) {
    let parts = relative.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw Diagnostic(
        .notWritable, "`\(relative)` is no path within a run's folder",
        hint: "names of tables are single words, such as `main`")
    }
    let file = "\(path)/\(relative)"
    try Files.makeFolders(Files.parent(of: file))
    try Files.write(Array(text.utf8), to: file)
  }

  /// Writes the manifest; this comes last, since a folder with a manifest counts as whole.
  public func finish(_ manifest: Manifest) throws(Diagnostic) {
    try write(manifest.text, to: "manifest.json")
  }

  /// Reads the manifest.
  ///
  /// - Throws: `fileNotFound` where the run has none (it goes on or was killed), `notReadable`,
  ///   `corruptRecord`.
  public func manifest() throws(Diagnostic) -> Manifest {
    let file = "\(path)/manifest.json"
    guard Files.exists(file) else {
      throw Diagnostic(
        .fileNotFound, "the run `\(name)` has no manifest", fields: ["folder": path],
        hint: "it is still going on, or was killed; run its config again to finish it")
    }
    return try Manifest(parsing: SourceText(file: file, bytes: try Files.read(file)))
  }

  /// Reads what a list of runs shows, without the rest of the manifest where possible.
  public func header() throws(Diagnostic) -> RunHeader {
    let file = "\(path)/manifest.json"
    let start = try Files.read(file, limit: 4096)
    if let header = try RunHeader.leading(start, file: file) { return header }
    return try manifest().header
  }

  /// The file that holds what a node logged.
  public func logPath(node id: Int) -> String { "\(path)/log/\(id).log" }

  /// The last lines of what a node logged; empty where it logged nothing.
  public func logTail(node id: Int, lines count: Int = 10) -> [String] {
    guard let bytes = try? Files.read(logPath(node: id)) else { return [] }
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    let whole = lines.last == "" ? lines.dropLast() : lines[...]
    return whole.suffix(count).map(String.init)
  }
}
