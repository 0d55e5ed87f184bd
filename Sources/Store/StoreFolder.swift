internal import Diagnostics
internal import Glibc

/// Making and recognising a store's folder.
extension Store {
  /// Sees to it that the folder is a store of this version.
  static func prepare(_ layout: Layout, _ fileSystem: any FileSystem, readOnly: Bool) throws(Diagnostic) {
    let text: [UInt8]?
    do throws(FileError) {
      text = try orMissing { () throws(FileError) in try fileSystem.bytes(at: layout.format, in: 0..<64) }
    } catch { throw error.diagnostic }
    if let text { return try check(text, layout) }
    guard !readOnly else {
      throw Diagnostic(.storeUnusable, "there is no store", fields: ["folder": layout.root])
    }
    let strange: String?
    do throws(FileError) { strange = try strangeName(layout, fileSystem) } catch { throw error.diagnostic }
    if let strange {
      throw Diagnostic(
        .storeUnusable, "the folder holds other things than a store",
        fields: ["folder": layout.root, "found": strange], hint: "choose an empty or new folder with --store")
    }
    do throws(FileError) { try make(layout, fileSystem) } catch { throw error.diagnostic }
  }

  private static func check(_ text: [UInt8], _ layout: Layout) throws(Diagnostic) {
    if text.elementsEqual(Layout.formatText.utf8) { return }
    let words = String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    if words.count == 2, words[0] == "pipe-store", let version = Int(words[1]), version > 1 {
      throw Diagnostic(
        .storeUnusable, "the store is of version \(version), this program knows version 1",
        fields: ["folder": layout.root], hint: "use the newer program, or choose another place with --store")
    }
    throw Diagnostic(
      .storeUnusable, "the store's file `format` is damaged", fields: ["file": layout.format],
      hint: "it should hold `pipe-store 1`; remove it and the store is taken up again")
  }

  /// The first name in the folder that no store has.
  private static func strangeName(_ layout: Layout, _ fileSystem: any FileSystem) throws(FileError) -> String?
  {
    let names = try orMissing { () throws(FileError) in try fileSystem.list(layout.root) }
    return (names ?? []).filter { !Layout.names.contains($0) }.min()
  }

  private static func make(_ layout: Layout, _ fileSystem: any FileSystem) throws(FileError) {
    var parts: [Substring] = []
    for part in layout.root.split(separator: "/", omittingEmptySubsequences: false) {
      parts.append(part)
      let path = parts.joined(separator: "/")
      if !path.isEmpty { try fileSystem.makeFolder(path) }
    }
    for folder in layout.folders { try fileSystem.makeFolder(folder) }
    let temporary = layout.temporary + "/format-" + String(fileSystem.nonce(), radix: 16)
    let file = try fileSystem.open(temporary, for: .create)
    defer { fileSystem.close(file) }
    try fileSystem.write(file, Array(Layout.formatText.utf8), at: 0)
    try fileSystem.synchronize(file)
    try fileSystem.rename(temporary, to: layout.format)
    try fileSystem.synchronizeFolder(layout.root)
  }

  /// Opens the lock file; for reading, or not at all, where it may not be written.
  static func openLocks(_ layout: Layout, _ fileSystem: any FileSystem, readOnly: Bool) throws(Diagnostic)
    -> (
      file: OpenFile?, isWritable: Bool
    )
  {
    guard !readOnly else { return (try? fileSystem.open(layout.locks, for: .read), false) }
    do throws(FileError) {
      return (try fileSystem.open(layout.locks, for: .readWrite), true)
    } catch {
      guard [EACCES, EROFS, EPERM].contains(error.code) else { throw error.diagnostic }
      return (try? fileSystem.open(layout.locks, for: .read), false)
    }
  }
}
