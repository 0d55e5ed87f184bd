import CHDF5
public import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

/// An HDF5 file that is open for reading.
///
/// Nothing is locked, so files on read-only and network file systems can be read. External links are never followed:
/// what is read lies in this file.
public final class HDF5File: Sendable {
  /// The path as the user gave it.
  public let path: String
  /// The size of the file in bytes.
  public let size: Int
  /// The root group, which keeps the file open.
  let root: Handle

  /// Opens a file.
  ///
  /// - Throws: `fileNotFound`, `notAFile` (a folder, a device), `notReadable`, `notHDF5`, `damagedFile`,
  ///   `libraryMissing`.
  public init(reading path: String) throws(Diagnostic) {
    self.path = path
    size = try Self.checkKind(of: path)
    try Self.checkSignature(of: path, size: size)
    root = try HDF5Library.use { () throws(Diagnostic) in
      guard let file = Handle(h5_file_open(path)), let root = Handle(h5_object_open(file.id, "/")) else {
        throw Diagnostic(
          .damagedFile, "the HDF5 file cannot be opened: it is damaged or incomplete", fields: ["file": path],
          hint:
            "copy or write it again; a file that a program still writes is complete only when it is closed"
        ).withCause()
      }
      return root
    }
  }

  /// The size of a plain file that may be read.
  private static func checkKind(of path: String) throws(Diagnostic) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let reason = errno
      throw Diagnostic(
        reason == EACCES ? .notReadable : .fileNotFound,
        reason == EACCES ? "the folder of the file may not be entered" : "there is no such file",
        fields: ["file": path])
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let what = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device or a pipe"
      throw Diagnostic(.notAFile, "an HDF5 file is expected, but this is \(what)", fields: ["file": path])
    }
    guard access(path, R_OK) == 0 else {
      throw Diagnostic(
        .notReadable, "the file may not be read", fields: ["file": path], hint: "see its permissions: ls -l")
    }
    return Int(status.st_size)
  }

  /// Checks for the signature of HDF5, which stands at 0 or at 512, 1024, 2048, … behind a user block.
  private static func checkSignature(of path: String, size: Int) throws(Diagnostic) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Diagnostic(
        .notReadable, "the file cannot be opened",
        fields: ["file": path, "cause": String(cString: strerror(errno))])
    }
    defer { close(descriptor) }
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    var head = [UInt8](repeating: 0, count: 64)
    let count = max(0, pread(descriptor, &head, head.count, 0))
    if head.starts(with: signature), count >= 8 { return }
    var offset = 512
    while offset <= size - 8 {
      var bytes = [UInt8](repeating: 0, count: 8)
      if pread(descriptor, &bytes, 8, off_t(offset)) == 8, bytes == signature { return }
      offset *= 2
    }
    throw Diagnostic(
      .notHDF5, "this is not an HDF5 file",
      fields: ["file": path, "found": foundInstead(Array(head.prefix(count)))],
      hint: "h5py writes HDF5 from arrays: h5py.File(name, \"w\")[\"features\"] = x")
  }

  /// What a file that is not HDF5 looks like.
  private static func foundInstead(_ head: [UInt8]) -> String {
    if head.isEmpty { return "an empty file" }
    if head.starts(with: Array("version https://git-lfs".utf8)) {
      return "a pointer of Git LFS; `git lfs pull` fetches the file itself"
    }
    if head.starts(with: [0x93] + Array("NUMPY".utf8)) { return "a NumPy file (npy)" }
    if head.starts(with: Array("PK".utf8)) { return "a zip archive (npz, perhaps)" }
    if head.starts(with: [0x0e, 0x03, 0x13, 0x01]) { return "an HDF4 file" }
    if head.starts(with: [0x1f, 0x8b]) { return "a gzip file" }
    if head.starts(with: Array("CDF".utf8)) { return "a netCDF file of the classic format" }
    let isText = head.allSatisfy { ($0 >= 32 && $0 < 127) || $0 == 9 || $0 == 10 || $0 == 13 }
    return isText ? "a text file" : "other bytes"
  }
}
