internal import Artifacts
internal import Diagnostics
internal import Synchronization

/// An object that was written and has no name yet.
struct FreshObject {
  var digest: Digest
  /// Where it lies.
  var temporary: String
  /// Its length in bytes.
  var size: Int
}

/// The larger results, each a file named by the digest of its artifact.
struct ObjectFolder: Sendable {
  let layout: Layout
  let fileSystem: any FileSystem

  /// Writes an object under a temporary name; nothing is left of it after an error.
  func write(_ bytes: [UInt8], _ digest: Digest, to temporary: String) throws(FileError) -> FreshObject {
    let file = try fileSystem.open(temporary, for: .create)
    defer { fileSystem.close(file) }
    do throws(FileError) { try fileSystem.write(file, bytes, at: 0) } catch {
      try? fileSystem.remove(temporary)
      throw error
    }
    return FreshObject(digest: digest, temporary: temporary, size: bytes.count)
  }

  /// Writes a large object piece by piece; it takes the digest on the way.
  func write(_ artifact: EncodedArtifact, to temporary: String) throws(FileError) -> FreshObject {
    let file = try fileSystem.open(temporary, for: .create)
    defer { fileSystem.close(file) }
    let failure = Mutex<FileError?>(nil)
    let sink = ObjectSink { offset, bytes in
      do throws(FileError) {
        try fileSystem.write(file, bytes, at: offset)
        return true
      } catch {
        failure.withLock { $0 = $0 ?? error }
        return false
      }
    }
    if let (digest, count) = ObjectFormat.write(artifact, to: sink) {
      return FreshObject(digest: digest, temporary: temporary, size: count)
    }
    try? fileSystem.remove(temporary)
    throw failure.withLock { $0 } ?? FileError(5, "write", temporary)
  }

  /// Gives an object, whose content is on the disk, its name.
  ///
  /// The name is safe after ``synchronize(_:)``.
  func publish(_ temporary: String, as digest: Digest) throws(FileError) {
    try fileSystem.makeFolder(layout.shard(of: digest))
    try fileSystem.rename(temporary, to: layout.object(digest))
  }

  /// Waits until a file's content is on the disk.
  func synchronize(content path: String) throws(FileError) {
    let file = try fileSystem.open(path, for: .read)
    defer { fileSystem.close(file) }
    try fileSystem.synchronize(file)
  }

  /// Waits until the names of these objects are on the disk.
  func synchronize(_ digests: [Digest]) throws(FileError) {
    guard !digests.isEmpty else { return }
    for shard in Set(digests.map { layout.shard(of: $0) }).sorted() {
      try fileSystem.synchronizeFolder(shard)
    }
    try fileSystem.synchronizeFolder(layout.objects)
  }

  /// Whether there is an object of that name.
  func contains(_ digest: Digest) -> Bool { (try? fileSystem.status(at: layout.object(digest))) != nil }

  /// Reads the artifact of an object's file and compares its digest.
  func artifact(of output: Entry.Output, at path: String) throws(LoadError) -> EncodedArtifact {
    let file: OpenFile
    let status: FileStatus
    do throws(FileError) {
      file = try fileSystem.open(path, for: .read)
    } catch { throw error.code == 2 ? .missing : .unreadable(error) }
    defer { fileSystem.close(file) }
    do throws(FileError) { status = try fileSystem.status(of: file) } catch { throw .unreadable(error) }
    let fileSystem = fileSystem
    let source = ObjectSource(count: status.size) { offset, target in
      (try? fileSystem.read(file, into: target, at: offset)) == target.count
    }
    do throws(Diagnostic) {
      return try Self.artifact(of: output, from: source)
    } catch { throw .damaged(error, inode: status.inode) }
  }

  /// Decodes an object and compares its digest.
  static func artifact(of output: Entry.Output, from source: ObjectSource) throws(Diagnostic)
    -> EncodedArtifact
  {
    let artifact = try ObjectFormat.decode(source, expecting: output.byteCount)
    guard artifact.digest == output.digest else {
      throw Diagnostic(.corruptObject, "a stored object is damaged: its content has another digest")
    }
    return artifact
  }

  /// Moves a bad object out of the way, unless somebody has put another in its place; returns where it is
  /// now.
  func setAside(_ digest: Digest, inode: UInt64) -> String? {
    let path = layout.object(digest)
    guard (try? fileSystem.status(at: path))?.inode == inode else { return nil }
    let target = layout.quarantine + "/" + digest.hex + "-" + String(fileSystem.nonce(), radix: 16)
    guard (try? fileSystem.rename(path, to: target)) != nil else { return nil }
    return target
  }

  /// Every object with the size of its file; other files in the folder are left out.
  func all() throws(FileError) -> [Digest: Int] {
    var sizes: [Digest: Int] = [:]
    for shard in try fileSystem.list(layout.objects) where shard.utf8.count == 2 {
      for name in try fileSystem.list(layout.objects + "/" + shard) {
        guard let digest = Digest(hex: name), name.hasPrefix(shard) else { continue }
        sizes[digest] = (try? fileSystem.status(at: layout.object(digest)))?.size ?? 0
      }
    }
    return sizes
  }
}

/// Why an object could not be had.
enum LoadError: Error {
  /// It is not there.
  case missing
  /// It is not what was written.
  case damaged(Diagnostic, inode: UInt64)
  /// The system does not let us read it; the object may be good.
  case unreadable(FileError)
}
