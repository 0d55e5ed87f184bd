import Diagnostics
import Glibc
import Store

/// A store that holds nothing yet, so that everything is computed: in a folder of the user's, or in a temporary one
/// that is deleted in the end.
enum FreshStore {
  /// Opens the store for as long as `body` runs.
  ///
  /// - Throws: `badUsage` if the folder holds anything; what opening a store throws; what `body` throws.
  static func with<R>(_ path: String?, _ body: (Store) throws -> R) throws -> R {
    if let path {
      if let names = try? Folders.names(in: path), !names.isEmpty {
        throw Diagnostic(
          .badUsage, "the folder `\(path)` is not empty",
          hint: "name a new folder: with results from before nothing would be computed again")
      }
      let store = try Store(at: path)
      let result = try body(store)
      try store.flush()
      return result
    }
    let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(root)/pipe-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Diagnostic(
        .notWritable, "no temporary folder can be made in `\(root)`: \(String(cString: strerror(errno)))",
        hint: "name a folder for the store with `--store DIR`, or another place in TMPDIR")
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { Folders.remove(folder) }
    return try body(try Store(at: "\(folder)/store"))
  }
}
