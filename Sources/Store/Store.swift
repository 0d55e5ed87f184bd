public import Artifacts
public import Diagnostics
internal import Glibc

/// The on-disk cache: keys to results, digests to bytes.
///
/// **Layout.** Each process appends records to a *segment* of its own, so writers never wait for one another
/// and a crash can only tear the end of one file; small results stand in the record itself, which saves a
/// file and two waits for the disk. Larger results are *objects*, files named by the digest of the artifact,
/// so equal results are kept once and every read can be verified. Now and then segments of dead processes are
/// merged into one sorted *snapshot* that is mapped into memory: opening a store costs the same for a
/// thousand records as for a million. An object gets its name when its content is on the disk and its record
/// follows when the name is, so whatever a record names is whole. *Locks* are bytes of one file, one a key,
/// and the kernel's: nothing is left to clean up when a process dies. Of two records for a key the one with
/// the higher sequence number wins; no clock decides anything. Whoever finds an object bad moves it to
/// `quarantine` and writes a tombstone. Nothing here is ever executed.
public final class Store: Sendable {
  /// The store's folder.
  public let path: String
  /// Whether results can only be read.
  public let isReadOnly: Bool
  let layout: Layout
  let fileSystem: any FileSystem
  let clock: @Sendable () -> Int64
  let catalog: Catalog
  let locks: KeyLocks
  let objects: ObjectFolder
  let committer: Committer
  let uses: Uses
  let keeper: Keeper
  var gate: Gate { keeper.gate }
  let maintaining = Monitor()

  /// Objects up to this size stand in their record.
  static let largestInline = 4096
  /// Artifacts up to this size are put together in memory, larger ones piece by piece in their file.
  static let largestInMemory = 1 << 20

  /// Opens a store, which is made if there is none; one that may not be written is opened for reading.
  ///
  /// - Parameter clock: the time in nanoseconds since 1970; it dates entries and orders nothing.
  /// - Throws: `storeUnusable` if the folder is something else or of a newer version, `notWritable` or
  ///   `noSpace` if it cannot be made.
  public init(
    at path: String, fileSystem: any FileSystem = RealFileSystem(), readOnly: Bool = false,
    clock: @escaping @Sendable () -> Int64 = Store.systemClock
  ) throws(Diagnostic) {
    self.path = path
    self.fileSystem = fileSystem
    self.clock = clock
    layout = Layout(root: path)
    try Self.prepare(layout, fileSystem, readOnly: readOnly)
    let (file, isWritable) = try Self.openLocks(layout, fileSystem, readOnly: readOnly)
    isReadOnly = !isWritable
    locks = KeyLocks(file, fileSystem)
    _ = locks.lock(KeyLocks.presence, .shared, wait: true)
    uses = Uses(layout, fileSystem, locks)
    let ledger = Ledger(layout, fileSystem, locks)
    catalog = Catalog(layout, fileSystem)
    objects = ObjectFolder(layout: layout, fileSystem: fileSystem)
    committer = Committer(objects, catalog, locks, uses, ledger)
    let keeper = Keeper(
      layout: layout, fileSystem: fileSystem, catalog: catalog, objects: objects, committer: committer,
      uses: uses, ledger: ledger)
    self.keeper = keeper
    committer.afterCommit { keeper.keepBelowWhileRunning() }
    do throws(FileError) { try catalog.refresh() } catch { throw error.diagnostic }
  }

  deinit { committer.stop() }

  /// The system's time in nanoseconds since 1970.
  public static let systemClock: @Sendable () -> Int64 = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// The latest result of a key, by the index only; its objects are looked at when they are loaded.
  public func entry(for key: Key) -> Entry? {
    guard let entry = catalog.entry(for: key) else { return nil }
    return announce([key.digest, (entry.link?.target ?? key).digest]) ? catalog.entry(for: key) : entry
  }

  /// Whether somebody else has the store open now: another process, or this one a second time.
  public var isShared: Bool {
    locks.isHeldElsewhere(KeyLocks.presence) || locks.isHeldElsewhere(KeyLocks.unannounced)
  }

  /// Reads what other processes have added.
  ///
  /// What cannot be read now is left for the next time.
  public func refresh() { try? catalog.refresh() }

  /// Stores the outputs of a node.
  ///
  /// They can be had at once here, and elsewhere as soon as they are whole.
  ///
  /// Nothing waits for the disk: after a crash the result may be missing, but never damaged. See ``flush()``.
  ///
  /// - Parameters:
  ///   - components: what the key was made of, for explanations.
  ///   - seconds: how long the computation took.
  /// - Throws: `noSpace`, `notWritable` or `storeUnusable`; the store is whole then, without this result.
  @discardableResult
  public func put(
    _ key: Key, outputs: [(port: String, artifact: EncodedArtifact)], components: JSON, seconds: Double,
    stage: String
  ) throws(Diagnostic) -> Entry {
    guard !isReadOnly else { throw FileError(EACCES, "write", path).diagnostic }
    do throws(FileError) {
      return try gate.shared { () throws(FileError) in
        _ = announce([key.digest])
        var fresh: [FreshObject] = []
        var present: [Digest] = []
        do throws(FileError) {
          var items: [Entry.Output] = []
          for (port, artifact) in outputs {
            items.append(try write(artifact, port, key, &fresh, &present))
          }
          let entry = Entry(
            key: key, stage: stage, outputs: items, seconds: seconds, date: clock(),
            sequence: catalog.nextSequence(), componentsText: Array(components.text().utf8))
          try record(entry, fresh, present)
          return entry
        } catch {
          for object in fresh { try? fileSystem.remove(object.temporary) }
          throw error
        }
      }
    } catch { throw error.diagnostic }
  }

