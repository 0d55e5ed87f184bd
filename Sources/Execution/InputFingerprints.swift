public import Artifacts
public import Diagnostics
import LinearAlgebra
public import StageKit
public import Store
import Synchronization

/// Takes the digests of inputs, and remembers them as long as the files stay as they are.
public struct InputFingerprints: Sendable {
  private let store: Store?
  private let threads: Int
  private let seen = SeenInputs()

  /// Remembers in a store, or not at all without one; large inputs are hashed on several threads.
  public init(_ store: Store?, threads: Int = 1) { (self.store, self.threads) = (store, threads) }

  /// The digest of what a source reads.
  ///
  /// A file that is known by device, inode, size and time is not opened.
  public func digest(of stage: ConfiguredStage) throws(Diagnostic) -> Digest {
    guard let store, stage.sources.count == 1, let source = stage.sources.first,
      let status = store.status(ofInput: source.file)
    else { return try stage.fingerprint() }
    // The status comes first: a file that changes while it is read is then not remembered under its new state.
    seen.note(status, of: source.file)
    let identity = InputIdentity(status: status, selection: [stage.type.name, source.parts])
    if let known = store.inputDigest(for: identity) { return known }
    let digest = try fingerprint(of: stage, bytes: status.size)
    store.remember(digest, for: identity)
    return digest
  }

  /// Below so many bytes threads are not worth their start.
  private static let fewBytes = 32 << 20

  private func fingerprint(of stage: ConfiguredStage, bytes: Int) throws(Diagnostic) -> Digest {
    guard bytes > Self.fewBytes, threads > 1 else { return try stage.fingerprint() }
    let pool = WorkerPool(threads: threads)
    defer { pool.shutdown() }
    let result = pool.run { () -> Result<Digest, Diagnostic> in
      do throws(Diagnostic) { return .success(try stage.fingerprint()) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Refuses what a source has read if its file is no longer the one whose digest was taken.
  ///
  /// - Throws: `notReadable`.
  func requireUnchanged(_ stage: ConfiguredStage) throws(Diagnostic) {
    for source in stage.sources {
      guard let store, let before = seen.status(of: source.file) else { continue }
      let now = store.status(ofInput: source.file)
      if let now, now.device == before.device, now.inode == before.inode, now.size == before.size,
        now.modified == before.modified
      {
        continue
      }
      throw Self.changed(source.file)
    }
  }

  /// The error of a file that did not stay as it was.
  static func changed(_ file: String) -> Diagnostic {
    Diagnostic(
      .notReadable, "a file changed while the run was reading it", fields: ["file": file],
      hint: "run it again when the file is complete")
  }
}

/// What files were when their digests were taken or looked up, by their paths.
private final class SeenInputs: Sendable {
  private let files = Mutex<[String: FileStatus]>([:])

  func note(_ status: FileStatus, of file: String) {
    // The first one counts: its digest stands in the plan.
    files.withLock { files in if files[file] == nil { files[file] = status } }
  }

  func status(of file: String) -> FileStatus? { files.withLock { $0[file] } }
}
