import Diagnostics
import Glibc

/// The configs that a command's operands name.
enum ConfigFiles {
  /// The files themselves, and for a folder the configs in it, by name; those that start with `_` are bases of others.
  ///
  /// - Throws: `fileNotFound` for a folder without any, `notReadable`.
  static func all(_ operands: [String]) throws(Diagnostic) -> [String] {
    var files: [String] = []
    for operand in operands {
      guard isFolder(operand) else {
        files.append(operand)
        continue
      }
      let folder = operand.hasSuffix("/") ? String(operand.dropLast()) : operand
      let names = try Folders.names(in: folder).filter { $0.hasSuffix(".json") && !$0.hasPrefix("_") }
      guard !names.isEmpty else {
        throw Diagnostic(
          .fileNotFound, "there is no config in the folder `\(operand)`",
          hint: "a config's name ends in .json")
      }
      files += names.filter { !$0.hasPrefix(".") }.sorted().map { "\(folder)/\($0)" }
    }
    return files
  }

  /// Whether a path leads to a folder.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

/// A config that cannot be run because its data are not there.
struct MissingData {
  /// The file.
  let config: String
  /// Which data, and where they come from.
  let error: Diagnostic
}
