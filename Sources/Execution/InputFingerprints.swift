public import Artifacts
public import Diagnostics
public import StageKit
public import Store

/// Takes the digests of inputs, and remembers them as long as the files stay as they are.
public struct InputFingerprints: Sendable {
  private let store: Store?

  /// Remembers in a store, or not at all without one.
  public init(_ store: Store?) { self.store = store }

  /// The digest of what a source reads.
  ///
  /// A file that is known by device, inode, size and time is not opened.
  public func digest(of stage: ConfiguredStage) throws(Diagnostic) -> Digest {
    guard let store, stage.sources.count == 1, let source = stage.sources.first,
      let status = store.status(ofInput: source.file)
    else { return try stage.fingerprint() }
    // The status comes first: a file that changes while it is read is then not remembered under its new state.
    let identity = InputIdentity(status: status, selection: [stage.type.name, source.parts])
    if let known = store.inputDigest(for: identity) { return known }
    let digest = try stage.fingerprint()
    store.remember(digest, for: identity)
    return digest
  }
}
