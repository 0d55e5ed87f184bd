internal import Artifacts
public import Diagnostics

/// What a clean-up did.
public struct CollectReport: Sendable, Equatable {
  /// Results that were given up to keep below the limit.
  public var evictedEntries = 0
  /// Objects that were removed.
  public var removedObjects = 0
  /// Bytes of the objects, set-aside objects and temporary files that were removed.
  public var removedBytes = 0
  /// Bytes of objects and records that the store still has.
  public var remainingBytes = 0
  /// Whether another process has the store open that has not announced what it uses, so that nothing was
  /// removed that it might use.
  public var isPartial = false
}

extension Store {
  /// Cleans up: removes what nobody refers to, what was set aside and what dead processes left behind, gives up
  /// results above the limit, and merges segments.
  ///
  /// Nothing goes that this process looked up or stored, that is pinned, or that another process has announced
  /// with ``use(_:)``. As long as another process has the store open that has announced nothing only segments of
  /// dead processes are merged and their temporary files removed.
  ///
  /// - Parameter limit: the bytes that the store may have; results that save the fewest seconds per byte go
  ///   first.
  /// - Throws: `notWritable`, `noSpace` or `storeUnusable`; the store is whole then.
  public func collect(limit: Int? = nil) throws(Diagnostic) -> CollectReport {
    guard !isReadOnly else { throw FileError(13, "write", path).diagnostic }
    do throws(FileError) {
      try committer.flush()
      return try gate.alone { () throws(FileError) -> CollectReport in
        var report =
          try uses.exclusively { () throws(FileError) in try keeper.remove(above: limit) }
          ?? CollectReport(isPartial: true)
        committer.endSegment()
        let isAlone = try locks.alone { () throws(FileError) in try tidy(&report, isAlone: true) } != nil
        if !isAlone { try tidy(&report, isAlone: false) }
        report.remainingBytes = try objects.all().values.reduce(catalog.read { $0.byteCount }, +)
        return report
      }
    } catch { throw error.diagnostic }
  }

  private func tidy(_ report: inout CollectReport, isAlone: Bool) throws(FileError) {
    _ = try merge(as: .collecting(time: clock()))
    try catalog.refresh()
    removeTemporaries(&report, isAlone: isAlone)
  }

  /// Removes temporary files whose process is dead.
  private func removeTemporaries(_ report: inout CollectReport, isAlone: Bool) {
    let ours = catalog.pathsOnTheirWay
    for name in (try? fileSystem.list(layout.temporary)) ?? [] {
      let path = layout.temporary + "/" + name
      let isDead =
        if let segment = UInt64(name.prefix(16), radix: 16) {
          !isAlive(segment)
        } else {
          // Of a half-written snapshot only who is alone knows that its writer is dead.
          isAlone && name.hasPrefix("snapshot-")
        }
      if isDead, !ours.contains(path) { keeper.remove(path, &report) }
    }
  }

  private func isAlive(_ segment: UInt64) -> Bool {
    let path = layout.segment(segment)
    guard (try? fileSystem.status(at: path)) != nil,
      let file = try? fileSystem.open(path, for: .readWrite)
    else { return false }
    defer { fileSystem.close(file) }
    return (try? fileSystem.lock(file, at: 0, .exclusive, wait: false)) == false
  }
}
