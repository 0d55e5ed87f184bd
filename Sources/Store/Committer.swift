internal import Artifacts
internal import Glibc

/// Brings results to the disk in the background, many with one wait: first the objects' contents, then their
/// names, then the records that name them.
final class Committer: @unchecked Sendable {
  /// A result whose objects are written but not yet safe.
  struct Item {
    var entry: Entry
    /// Objects under temporary names.
    var fresh: [FreshObject]
    /// Objects that were there already, perhaps not yet safe either.
    var present: [Digest]
    /// Whether the key's lock waits for the record.
    var lingers: Bool
  }

  private let layout: Layout
  private let fileSystem: any FileSystem
  private let objects: ObjectFolder
  private let catalog: Catalog
  private let locks: KeyLocks
  private let uses: Uses
  private let ledger: Ledger

  private let monitor = Monitor()
  private var queue: [Item] = []
  private var enqueued = 0
  private var committed = 0
  private var isIdle = false
  private var isUrgent = false
  private var isStopping = false
  private var thread: pthread_t?
  private var failure: FileError?
  private var afterCommit: @Sendable () -> Void = {}

  private let writing = Monitor()
  private var writer: SegmentWriter?
  private var isNameSafe = false

  init(_ objects: ObjectFolder, _ catalog: Catalog, _ locks: KeyLocks, _ uses: Uses, _ ledger: Ledger) {
    layout = objects.layout
    fileSystem = objects.fileSystem
    self.objects = objects
    self.catalog = catalog
    self.locks = locks
    self.uses = uses
    self.ledger = ledger
  }

  /// Sets what the background thread does when results have come to the disk.
  func afterCommit(_ body: @escaping @Sendable () -> Void) { monitor.locked { afterCommit = body } }

  /// The number of this process' segment, which is made on first use.
  func segmentNumber() throws(FileError) -> UInt64 {
    try writing.locked { () throws(FileError) in try openWriter().number }
  }

  private func openWriter() throws(FileError) -> SegmentWriter {
    if let writer { return writer }
    let fresh = try SegmentWriter(in: layout.segments, fileSystem)
    writer = fresh
    isNameSafe = false
    return fresh
  }

  /// Ends this process' segment, so that it can be merged; the next record starts another.
  func endSegment() { writing.locked { writer = nil } }

  /// Appends records that refer to no objects; other processes see them at once, and they are safe after
  /// `flush`.
  func append(_ payloads: [[UInt8]]) throws(FileError) {
    try write(payloads)
    enqueue(nil)
  }

  /// Queues a result; its record is written when its objects are safe.
  func append(_ item: Item) { enqueue(item) }

  private func write(_ payloads: [[UInt8]]) throws(FileError) {
    try writing.locked { () throws(FileError) in
      let writer = try openWriter()
      do throws(FileError) {
        let end = try writer.append(payloads)
        catalog.add(own: payloads, segment: writer.number, end: end)
      } catch {
        // Half a record may stand there now: nothing may follow it in this file.
        self.writer = nil
        throw error
      }
    }
  }

  private func enqueue(_ item: Item?) {
    monitor.locked {
      if let item { queue.append(item) }
      enqueued += 1
      startThread()
      // Who gathers for a moment is not to be woken by every result.
      if isIdle { monitor.wakeAll() }
    }
  }

  /// Waits until everything queued so far is on the disk; throws what went wrong since the last time.
  func flush() throws(FileError) {
    let failure: FileError? = monitor.locked {
      let target = enqueued
      while committed < target {
        isUrgent = true
        monitor.wakeAll()
        monitor.wait()
      }
      defer { self.failure = nil }
      return self.failure
    }
    if let failure { throw failure }
  }

  /// Commits what is queued and ends the thread.
  func stop() {
    let thread = monitor.locked {
      isStopping = true
      monitor.wakeAll()
      return self.thread
    }
    if let thread { pthread_join(thread, nil) }
    // It refers back to this.
    afterCommit {}
    writing.locked { writer = nil }
  }

  private func startThread() {
    guard thread == nil else { return }
    var started = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    let result = pthread_create(
      &started, nil,
      { context in
        if let context { Unmanaged<Committer>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, context)
    precondition(result == 0, "no thread can be started")
    thread = started
  }

  private func run() {
    while true {
      let batch: (items: [Item], ticket: Int)? = monitor.locked {
        isIdle = true
        while enqueued == committed, !isStopping { monitor.wait() }
        isIdle = false
        // A moment's patience makes one wait for the disk serve many results.
        if !isUrgent, !isStopping { monitor.wait(milliseconds: 20) }
        if enqueued == committed { return nil }
        defer { queue = [] }
        return (queue, enqueued)
      }
      guard let batch else {
        if monitor.locked({ isStopping }) { return }
        continue
      }
      commit(batch.items)
      monitor.locked {
        committed = batch.ticket
        if committed == enqueued { isUrgent = false }
        monitor.wakeAll()
      }
    }
  }

  private func commit(_ items: [Item]) {
    let whole = items.filter { item in
      do throws(FileError) {
        for object in item.fresh { try objects.synchronize(content: object.temporary) }
        for digest in item.present { try objects.synchronize(content: layout.object(digest)) }
        return true
      } catch {
        abandon([item], error)
        return false
      }
    }
    // Between an object's name and the record that refers to it nobody may take it for left over.
    for item in uses.section({ name(whole) }) { end(item) }
    do throws(FileError) { try synchronize() } catch { remember(error) }
    let afterCommit = monitor.locked { self.afterCommit }
    if !items.isEmpty { afterCommit() }
  }

  /// Names the objects of results and writes their records; returns the results that came so far.
  private func name(_ items: [Item]) -> [Item] {
    ledger.add(items.reduce(0) { $0 + $1.fresh.reduce(0) { $0 + $1.size } })
    let named = items.filter { item in
      do throws(FileError) {
        for object in item.fresh { try objects.publish(object.temporary, as: object.digest) }
        return true
      } catch {
        abandon([item], error)
        return false
      }
    }
    do throws(FileError) {
      try objects.synchronize(named.flatMap { $0.fresh.map(\.digest) + $0.present })
      if !named.isEmpty { try write(named.map(\.entry.record)) }
    } catch {
      abandon(named, error)
      return []
    }
    return named
  }

  /// Waits until this process' records are on the disk.
  func synchronize() throws(FileError) {
    let (writer, isNameSafe) = writing.locked { (self.writer, self.isNameSafe) }
    guard let writer else { return }
    try writer.synchronize()
    if !isNameSafe {
      try fileSystem.synchronizeFolder(layout.segments)
      writing.locked { if self.writer === writer { self.isNameSafe = true } }
    }
  }

  private func abandon(_ items: [Item], _ error: FileError) {
    remember(error)
    for item in items {
      for object in item.fresh { try? fileSystem.remove(object.temporary) }
      end(item)
    }
  }

  private func end(_ item: Item) {
    catalog.finish(item.entry, item.fresh)
    if item.lingers { locks.settle(item.entry.key) }
  }

  private func remember(_ error: FileError) {
    monitor.locked { if failure == nil { failure = error } }
  }
}
