internal import Diagnostics
internal import Glibc

/// The few calls on files that records need, each failing with a whole message.
enum Files {
  /// All bytes of a file, or the first `limit`.
  static func read(_ path: String, limit: Int = .max) throws(Diagnostic) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw readFailure(path, errno) }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0 else { throw readFailure(path, errno) }
    guard info.st_mode & S_IFMT == S_IFREG else {
      throw Diagnostic(.notAFile, "`\(path)` is not a plain file")
    }
    var bytes = [UInt8](repeating: 0, count: min(Int(info.st_size), limit))
    var filled = 0
    while filled < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        Glibc.read(file, $0.baseAddress?.advanced(by: filled), $0.count - filled)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw readFailure(path, errno) }
      if got == 0 { break }
      filled += got
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// Writes a file so that it is seen whole or not at all, also after a loss of power.
  static func write(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
    let group = FileGroup()
    try group.write(bytes, to: path)
    try group.commit()
  }

  /// Writes every byte to an open file; the error number of the failure, or 0.
  static func writeAll(_ bytes: [UInt8], to file: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
      let put = bytes.withUnsafeBytes {
        Glibc.write(file, $0.baseAddress?.advanced(by: done), $0.count - done)
      }
      if put < 0, errno == EINTR { continue }
      guard put >= 0 else { return errno }
      done += put
    }
    return 0
  }

  /// Makes the names in a folder last.
  static func sync(folder: String) throws(Diagnostic) {
    let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw writeFailure(folder, errno) }
    defer { close(file) }
    // Some file systems cannot sync a folder and say so with EINVAL; there is no more to be done on them.
    guard fsync(file) == 0 || errno == EINVAL else { throw writeFailure(folder, errno) }
  }

  /// Makes a symbolic link, or replaces the one that stands there, in one step.
  static func link(_ path: String, to target: String) throws(Diagnostic) {
    let temporary = temporaryName(beside: path)
    guard symlink(target, temporary) == 0 else { throw writeFailure(path, errno) }
    guard rename(temporary, path) == 0 else {
      let cause = errno
      unlink(temporary)
      throw writeFailure(path, cause)
    }
  }

  /// Makes a folder and those above it; one that stands there is fine.
  static func makeFolders(_ path: String) throws(Diagnostic) {
    if isFolder(path) { return }
    let above = parent(of: path)
    if above != path { try makeFolders(above) }
    guard mkdir(path, 0o777) == 0 || (errno == EEXIST && isFolder(path)) else {
      throw writeFailure(path, errno)
    }
  }

  /// The names in a folder, unsorted, without `.` and `..`.
  static func names(in folder: String) throws(Diagnostic) -> [String] {
    guard let stream = opendir(folder) else { throw readFailure(folder, errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Whether a folder stands there.
  static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether anything stands there.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// What a symbolic link points to; nil for anything else.
  static func target(ofLink path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      $0.baseAddress.map { readlink(path, $0.assumingMemoryBound(to: CChar.self), 4096) } ?? -1
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  /// The folder that holds a path.
  static func parent(of path: String) -> String {
    let trimmed = trimmed(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return trimmed == "." ? trimmed : "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  /// The last name in a path.
  static func lastName(of path: String) -> String {
    let trimmed = trimmed(path)
    return trimmed.lastIndex(of: "/").map { String(trimmed[trimmed.index(after: $0)...]) } ?? trimmed
  }

  /// The path without slashes at its end.
  static func trimmed(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  /// A hidden name that no other writer has: from the process, the thread and the clock.
  static func temporaryName(beside path: String) -> String {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let writer = "\(getpid())-\(pthread_self())-\(time.tv_sec)\(time.tv_nsec)"
    return "\(parent(of: path))/.\(lastName(of: path)).\(writer).tmp"
  }

  /// The error for a path that cannot be written.
  static func writeFailure(_ path: String, _ cause: Int32) -> Diagnostic {
    let hint = "give another folder with `--runs DIR`"
    if cause == ENOSPC || cause == EDQUOT {
      return Diagnostic(.noSpace, "no space left to write `\(path)`", hint: "free some space, or \(hint)")
    }
    return Diagnostic(.notWritable, "cannot write `\(path)`: \(reason(cause))", hint: hint)
  }

  private static func readFailure(_ path: String, _ cause: Int32) -> Diagnostic {
    cause == ENOENT
      ? Diagnostic(.fileNotFound, "there is no `\(path)`")
      : Diagnostic(.notReadable, "cannot read `\(path)`: \(reason(cause))")
  }

  static func reason(_ cause: Int32) -> String { String(cString: strerror(cause)).lowercased() }
}
