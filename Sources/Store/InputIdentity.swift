public import Artifacts

/// What tells an input file's content apart without reading it: which file, its size and times, and what is
/// read of it.
public struct InputIdentity: Sendable, Equatable {
  /// The file as the system knows it.
  public var status: FileStatus
  /// The data sets and rows that are read, in order.
  public var selection: [String]

  /// Makes an identity; take the status before reading the content.
  public init(status: FileStatus, selection: [String]) {
    self.status = status
    self.selection = selection
  }

  /// The key under which the digest is remembered.
  var key: Key {
    var writer = ByteWriter(bytes: Array("pipe-input-1\n".utf8))
    for word in [status.device, status.inode, UInt64(status.size)] { writer.put(word) }
    for time in [status.modified, status.changed] { writer.put(time) }
    for text in selection { writer.put(counted: text.utf8) }
    return Key(Digest(of: writer.bytes))
  }

  /// Whether the file was left alone for so long before a time that a later change shows in its times.
  ///
  /// Clocks of file systems are coarse: a file that was written again within two seconds may keep its times.
  func isSettled(at time: Int64) -> Bool {
    let (age, overflow) = time.subtractingReportingOverflow(max(status.modified, status.changed))
    return !overflow && age > 2_000_000_000
  }
}

extension Store {
  /// What the system says of an input file; nil if it says nothing.
  public func status(ofInput path: String) -> FileStatus? { try? fileSystem.status(at: path) }

  /// The digest of an input's content, if it was remembered.
  public func inputDigest(for identity: InputIdentity) -> Digest? { catalog.input(for: identity.key) }

  /// Remembers the digest of an input's content, unless the file changed so lately that its times prove
  /// nothing.
  ///
  /// A store that cannot be written remembers nothing.
  public func remember(_ digest: Digest, for identity: InputIdentity) {
    guard !isReadOnly, identity.isSettled(at: clock()) else { return }
    let head = RecordHead(.input, catalog.nextSequence(), identity.key)
    gate.shared { try? committer.append([head.bytes + digest.bytes]) }
  }
}