  private func write(
    _ artifact: EncodedArtifact, _ port: String, _ key: Key, _ fresh: inout [FreshObject],
    _ present: inout [Digest]
  ) throws(FileError) -> Entry.Output {
    func output(_ digest: Digest, inline: [UInt8]? = nil) -> Entry.Output {
      Entry.Output(port: port, digest: digest, byteCount: artifact.byteCount, key: key, inline: inline)
    }
    func isThere(_ digest: Digest) -> Bool {
      if fresh.contains(where: { $0.digest == digest }) { return true }
      // Once it is announced nobody removes it; it may have gone just before.
      guard objects.contains(digest), !announce([digest]) || objects.contains(digest) else { return false }
      present.append(digest)
      return true
    }
    guard artifact.byteCount > Self.largestInMemory else {
      let (bytes, digest) = ObjectFormat.encode(artifact)
      if bytes.count <= Self.largestInline { return output(digest, inline: bytes) }
      if !isThere(digest) { fresh.append(try objects.write(bytes, digest, to: try temporaryPath())) }
      return output(digest)
    }
    // What it is called is known when it is written.
    let object = try objects.write(artifact, to: try temporaryPath())
    if isThere(object.digest) { try? fileSystem.remove(object.temporary) } else { fresh.append(object) }
    return output(object.digest)
  }

  /// The name begins with the segment's number: a file whose segment is unlocked belongs to a dead process.
  private func temporaryPath() throws(FileError) -> String {
    let segment = SegmentWriter.name(of: try committer.segmentNumber()).prefix(16)
    return "\(layout.temporary)/\(segment)-\(String(fileSystem.nonce(), radix: 16))"
  }

  private func record(
    _ entry: Entry, _ fresh: [FreshObject], _ present: [Digest]
  ) throws(FileError) {
    if fresh.isEmpty, present.isEmpty {
      try committer.append([entry.record])
      catalog.begin(entry, [])
      catalog.finish(entry, [])
    } else {
      catalog.begin(entry, fresh)
      committer.append(
        Committer.Item(entry: entry, fresh: fresh, present: present, lingers: locks.linger(entry.key)))
    }
  }

  /// A folder on the store's disk for files without names, gone when they are closed.
  public var scratchFolder: String { layout.temporary }

  /// Waits until everything stored so far would survive a loss of power.
  ///
  /// - Throws: what went wrong since the last time, `noSpace` for instance; what could not be stored is
  ///   forgotten.
  public func flush() throws(Diagnostic) {
    do throws(FileError) { try committer.flush() } catch { throw error.diagnostic }
    mergeIfWorthwhile()
  }

  /// Reads an output and verifies it against its digest.
  ///
  /// - Throws: `corruptObject` if it is not what was stored: it is set aside then and the entry forgotten, so
  ///   that the caller computes it again; `notReadable` if the system does not let us read it.
  public func load(_ output: Entry.Output) throws(Diagnostic) -> EncodedArtifact {
    do throws(LoadError) {
      return try read(output)
    } catch {
      switch error {
      case .unreadable(let cause):
        throw Diagnostic(
          .notReadable, "a stored object cannot be read: \(String(cString: strerror(cause.code)))",
          fields: ["file": cause.path])
      case .missing:
        forget(output.key)
        throw Self.corrupt("a stored object is missing", output)
      case .damaged(let cause, let inode):
        let place = isReadOnly ? nil : objects.setAside(output.digest, inode: inode)
        forget(output.key)
        let error = Self.corrupt(cause.headline, output)
        throw place.map { error.with("set aside as", $0) } ?? error
      }
    }
  }

  private func read(_ output: Entry.Output) throws(LoadError) -> EncodedArtifact {
    if let inline = output.inline {
      do throws(Diagnostic) {
        return try ObjectFolder.artifact(of: output, from: ObjectSource(inline))
      } catch { throw .damaged(error, inode: 0) }
    }
    if let temporary = catalog.temporary(for: output.digest) {
      // The file may get its name just now; a damaged one is found under its name, where it can be set aside.
      if let artifact = try? objects.artifact(of: output, at: temporary) { return artifact }
    }
    return try objects.artifact(of: output, at: layout.object(output.digest))
  }

  private static func corrupt(_ headline: String, _ output: Entry.Output) -> Diagnostic {
    Diagnostic(
      .corruptObject, headline, fields: ["output": output.port, "digest": output.digest.hex],
      hint: "the result is computed again; if this happens more than once, check the disk")
  }

  /// Forgets a key's result; its objects go with the next ``collect(limit:)`` if nobody else refers to them.
  public func forget(_ key: Key) {
    catalog.forget(key)
    guard !isReadOnly else { return }
    let head = RecordHead(.tombstone, catalog.nextSequence(), key)
    gate.shared { try? committer.append([head.bytes]) }
  }

  /// Runs `body` while no other thread and no other process holds the lock on that key.
  ///
  /// Waits if it must, and has then read what others stored: look the key up again inside. The lock goes with
  /// the process. To hold several at once invites a deadlock.
  public func withLock<R>(on key: Key, _ body: () throws -> R) rethrows -> R {
    _ = locks.take(key, wait: true)
    defer { locks.give(back: key) }
    refresh()
    return try body()
  }

  /// The same without waiting; nil if another holds the lock.
  public func tryLock<R>(on key: Key, _ body: () throws -> R) rethrows -> R? {
    guard locks.take(key, wait: false) else { return nil }
    defer { locks.give(back: key) }
    refresh()
    return try body()
  }
}
