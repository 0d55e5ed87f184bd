import Foundation
import Glibc
package import Store

/// Real files, but one operation fails.
///
/// Or it and all after it do, as if the process had died in the middle of it. It waits for no disk.
package final class FaultyFileSystem: FileSystem, @unchecked Sendable {
  package enum Fault: Sendable {
    case none
    /// The n-th operation that changes something fails with that error.
    case failure(at: Int, code: Int32)
    /// The n-th operation is half done and none happens after it.
    case crash(at: Int)
    /// The n-th operation that reads something fails with that error.
    case readFailure(at: Int, code: Int32)
    /// Every operation of that name fails.
    case always(String, code: Int32)
  }

  private let real = RealFileSystem()
  private let lock = NSLock()
  private var fault: Fault
  private var operations = 0
  private var log: [String] = []
  private var lookCounts: [String: Int] = [:]
  private var readCount = 0
  private var readings = 0

  package init(_ fault: Fault = .none) { self.fault = fault }

  /// How many operations there were that change something.
  package var count: Int { lock.withLock { operations } }
  /// These operations, each with the last part of its path.
  package var history: [String] { lock.withLock { log } }

  /// How often each operation was made that changes nothing.
  package var looks: [String: Int] { lock.withLock { lookCounts } }
  /// How many bytes were read.
  package var bytesRead: Int { lock.withLock { readCount } }

  /// How many operations there were that read something.
  package var readingCount: Int { lock.withLock { readings } }

  private func look(_ name: String) { lock.withLock { lookCounts[name, default: 0] += 1 } }

  /// Counts an operation that reads something.
  private func reading(_ name: String, _ path: String) throws(FileError) {
    let code: Int32? = lock.withLock {
      lookCounts[name, default: 0] += 1
      readings += 1
      if case .readFailure(let at, let code) = fault, at == readings { return code }
      return nil
    }
    if let code { throw FileError(code, name, path) }
  }

  package func set(_ fault: Fault) { lock.withLock { self.fault = fault } }

  /// Counts an operation; true if it is the one during which the process dies.
  private func step(_ name: String, _ path: String) throws(FileError) -> Bool {
    let (code, dies): (Int32?, Bool) = lock.withLock {
      operations += 1
      log.append(name + " " + (path.split(separator: "/").last ?? ""))
      switch fault {
      case .none: return (nil, false)
      case .failure(let at, let code): return (operations == at ? code : nil, false)
      case .crash(let at): return (operations > at ? EIO : nil, operations == at)
      case .readFailure: return (nil, false)
      case .always(let other, let code): return (name == other ? code : nil, false)
      }
    }
    if let code { throw FileError(code, name, path) }
    return dies
  }

  /// The process dies before or after the operation, by turns.
  private func orDie(_ name: String, _ path: String, _ body: () throws(FileError) -> Void) throws(FileError) {
    let dies = try step(name, path)
    if dies && count.isMultiple(of: 2) { throw FileError(EIO, name, path) }
    try body()
    if dies { throw FileError(EIO, name, path) }
  }

  package func open(_ path: String, for access: FileAccess) throws(FileError) -> OpenFile {
    if case .read = access {
      try reading("open", path)
      return try real.open(path, for: access)
    }
    _ = try step("open", path)
    return try real.open(path, for: access)
  }
  package func close(_ file: OpenFile) { real.close(file) }
  package func read(_ file: OpenFile, into target: UnsafeMutableRawBufferPointer, at offset: Int)
    throws(FileError)
    -> Int
  {
    try reading("read", file.path)
    let count = try real.read(file, into: target, at: offset)
    lock.withLock { readCount += count }
    return count
  }
  package func write(_ file: OpenFile, _ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    let dies: Bool
    do throws(FileError) { dies = try step("write", file.path) } catch {
      // A full disk takes what fits.
      if error.code == ENOSPC {
        try real.write(file, UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count / 2)), at: offset)
      }
      throw error
    }
    guard dies else { return try real.write(file, bytes, at: offset) }
    try real.write(file, UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count * 2 / 3)), at: offset)
    throw FileError(EIO, "write", file.path)
  }
  package func synchronize(_ file: OpenFile) throws(FileError) { _ = try step("synchronize", file.path) }
  package func synchronizeFolder(_ path: String) throws(FileError) { _ = try step("synchronizeFolder", path) }
  package func status(of file: OpenFile) throws(FileError) -> FileStatus {
    look("status")
    return try real.status(of: file)
  }
  package func status(at path: String) throws(FileError) -> FileStatus {
    look("status")
    return try real.status(at: path)
  }
  package func list(_ folder: String) throws(FileError) -> [String] {
    try reading("list", folder)
    return try real.list(folder)
  }
  package func makeFolder(_ path: String) throws(FileError) {
    try orDie("makeFolder", path) { () throws(FileError) in try real.makeFolder(path) }
  }
  package func rename(_ path: String, to other: String) throws(FileError) {
    try orDie("rename", other) { () throws(FileError) in try real.rename(path, to: other) }
  }
  package func remove(_ path: String) throws(FileError) {
    try orDie("remove", path) { () throws(FileError) in try real.remove(path) }
  }
  package func lock(_ file: OpenFile, at offset: Int, _ mode: LockMode, wait: Bool) throws(FileError) -> Bool
  {
    try real.lock(file, at: offset, mode, wait: wait)
  }
  package func isLocked(_ file: OpenFile, at offset: Int) throws(FileError) -> Bool {
    try real.isLocked(file, at: offset)
  }
  package func map(_ file: OpenFile, count: Int) throws(FileError) -> UnsafeRawBufferPointer {
    try reading("map", file.path)
    return try real.map(file, count: count)
  }
  package func unmap(_ memory: UnsafeRawBufferPointer) { real.unmap(memory) }
  package func nonce() -> UInt64 { real.nonce() }
}
