import Diagnostics
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Where the files of a config lie: data that are not shipped in the folder that `PIPE_DATA` names.
enum DataFolder {
  private static let mark = "$PIPE_DATA/"

  /// The folder of data that are not shipped; nil where the variable is not set.
  private static var folder: String? {
    guard let value = getenv("PIPE_DATA"), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// A path as it is meant in a config of a folder: absolute, in the home folder by `~/`, in the folder of data by
  /// `$PIPE_DATA/`, or relative to the folder.
  static func path(_ text: String, from folder: String) -> String {
    if text.hasPrefix(mark) { return self.folder.map { "\($0)/\(text.dropFirst(mark.count))" } ?? text }
    if text.isEmpty || text.hasPrefix("/") { return text }
    if text.hasPrefix("~/"), let home = getenv("HOME") { return String(cString: home) + text.dropFirst() }
    return folder.isEmpty || folder == "." ? text : folder + (folder.hasSuffix("/") ? "" : "/") + text
  }

  /// Refuses a file of the folder of data that is not there.
  ///
  /// - Throws: `missingData`.
  static func require(_ path: String) throws(StageError) {
    if path.hasPrefix(mark) {
      throw Diagnostic(
        .missingData, "the data set `\(path.dropFirst(mark.count))` is not shipped, and PIPE_DATA is not set",
        hint: "put the file into a folder and name that: export PIPE_DATA=DIR")
    }
    guard let folder, path.hasPrefix(folder + "/"), access(path, F_OK) != 0 else { return }
    throw Diagnostic(
      .missingData,
      "the data set `\(path.dropFirst(folder.count + 1))` is not in the folder that PIPE_DATA names",
      fields: ["folder": folder], hint: "put the file there")
  }
}
