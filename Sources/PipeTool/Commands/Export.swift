import Artifacts
import Diagnostics
import Glibc
import Reporting
import RunRecords

/// `pipe export RUN --ro-crate`: a run in a form that others can read.
enum Export: Command {
  static let name = "export"
  static let summary = "write a run as an RO-Crate: its record, results and tables, described for other tools"
  static let operands = "RUN"
  static let operandCount = 1...1
  static let options: [Option] = [.crate, .output, .license, .author, .runs]
  static let discussion = """
    The folder holds the run's files, the resolved config and ro-crate-metadata.json (RO-Crate 1.1, Process Run Crate
    0.5). Inputs are not copied: they are named by their place and the digest of the content that was read.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    guard arguments.has(.crate) else {
      throw Diagnostic(.badUsage, "`pipe export` needs a form", hint: "write pipe export RUN --ro-crate")
    }
    let folder = try Session.runs(arguments).find(arguments.operands[0])
    let manifest = try folder.manifest()
    let output = arguments.value(of: .output) ?? "\(folder.name)-crate"
    let count = try write(manifest, folder, to: output, arguments)
    tool.print("\(output)/  \(counted(count, "file")) and \(ROCrate.metadataName)")
    return .done
  }

  /// Writes the crate; its metadata come last, since they make it one.
  ///
  /// - Returns: how many files there are besides the metadata.
  private static func write(
    _ manifest: Manifest, _ folder: RunFolder, to output: String, _ arguments: Arguments
  ) throws(Diagnostic) -> Int {
    if access(output, F_OK) == 0, (try? Folders.names(in: output))?.isEmpty != true {
      throw Diagnostic(
        .badUsage, "`\(output)` is there already", hint: "name another folder with `--output DIR`")
    }
    let config = manifest.deterministic.config.text(pretty: true) + "\n"
    var files = [RunFolder.File(ROCrate.configName, config)]
    for path in try folder.files() { files.append(RunFolder.File(path, bytes: try folder.bytes(of: path))) }
    let crate = ROCrate(
      manifest, files: files.map { ROCrate.File($0.path, $0.bytes) }, license: arguments.value(of: .license),
      author: arguments.value(of: .author))
    let metadata = RunFolder.File(ROCrate.metadataName, crate.json.text(pretty: true) + "\n")
    do throws(Diagnostic) {
      try RunFolder(path: output).write(files + [metadata])
    } catch {
      var error = error
      error.hint = "name another folder with `--output DIR`"
      throw error
    }
    return files.count
  }
}

extension Option {
  fileprivate static let author = Option(name: "--author", value: "NAME", help: "who did the run")
  fileprivate static let crate = Option(
    name: "--ro-crate", help: "write an RO-Crate: a folder with metadata in JSON-LD")
  fileprivate static let output = Option(
    name: "--output", value: "DIR",
    help: "the folder to write (default: the run's name with -crate behind it)")
  fileprivate static let license = Option(
    name: "--license", value: "URL",
    help: "how the crate may be used (default: it says that no licence is given)")
}
