public import Diagnostics
internal import Glibc

/// A call of the operating system that failed.
public struct FileError: Error, Sendable, Equatable {
  /// The system's number of the error, `ENOENT` and the like.
  public var code: Int32
  /// What was tried, as a verb.
  public var operation: String
  /// The file or folder it was tried on.
  public var path: String

  /// Makes an error from its parts.
  public init(_ code: Int32, _ operation: String, _ path: String) {
    self.code = code
    self.operation = operation
    self.path = path
  }

  /// The error as a user sees it.
  public var diagnostic: Diagnostic {
    switch code {
    case ENOSPC, EDQUOT, EFBIG:
      return Diagnostic(
        .noSpace, "no space is left for the store", fields: ["file": path],
        hint: "free some space, shrink the store with `pipe store gc`, or choose another place with --store")
    case EACCES, EPERM, EROFS:
      return Diagnostic(
        .notWritable, "the store may not be written", fields: ["file": path],
        hint: "choose another place with --store, or ask the owner for permission")
    default:
      return Diagnostic(
        .storeUnusable, "the store cannot be used: cannot \(operation) (\(String(cString: strerror(code))))",
        fields: ["file": path])
    }
  }
}

/// What a file is opened for.
public enum FileAccess: Sendable {
  /// Reading only.
  case read
  /// Reading and writing; made if missing.
  case readWrite
  /// Reading and writing; an error if it exists.
  case create
}

/// A file that is open.
public struct OpenFile: Sendable {
  /// The system's number of the open file.
  public let descriptor: Int32
  /// The path it was opened at.
  public let path: String

  /// Wraps a descriptor.
  public init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }
}

/// What the system knows of a file; times are nanoseconds since 1970.
public struct FileStatus: Sendable, Equatable {
  /// The device it is on.
  public var device: UInt64
  /// Its number there.
  public var inode: UInt64
  /// Its length in bytes.
  public var size: Int
  /// When its content was last changed.
  public var modified: Int64
  /// When its content, name or owner was last changed; no program can set this.
  public var changed: Int64

  /// Makes a status from its parts.
  public init(device: UInt64, inode: UInt64, size: Int, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }
}

/// What a byte-range lock allows others.
public enum LockMode: Sendable {
  /// Others may share it.
  case shared
  /// Nobody else may hold it.
  case exclusive
  /// Given back.
  case none
}

/// Every operation on files that the store makes, so that a test can let any one of them fail.
public protocol FileSystem: Sendable {
  /// Opens a file.
  func open(_ path: String, for access: FileAccess) throws(FileError) -> OpenFile
  /// Closes a file; its locks go with it.
  func close(_ file: OpenFile)
  /// Reads at an offset; returns fewer bytes only where the file ends.
  func read(_ file: OpenFile, into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError)
    -> Int
  /// Writes all the bytes at an offset; when it fails some may have been written.
  func write(_ file: OpenFile, _ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError)
  /// Waits until the file's content is on the disk.
  func synchronize(_ file: OpenFile) throws(FileError)
  /// Waits until the names in a folder are on the disk.
  func synchronizeFolder(_ path: String) throws(FileError)
  /// The status of an open file.
  func status(of file: OpenFile) throws(FileError) -> FileStatus
  /// The status of a file by its path.
  func status(at path: String) throws(FileError) -> FileStatus
  /// The names in a folder, in no order.
  func list(_ folder: String) throws(FileError) -> [String]
  /// Makes a folder; it may exist.
  func makeFolder(_ path: String) throws(FileError)
  /// Gives a file another name, replacing what had it.
  func rename(_ path: String, to other: String) throws(FileError)
  /// Removes a file.
  func remove(_ path: String) throws(FileError)
  /// Locks one byte of an open file; false if another holds it and this is not to wait.
  func lock(_ file: OpenFile, at offset: Int, _ mode: LockMode, wait: Bool) throws(FileError) -> Bool
  /// Whether somebody else holds a lock on one byte of an open file.
  func isLocked(_ file: OpenFile, at offset: Int) throws(FileError) -> Bool
  /// Shows a file's first bytes in memory.
  func map(_ file: OpenFile, count: Int) throws(FileError) -> UnsafeRawBufferPointer
  /// Ends what `map` began.
  func unmap(_ memory: UnsafeRawBufferPointer)
  /// A number that nobody else gets, for names.
  func nonce() -> UInt64
}
