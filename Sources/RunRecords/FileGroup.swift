internal import Diagnostics
internal import Glibc

/// Files that are written together, also safe from a loss of power: each is seen whole or not at all, and the last
/// one only when all others are there.
///
/// The disk is waited for once all is written, not file by file.
final class FileGroup {
  private struct Pending {
    var path: String
    var temporary: String
    var descriptor: Int32
    var folder: String { Files.parent(of: path) }
  }

  private var pending: [Pending] = []
  /// Those before this have reached the disk, and are closed.
  private var firstOpen = 0
  /// Those before this have their names.
  private var firstUnnamed = 0

  /// So many files may be open at once: a process may have no more than about a thousand.
  private static let mostOpen = 64

  /// Writes a file that gets its name with ``commit()``.
  ///
  /// - Throws: `notWritable`, `noSpace`.
  func write(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
    if pending.count - firstOpen >= FileGroup.mostOpen { try settle() }
    let temporary = Files.temporaryName(beside: path)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Files.writeFailure(path, errno) }
    pending.append(Pending(path: path, temporary: temporary, descriptor: descriptor))
    let cause = Files.writeAll(bytes, to: descriptor)
    guard cause == 0 else { throw Files.writeFailure(path, cause) }
  }

  /// Gives the files their names: the last one after the names of all others have reached the disk.
  ///
  /// - Throws: `notWritable`, `noSpace`; the files that have no name yet are gone then.
  func commit() throws(Diagnostic) {
    try settle()
    for index in pending.indices {
      let file = pending[index]
      guard rename(file.temporary, file.path) == 0 else { throw Files.writeFailure(file.path, errno) }
      firstUnnamed = index + 1
      let isLastOfFolder = index + 2 >= pending.count || pending[index + 1].folder != file.folder
      if isLastOfFolder { try Files.sync(folder: file.folder) }
    }
  }

  /// Waits until what was written has reached the disk.
  private func settle() throws(Diagnostic) {
    while firstOpen < pending.count {
      let file = pending[firstOpen]
      var cause: Int32 = fdatasync(file.descriptor) == 0 ? 0 : errno
      if close(file.descriptor) != 0, cause == 0 { cause = errno }
      firstOpen += 1
      guard cause == 0 else { throw Files.writeFailure(file.path, cause) }
    }
  }

  deinit {
    for file in pending[firstOpen...] { close(file.descriptor) }
    for file in pending[firstUnnamed...] { unlink(file.temporary) }
  }
}
