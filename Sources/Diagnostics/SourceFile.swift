import Glibc

extension SourceText {
  /// Reads a text file whole.
  ///
  /// - Throws: `fileNotFound`, `notAFile` for a folder, `notReadable`.
  public static func read(_ path: String, what: String = "file") throws(Diagnostic) -> SourceText {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, what, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, what, errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw Diagnostic(.notAFile, "the \(what) is a folder", fields: ["path": path])
    }
    var bytes: [UInt8] = []
    let piece = 1 << 16
    while true {
      let old = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: piece))
      let got = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress.map { $0 + old }, piece)
      }
      guard got >= 0 else { throw unreadable(path, what, errno) }
      bytes.removeLast(piece - got)
      if got == 0 { return SourceText(file: path, bytes: bytes) }
    }
  }

  private static func unreadable(_ path: String, _ what: String, _ code: Int32) -> Diagnostic {
    let reason = String(cString: strerror(code))
    return code == ENOENT || code == ENOTDIR
      ? Diagnostic(.fileNotFound, "there is no such \(what)", fields: ["path": path])
      : Diagnostic(.notReadable, "the \(what) cannot be read", fields: ["path": path, "reason": reason])
  }
}
