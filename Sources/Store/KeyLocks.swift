internal import Artifacts

/// One lock a key for threads and processes alike, without a file a key.
///
/// A key's lock is the byte of the lock file at the offset that its first 62 bits give, held by this open
/// file; the kernel gives it back when the process dies. Between threads of the process a table of what is
/// held does the same. When a thread gives a lock back while the result of its key is still on the way to the
/// disk, the kernel's lock stays until the record stands, so that who waits for it in another process finds
/// the result.
final class KeyLocks: @unchecked Sendable {
  /// Behind all keys: shared by who may use what it has not announced, as ``Uses`` explains.
  ///
  /// Older programs hold it as long as they have the store open.
  static let unannounced = 1 << 62
  /// Held by who merges segments.
  static let maintenance = 1 << 62 + 1
  /// Shared by every process that has the store open.
  static let presence = 1 << 62 + 2
  /// Held by who changes the sum of all objects.
  static let ledger = 1 << 62 + 3

  private struct Hold {
    var isTaken = false
    var pendingCommits = 0
  }

  private let fileSystem: any FileSystem
  private let file: OpenFile?
  private let monitor = Monitor()
  private var holds: [Int: Hold] = [:]

  /// Locks in a lock file; without one only threads exclude each other.
  init(_ file: OpenFile?, _ fileSystem: any FileSystem) {
    self.file = file
    self.fileSystem = fileSystem
  }

  deinit { if let file { fileSystem.close(file) } }

  private static func offset(_ key: Key) -> Int { Int(key.digest.prefix >> 2) }

  /// Takes a key's lock; false only if it is held and this is not to wait.
  func take(_ key: Key, wait: Bool) -> Bool {
    let offset = Self.offset(key)
    let isOurs: Bool? = monitor.locked {
      while holds[offset]?.isTaken == true {
        guard wait else { return nil }
        monitor.wait()
      }
      let isOurs = holds[offset] != nil
      holds[offset, default: Hold()].isTaken = true
      return isOurs
    }
    guard let isOurs else { return false }
    if isOurs || lock(offset, .exclusive, wait: false) { return true }
    if wait, lock(offset, .exclusive, wait: true) { return true }
    give(back: key)
    return false
  }

  /// Gives a key's lock back.
  func give(back key: Key) { change(key) { $0.isTaken = false } }

  /// Keeps the kernel's lock until ``settle(_:)``; false if the key is not locked.
  func linger(_ key: Key) -> Bool {
    monitor.locked {
      guard holds[Self.offset(key)] != nil else { return false }
      holds[Self.offset(key)]?.pendingCommits += 1
      return true
    }
  }

  /// Ends what ``linger(_:)`` began.
  func settle(_ key: Key) { change(key) { $0.pendingCommits -= 1 } }

  private func change(_ key: Key, _ body: (inout Hold) -> Void) {
    let offset = Self.offset(key)
    monitor.locked {
      var hold = holds[offset] ?? Hold()
      body(&hold)
      if hold.isTaken || hold.pendingCommits > 0 {
        holds[offset] = hold
      } else {
        holds[offset] = nil
        _ = lock(offset, .none, wait: false)
      }
      monitor.wakeAll()
    }
  }

  /// Locks a byte of the lock file; where the file system knows no locks everybody gets them: at worst two
  /// compute the same.
  func lock(_ offset: Int, _ mode: LockMode, wait: Bool) -> Bool {
    guard let file else { return true }
    do throws(FileError) {
      return try fileSystem.lock(file, at: offset, mode, wait: wait)
    } catch { return true }
  }

  /// Whether another open store holds a byte of the lock file; false where that cannot be known.
  func isHeldElsewhere(_ offset: Int) -> Bool {
    guard let file else { return false }
    return (try? fileSystem.isLocked(file, at: offset)) == true
  }

  /// Takes a byte of the lock file that nobody else holds; false also where that cannot be known.
  func takeAlone(_ offset: Int) -> Bool {
    guard let file else { return false }
    return (try? fileSystem.lock(file, at: offset, .exclusive, wait: false)) == true
  }

  /// Runs `body` as the only process that has the store open; nil if there are others or that cannot be
  /// known.
  func alone<R, Failure: Error>(_ body: () throws(Failure) -> R) throws(Failure) -> R? {
    guard takeAlone(Self.presence) else { return nil }
    defer { _ = lock(Self.presence, .shared, wait: true) }
    return try body()
  }
}
