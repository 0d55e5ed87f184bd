internal import Artifacts
public import Diagnostics
internal import Glibc

/// The folder of one run: `manifest.json` or, of a reference, `manifest.json.zst`; `results.csv`, `tables/`, `log/`.
public struct RunFolder: Sendable, Equatable {
  /// The path as it was given or found.
  public let path: String

  /// The run's name: the folder's own.
  public var name: String { Files.lastName(of: path) }

  /// Takes a folder that stands there.
  public init(path: String) { self.path = Files.trimmed(path) }

  /// A file of a run that is still to be written.
  public struct File: Sendable {
    /// The path within the run's folder, such as `tables/main.md`.
    public var path: String
    /// The whole text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
    /// Its bytes.
    public var bytes: [UInt8]

    /// Makes a file from its path and its text.
    public init(_ path: String, _ text: String) { self.init(path, bytes: Array(text.utf8)) }

    /// Makes a file from its path and its bytes.
    public init(_ path: String, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }
  }

  /// Writes a file of the run, so that it is seen whole or not at all.
  ///
  /// - Parameter relative: the file's path within the folder, such as `tables/main.md`.
  /// - Throws: `notWritable`, `noSpace`; nothing is left behind then.
  public func write(_ text: String, to relative: String) throws(Diagnostic) {
    try Files.write(Array(text.utf8), to: try place(relative))
  }

  /// Writes the manifest with the run's other files; it gets its name last, since a folder with a manifest counts
  /// as whole.
  ///
  /// - Throws: `notWritable`, `noSpace`; there is no manifest then.
  ///
  /// - Parameter isPacked: whether the manifest is packed by zstd: it is many times smaller then.
  public func finish(
    _ manifest: Manifest, with files: [File] = [], packed isPacked: Bool = false
  ) throws(Diagnostic) {
    try finish(manifest: manifest.bytes, with: files, packed: isPacked)
  }

  /// The same with the bytes of the manifest.
  func finish(manifest: [UInt8], with files: [File], packed isPacked: Bool = false) throws(Diagnostic) {
    let last =
      isPacked
      ? File(Self.packed, bytes: PackedBytes.pack(manifest)) : File(Self.plain, bytes: manifest)
    try write(files + [last])
  }

  /// The names that a manifest may have.
  private static let (plain, packed) = ("manifest.json", "manifest.json.zst")
  /// No manifest holds more bytes.
  private static let mostBytes = 1 << 32

  /// Whether the run ended: it has a manifest then.
  public var hasManifest: Bool { manifestFile != nil }

  private var manifestFile: String? {
    [Self.packed, Self.plain].map { "\(path)/\($0)" }.first(where: Files.exists)
  }

  /// Writes files together, the last one only when all others are there.
  ///
  /// - Throws: `notWritable`, `noSpace`.
  public func write(_ files: [File]) throws(Diagnostic) {
    let group = FileGroup()
    for file in files { try group.write(file.bytes, to: try place(file.path)) }
    try group.commit()
  }

  /// The place of a file within the folder; the folders on the way are made.
  private func place(_ relative: String) throws(Diagnostic) -> String {
    let parts = relative.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw Diagnostic(
        .notWritable, "`\(relative)` is no path within a run's folder",
        hint: "names of tables are single words, such as `main`")
    }
    let file = "\(path)/\(relative)"
    try Files.makeFolders(Files.parent(of: file))
    return file
  }

  /// The paths of the run's files within the folder, sorted: the manifest, results, tables and logs.
  ///
  /// - Throws: `notReadable`.
  public func files() throws(Diagnostic) -> [String] {
    var files: [String] = []
    for name in try Files.names(in: path) where !name.hasPrefix(".") {
      if Files.isFolder("\(path)/\(name)") {
        let inner = try Files.names(in: "\(path)/\(name)").filter { !$0.hasPrefix(".") }
        files += inner.map { "\(name)/\($0)" }.filter { !Files.isFolder("\(path)/\($0)") }
      } else {
        files.append(name)
      }
    }
    return files.sorted()
  }

  /// The bytes of one of the run's files.
  ///
  /// - Throws: `fileNotFound`, `notAFile`, `notReadable`.
  public func bytes(of file: String) throws(Diagnostic) -> [UInt8] { try Files.read("\(path)/\(file)") }

  /// Reads the manifest.
  ///
  /// - Throws: `fileNotFound` where the run has none (it goes on or was killed), `notReadable`,
  ///   `corruptRecord`.
  public func manifest() throws(Diagnostic) -> Manifest {
    guard let file = manifestFile else {
      throw Diagnostic(
        .fileNotFound, "the run `\(name)` has no manifest", fields: ["folder": path],
        hint: "it is still going on, or was killed; run its config again to finish it")
    }
    return try Manifest(parsing: SourceText(file: file, bytes: try text(of: file)))
  }

  /// The text of a manifest, unpacked.
  private func text(of file: String) throws(Diagnostic) -> [UInt8] {
    let bytes = try Files.read(file)
    guard file.hasSuffix(Self.packed) else { return bytes }
    guard let text = PackedBytes.unpack(bytes, atMost: Self.mostBytes) else {
      throw Diagnostic(
        .corruptRecord, "the manifest is damaged: it cannot be unpacked", fields: ["file": file],
        hint: "restore the file from a copy, or run the config again")
    }
    return text
  }

  /// Reads what a list of runs shows, without the rest of the manifest where possible.
  public func header() throws(Diagnostic) -> RunHeader {
    if let file = manifestFile, file.hasSuffix(Self.plain) {
      let start = try Files.read(file, limit: 4096)
      if let header = try RunHeader.leading(start, file: file) { return header }
    }
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
