internal import Artifacts

/// What this process knows of the store, for all its threads: the index, and results on their way to the
/// disk.
final class Catalog: @unchecked Sendable {
  private let monitor = Monitor()
  private var index: Index
  private var pending: [Key: Entry] = [:]
  private var temporaries: [Digest: String] = [:]
  private var used: Set<Key> = []

  init(_ layout: Layout, _ fileSystem: any FileSystem) { index = Index(layout, fileSystem) }

  /// Reads the index under the lock.
  func read<R>(_ body: (Index) -> R) -> R { monitor.locked { body(index) } }

  func refresh() throws(FileError) { try monitor.locked { () throws(FileError) in try index.refresh() } }

  /// Takes so many sequence numbers; returns the first of them.
  func nextSequence(count: Int = 1) -> UInt64 { monitor.locked { index.nextSequence(count: count) } }

  /// The latest entry of a key; it counts as used from now on, and with a link what it leads to.
  func entry(for key: Key) -> Entry? {
    monitor.locked {
      let entry = index.entry(for: key, pending: pending)
      if entry != nil { used.insert(key) }
      if let link = entry?.link { used.insert(link.target) }
      return entry
    }
  }

  /// Where a key's link leads.
  func canonical(_ key: Key) -> Key { monitor.locked { index.canonical(key, pending: pending) } }

  /// What was noted under a key.
  func note(for key: Key) -> [UInt8]? {
    let key = Note.recordKey(key)
    return monitor.locked { index.record(for: key) { _, payload in Note(payload)?.bytes } }
  }

  /// What was remembered of an input.
  func input(for key: Key) -> Digest? {
    monitor.locked {
      index.record(for: key) { kind, payload in
        kind == .input ? Digest(bytes: payload.dropFirst(RecordHead.byteCount)) : nil
      }
    }
  }

  /// Keys that this process has looked up with success or stored.
  var usedKeys: Set<Key> { monitor.locked { used } }

  /// Forgets what this process used, but for what is on its way.
  func forgetUses() { monitor.locked { used = Set(pending.keys) } }

  /// Forgets the keys of these that are not used; returns the records that say so.
  ///
  /// Who asks for one of them afterwards does not find it.
  func giveUp(_ keys: [Key]) -> [[UInt8]] {
    monitor.locked {
      keys.filter { !used.contains($0) && pending[$0] == nil }.map { key in
        let head = RecordHead(.tombstone, index.nextSequence(), key)
        index.add(head, head.bytes[...])
        return head.bytes
      }
    }
  }

  /// The objects that entries on their way refer to.
  var referredOnTheirWay: Set<Digest> {
    monitor.locked { pending.values.reduce(into: []) { $0.formUnion($1.objects) } }
  }

  /// Takes in what was appended to this process' segment.
  func add(own payloads: [[UInt8]], segment: UInt64, end: Int) {
    monitor.locked { index.add(own: payloads, segment: segment, end: end) }
  }

  /// Forgets a key in this process only.
  func forget(_ key: Key) {
    monitor.locked {
      pending[key] = nil
      let head = RecordHead(.tombstone, index.nextSequence(), key)
      index.add(head, head.bytes[...])
    }
  }

  /// Shows an entry whose objects still have temporary names.
  func begin(_ entry: Entry, _ objects: [FreshObject]) {
    monitor.locked {
      pending[entry.key] = entry
      used.insert(entry.key)
      for object in objects { temporaries[object.digest] = object.temporary }
    }
  }

  /// Ends what `begin` began.
  func finish(_ entry: Entry, _ objects: [FreshObject]) {
    monitor.locked {
      if pending[entry.key]?.sequence == entry.sequence { pending[entry.key] = nil }
      for object in objects where temporaries[object.digest] == object.temporary {
        temporaries[object.digest] = nil
      }
    }
  }

  /// Whether a key's entry is on its way to the disk.
  func isPending(_ key: Key) -> Bool { monitor.locked { pending[key] != nil } }

  /// Where an object lies as long as it is on its way.
  func temporary(for digest: Digest) -> String? { monitor.locked { temporaries[digest] } }

  /// The paths of the objects on their way.
  var pathsOnTheirWay: Set<String> { monitor.locked { Set(temporaries.values) } }
}
