public import Diagnostics
internal import Glibc

/// The folder that holds all runs.
public struct RunStore: Sendable {
  /// One run in a list.
  public struct Entry: Sendable, Equatable {
    /// What a folder tells of its run.
    public enum State: Sendable, Equatable {
      /// It has a manifest.
      case finished(RunHeader)
      /// It has none: the run goes on, or was killed.
      case unfinished
      /// It has one that cannot be read.
      case damaged(Diagnostic)
    }

    /// The run's folder.
    public var folder: RunFolder
    /// What the folder tells of its run.
    public var state: State

    /// The header, if there is one.
    public var header: RunHeader? { if case .finished(let header) = state { header } else { nil } }
  }

  /// The path of the folder.
  public let path: String

  /// Takes a folder, which need not exist yet.
  public init(path: String) { self.path = Files.trimmed(path) }

  /// Says before anything runs whether runs can be written; makes nothing.
  ///
  /// - Throws: `notWritable`.
  public func checkWritable() throws(Diagnostic) {
    var folder = path
    while !Files.exists(folder), Files.parent(of: folder) != folder { folder = Files.parent(of: folder) }
    guard Files.isFolder(folder) else { throw Files.writeFailure(path, ENOTDIR) }
    guard access(folder, W_OK | X_OK) == 0 else { throw Files.writeFailure(path, errno) }
  }

  /// Makes the folder of a new run, `<time>-<name>`, with a number behind it where that is taken.
  ///
  /// Any number of processes may do this at once: each gets its own.
  /// - Throws: `notWritable`, `noSpace`.
  public func create(name: String, at time: Timestamp) throws(Diagnostic) -> RunFolder {
    try checkWritable()
    try Files.makeFolders(path)
    let base = "\(path)/\(time.stamp)-\(RunStore.fileName(name))"
    var folder = base
    var attempt = 1
    while mkdir(folder, 0o777) != 0 {
      guard errno == EEXIST else { throw Files.writeFailure(folder, errno) }
      attempt += 1
      folder = "\(base)-\(attempt)"
    }
    try Files.makeFolders("\(folder)/tables")
    try Files.makeFolders("\(folder)/log")
    return RunFolder(path: folder)
  }

  /// Writes the run's manifest with its other files, and lets `latest` point to the run.
  ///
  /// - Throws: `notWritable`, `noSpace`.
  public func finish(
    _ folder: RunFolder, _ manifest: Manifest, with files: [RunFolder.File] = []
  ) throws(Diagnostic) {
    try finish(folder, manifest: manifest.bytes, with: files)
  }

  /// The same with the bytes of the manifest.
  public func finish(
    _ folder: RunFolder, manifest: [UInt8], with files: [RunFolder.File]
  ) throws(Diagnostic) {
    try folder.finish(manifest: manifest, with: files)
    try Files.link("\(path)/latest", to: folder.name)
  }

  /// The runs, newest first; folders and files of other kinds are passed over.
  ///
  /// - Throws: `notReadable` where the folder exists and cannot be read.
  public func list() throws(Diagnostic) -> [Entry] { RunStore.sorted(try names().compactMap(entry)) }

  /// The run that a user names: by its folder's path, its name, the start of its name if only one starts so,
  /// the name of its config (the newest run of it), or `latest`.
  ///
  /// - Throws: `unknownRun`, with the nearest name.
  public func find(_ wanted: String) throws(Diagnostic) -> RunFolder {
    let given = RunFolder(path: wanted)
    if given.hasManifest { return given }
    if wanted == "latest" { return try latest() }
    // As few manifests as possible are opened: there may be thousands of runs.
    let names = try names()
    if names.contains(wanted), let entry = entry(wanted) { return entry.folder }
    if let newest = newest(of: wanted, among: names) { return newest.folder }
    let starting = wanted.isEmpty ? [] : names.filter { $0.hasPrefix(wanted) }.compactMap(entry)
    if starting.count == 1 { return starting[0].folder }
    guard starting.isEmpty else {
      throw Diagnostic(
        .unknownRun, "`\(wanted)` starts the names of \(starting.count) runs",
        fields: ["runs": RunStore.listed(RunStore.sorted(starting).map(\.folder.name))],
        hint: "write more of the name")
    }
    let entries = try list()
    if let newest = entries.first(where: { $0.header?.name == wanted }) { return newest.folder }
    throw unknown(wanted, entries)
  }

  /// The names in the folder that may be those of runs.
  private func names() throws(Diagnostic) -> [String] {
    guard Files.exists(path) else { return [] }
    return try Files.names(in: path).filter { !$0.hasPrefix(".") && $0 != "latest" }
  }

