internal import Glibc

/// The files of the operating system.
public struct RealFileSystem: FileSystem {
  /// Makes access to the system's files; there is nothing to set.
  public init() {}

  /// Opens a file.
  public func open(_ path: String, for access: FileAccess) throws(FileError) -> OpenFile {
    let flags =
      switch access {
      case .read: O_RDONLY
      case .readWrite: O_RDWR | O_CREAT
      case .create: O_RDWR | O_CREAT | O_EXCL
      }
    let descriptor = retrying { Glibc.open(path, flags | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else { throw FileError(errno, "open", path) }
    return OpenFile(descriptor: descriptor, path: path)
  }

  /// Closes a file; its locks go with it.
  public func close(_ file: OpenFile) { _ = Glibc.close(file.descriptor) }

  /// Reads at an offset; returns fewer bytes only where the file ends.
  public func read(_ file: OpenFile, into target: UnsafeMutableRawBufferPointer, at offset: Int)
    throws(FileError) -> Int
  {
    var done = 0
    while done < target.count, let base = target.baseAddress {
      let count = retrying { pread(file.descriptor, base + done, target.count - done, offset + done) }
      guard count >= 0 else { throw FileError(errno, "read", file.path) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Writes all the bytes at an offset; when it fails some may have been written.
  public func write(_ file: OpenFile, _ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count = retrying { pwrite(file.descriptor, base + done, bytes.count - done, offset + done) }
      guard count > 0 else { throw FileError(count == 0 ? ENOSPC : errno, "write", file.path) }
      done += count
    }
  }

  /// Waits until the file's content is on the disk.
  public func synchronize(_ file: OpenFile) throws(FileError) {
    guard retrying({ fdatasync(file.descriptor) }) == 0 else {
      throw FileError(errno, "synchronize", file.path)
    }
  }

  /// Waits until the names in a folder are on the disk.
  public func synchronizeFolder(_ path: String) throws(FileError) {
    let folder = try open(path, for: .read)
    defer { close(folder) }
    // Some network file systems cannot synchronize a folder and say so with EINVAL: nothing better is
    // possible there.
    guard retrying({ fsync(folder.descriptor) }) == 0 || errno == EINVAL else {
      throw FileError(errno, "synchronize", path)
    }
  }

  /// The status of an open file.
  public func status(of file: OpenFile) throws(FileError) -> FileStatus {
    var status = stat()
    guard fstat(file.descriptor, &status) == 0 else { throw FileError(errno, "look at", file.path) }
    return FileStatus(status)
  }

  /// The status of a file by its path.
  public func status(at path: String) throws(FileError) -> FileStatus {
    var status = stat()
    guard stat(path, &status) == 0 else { throw FileError(errno, "look at", path) }
    return FileStatus(status)
  }

  /// The names in a folder, in no order.
  public func list(_ folder: String) throws(FileError) -> [String] {
    guard let stream = opendir(folder) else { throw FileError(errno, "list", folder) }
    defer { closedir(stream) }
    var names: [String] = []
    while let item = readdir(stream) {
      let name = withUnsafePointer(to: &item.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Makes a folder; it may exist.
  public func makeFolder(_ path: String) throws(FileError) {
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw FileError(errno, "make", path) }
  }

  /// Gives a file another name, replacing what had it.
  public func rename(_ path: String, to other: String) throws(FileError) {
    guard Glibc.rename(path, other) == 0 else { throw FileError(errno, "rename", path) }
  }

  /// Removes a file.
  public func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 else { throw FileError(errno, "remove", path) }
  }

  /// Locks one byte of an open file; false if another holds it and this is not to wait.
  public func lock(_ file: OpenFile, at offset: Int, _ mode: LockMode, wait: Bool) throws(FileError) -> Bool {
    let type =
      switch mode {
      case .shared: F_RDLCK
      case .exclusive: F_WRLCK
      case .none: F_UNLCK
      }
    var range = flock(type, at: offset)
    let command: Int32 = wait ? 38 : 37  // F_OFD_SETLKW and F_OFD_SETLK, which are not imported
    let result = retrying { withUnsafeMutablePointer(to: &range) { fcntl(file.descriptor, command, $0) } }
    if result == 0 { return true }
    guard errno == EAGAIN || errno == EACCES else { throw FileError(errno, "lock", file.path) }
    return false
  }

  /// Whether somebody else holds a lock on one byte of an open file.
  public func isLocked(_ file: OpenFile, at offset: Int) throws(FileError) -> Bool {
    var range = flock(F_WRLCK, at: offset)
    let command: Int32 = 36  // F_OFD_GETLK, which is not imported
    let result = retrying { withUnsafeMutablePointer(to: &range) { fcntl(file.descriptor, command, $0) } }
    guard result == 0 else { throw FileError(errno, "look at the locks of", file.path) }
    return range.l_type != Int16(F_UNLCK)
  }

  private func flock(_ type: Int32, at offset: Int) -> flock {
    var range = Glibc.flock()
    range.l_type = Int16(type)
    range.l_whence = Int16(SEEK_SET)
    range.l_start = off_t(offset)
    range.l_len = 1
    return range
  }

  /// Shows a file's first bytes in memory.
  public func map(_ file: OpenFile, count: Int) throws(FileError) -> UnsafeRawBufferPointer {
    guard count > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let base = mmap(nil, count, PROT_READ, MAP_SHARED, file.descriptor, 0)
    guard let base, base != MAP_FAILED else { throw FileError(errno, "map", file.path) }
    return UnsafeRawBufferPointer(start: base, count: count)
  }

  /// Ends what `map` began.
  public func unmap(_ memory: UnsafeRawBufferPointer) {
    if let base = memory.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), memory.count) }
  }

  /// A number that nobody else gets, for names.
  public func nonce() -> UInt64 {
    // For names only: no result ever depends on it.
    var generator = SystemRandomNumberGenerator()
    return generator.next()
  }

  /// Calls again as long as a signal cuts the call short.
  private func retrying<Number: SignedInteger>(_ call: () -> Number) -> Number {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }
}

extension FileStatus {
  fileprivate init(_ status: stat) {
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
      changed: Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec))
  }
}
