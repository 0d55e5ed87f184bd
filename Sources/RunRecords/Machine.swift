internal import Glibc

/// What a run records of the machine and the process.
public enum Machine {
  /// The machine's name.
  public static var host: String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let failed = buffer.withUnsafeMutableBytes {
      $0.baseAddress.map { gethostname($0.assumingMemoryBound(to: CChar.self), 255) } ?? -1
    }
    return failed == 0 ? String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self) : "unknown"
  }

  /// The largest memory that this process has held so far, in bytes.
  public static var peakMemory: Int {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1024
  }

  /// A path from the root, without links on the way; nil where nothing stands.
  public static func absolutePath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The commit that is checked out in the Git repository around a folder; nil where there is none.
  ///
  /// Read from the repository's files, without starting `git`.
  public static func gitCommit(around folder: String) -> String? {
    guard var folder = absolutePath(folder) else { return nil }
    while !Files.exists("\(folder)/.git") {
      let above = Files.parent(of: folder)
      guard above != folder else { return nil }
      folder = above
    }
    guard let git = gitFolder("\(folder)/.git"), let head = line("\(git)/HEAD") else { return nil }
    guard head.hasPrefix("ref: ") else { return commit(head) }
    let name = String(head.dropFirst(5))
    // A linked work tree has a HEAD of its own and shares the branches with the main one.
    let shared = line("\(git)/commondir").map { $0.hasPrefix("/") ? $0 : "\(git)/\($0)" } ?? git
    if let text = line("\(shared)/\(name)") { return commit(text) }
    guard let packed = try? Files.read("\(shared)/packed-refs") else { return nil }
    let lines = String(decoding: packed, as: UTF8.self).split(separator: "\n")
    return lines.first { $0.hasSuffix(" \(name)") }.flatMap { commit(String($0.prefix { $0 != " " })) }
  }

  /// The folder that `.git` is or, in a linked work tree, names.
  private static func gitFolder(_ path: String) -> String? {
    if Files.isFolder(path) { return path }
    guard let text = line(path), text.hasPrefix("gitdir: ") else { return nil }
    let target = String(text.dropFirst(8))
    return target.hasPrefix("/") ? target : "\(Files.parent(of: path))/\(target)"
  }

  private static func line(_ path: String) -> String? {
    guard let bytes = try? Files.read(path, limit: 4096) else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  private static func commit(_ text: String) -> String? {
    text.utf8.count >= 40 && text.allSatisfy(\.isHexDigit) ? text : nil
  }
}