  /// What stands under a name; nil where that is no run.
  private func entry(_ name: String) -> Entry? {
    let folder = RunFolder(path: "\(path)/\(name)")
    guard Files.isFolder(folder.path), let state = RunStore.state(of: folder) else { return nil }
    return Entry(folder: folder, state: state)
  }

  private static func sorted(_ entries: [Entry]) -> [Entry] {
    let ordered = entries.map { entry in
      let name = entry.folder.name
      return (order: (entry.header?.started.stamp ?? String(name.prefix(19)), number(of: name), name), entry)
    }
    return ordered.sorted { $0.order > $1.order }.map(\.1)
  }

  /// The newest run of a config, found by the names of the folders as ``create(name:at:)`` gives them; of those
  /// that were renamed the manifests are asked.
  private func newest(of config: String, among names: [String]) -> Entry? {
    let ending = "-" + RunStore.fileName(config)
    var stamped: [(stamp: String, number: Int, name: String)] = []
    var others: [Entry] = []
    for name in names {
      guard RunStore.isStamped(name) else {
        if let entry = entry(name), entry.header?.name == config { others.append(entry) }
        continue
      }
      let rest = name.dropFirst(19)
      guard rest.hasPrefix(ending) else { continue }
      let number = rest.dropFirst(ending.count)
      if number.isEmpty {
        stamped.append((String(name.prefix(19)), 1, name))
      } else if number.first == "-", let number = Int(number.dropFirst()) {
        stamped.append((String(name.prefix(19)), number, name))
      }
    }
    stamped.sort { $0 > $1 }
    let newest = stamped.lazy.compactMap { entry($0.name) }.first { $0.header?.name == config }
    return others.isEmpty ? newest : RunStore.sorted(others + [newest].compactMap(\.self)).first
  }

  private func latest() throws(Diagnostic) -> RunFolder {
    if let target = Files.target(ofLink: "\(path)/latest"), Files.isFolder("\(path)/\(target)") {
      return RunFolder(path: "\(path)/\(target)")
    }
    // The link is lost when someone deletes its run; the list still knows the one before.
    let entries = try list()
    guard let newest = entries.first(where: { $0.header != nil }) else {
      throw unknown("latest", entries)
    }
    return newest.folder
  }

  private func unknown(_ wanted: String, _ entries: [Entry]) -> Diagnostic {
    guard !entries.isEmpty else {
      return Diagnostic(
        .unknownRun, "there is no run `\(wanted)`: `\(path)` holds no runs",
        hint: "start one with `pipe run CONFIG`, or name the folder of the runs with `--runs DIR`")
    }
    let names = entries.map(\.folder.name) + entries.compactMap(\.header?.name)
    return Diagnostic(
      .unknownRun, "there is no run `\(wanted)` in `\(path)`",
      fields: ["newest": RunStore.listed(entries.map(\.folder.name))],
      hint: suggestion(for: wanted, among: names) ?? "`pipe runs` lists all")
  }

  private static func listed(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", … (\(names.count - 3) more)" : "")
  }

  private static func state(of folder: RunFolder) -> Entry.State? {
    guard folder.hasManifest else {
      return isStamped(folder.name) ? .unfinished : nil
    }
    do throws(Diagnostic) { return .finished(try folder.header()) } catch { return .damaged(error) }
  }

  /// Whether a name starts with a time as runs have it.
  private static func isStamped(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard bytes.count > 20, bytes[19] == UInt8(ascii: "-") else { return false }
    var time = Array(bytes[..<19])
    for index in [13, 16] {
      guard time[index] == UInt8(ascii: "-") else { return false }
      time[index] = UInt8(ascii: ":")
    }
    return Timestamp(iso8601: String(decoding: time, as: UTF8.self) + ".000Z") != nil
  }

  /// The number behind a name that was taken; 1 without one.
  static func number(of name: String) -> Int {
    name.split(separator: "-").last.flatMap { Int($0) } ?? 1
  }

  /// A name without what a file's name may not hold, at most 180 bytes long.
  static func fileName(_ name: String) -> String {
    var clean = ""
    for scalar in name.unicodeScalars {
      let bad = scalar.value < 0x20 || scalar.value == 0x7F || scalar == "/" || scalar == "\\"
      guard clean.utf8.count < 180 else { break }
      clean.unicodeScalars.append(bad ? "-" : scalar)
    }
    return clean.isEmpty ? "run" : clean
  }
}
