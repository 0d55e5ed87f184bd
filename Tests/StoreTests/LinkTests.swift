import Artifacts
import Diagnostics
import Foundation
import Store
import Testing

/// Keys that are other names for results.
@Suite struct LinkTests {
  @discardableResult
  private func link(_ number: Int, to target: Int, in store: Store, _ reason: Entry.Link.Reason = .sameBytes)
    throws -> Entry?
  {
    try store.link(
      Sample.key(number), to: Sample.key(target), as: reason, components: .object(["link": .integer(number)]),
      stage: "linked")
  }

  /// Whether the entry of a number shows the result of another.
  private func shows(_ number: Int, _ target: Int, in store: Store) -> Bool {
    guard let entry = store.entry(for: Sample.key(number)), let output = entry["out"] else { return false }
    return entry.link?.target == Sample.key(target)
      && (try? store.load(output))?.digest == Sample.artifact(target).digest
  }

  @Test func aLinkShowsTheTargetsResultUnderItsOwnName() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    #expect(try link(8, to: 1, in: store) == nil)
    try Sample.put(1, into: store, seconds: 2.5)
    let made = try #require(try link(8, to: 1, in: store, .accepted))
    try store.flush()
    let entry = try #require(try Store(at: folder.path).entry(for: Sample.key(8)))
    for entry in [made, entry] {
      #expect(entry.key == Sample.key(8) && entry.stage == "linked" && entry.seconds == 2.5)
      #expect(entry.components == .object(["link": .integer(8)]))
      #expect(entry.link == Entry.Link(target: Sample.key(1), reason: .accepted))
      #expect(entry.outputs.map(\.key) == [Sample.key(1)])
    }
    #expect(shows(8, 1, in: store) && Sample.isGood(1, in: store))
    #expect(store.entry(for: Sample.key(1))?.link == nil)
    #expect(store.canonical(Sample.key(8)) == Sample.key(1))
    #expect(store.canonical(Sample.key(1)) == Sample.key(1))
    #expect(store.canonical(Sample.key(5)) == Sample.key(5))
    #expect(store.statistics().entries == 1 && store.statistics().links == 1)
  }

  @Test func linksToLinksLeadToTheResult() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    try Sample.put(1, into: store)
    try link(8, to: 1, in: store)
    try link(9, to: 8, in: store)
    store.forget(Sample.key(8))
    #expect(shows(9, 1, in: store))
    #expect(store.canonical(Sample.key(9)) == Sample.key(1))
    // A target that becomes a link itself leads on; a key never leads to itself.
    try store.put(
      Sample.key(3), outputs: [("out", Sample.artifact(1))], components: .null, seconds: 1, stage: "s")
    store.forget(Sample.key(1))
    #expect(store.entry(for: Sample.key(9)) == nil)
    try link(1, to: 3, in: store)
    #expect(store.canonical(Sample.key(9)) == Sample.key(3))
    #expect(store.entry(for: Sample.key(9))?.link?.target == Sample.key(3))
    try link(3, to: 9, in: store)
    #expect(store.entry(for: Sample.key(3))?.link == nil)
  }

  @Test func circlesLeadNowhere() throws {
    let folder = TemporaryFolder()
    let (one, two) = (try Store(at: folder.path), try Store(at: folder.path))
    for number in [1, 3] {
      try one.put(
        Sample.key(number), outputs: [("out", Sample.artifact(1))], components: .null, seconds: 1, stage: "s")
    }
    try one.flush()
    two.refresh()
    // Neither sees the other's link when it makes its own.
    try link(1, to: 3, in: one)
    try link(3, to: 1, in: two)
    one.refresh()
    for number in [1, 3] {
      #expect(one.entry(for: Sample.key(number)) == nil)
      _ = one.canonical(Sample.key(number))
    }
    try Sample.put(1, into: one)
    #expect(shows(3, 1, in: one))
  }

  @Test func aLinkDiesWithItsTarget() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    try Sample.put(1, into: store)
    try link(8, to: 1, in: store)
    store.forget(Sample.key(1))
    #expect(store.entry(for: Sample.key(8)) == nil)
    #expect(store.canonical(Sample.key(8)) == Sample.key(1))
    #expect(try link(9, to: 8, in: store) == nil)
    // The same bytes again bring it back, others do not.
    try Sample.put(1, into: store)
    #expect(shows(8, 1, in: store))
    try store.put(
      Sample.key(1), outputs: [("out", Sample.artifact(5))], components: .null, seconds: 1, stage: "s")
    #expect(store.entry(for: Sample.key(8)) == nil)
    #expect(store.canonical(Sample.key(8)) == Sample.key(8))
  }

  @Test func aResultOfItsOwnReplacesALink() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    try Sample.put(1, into: store)
    try link(3, to: 1, in: store)
    try Sample.put(3, into: store)
    try store.flush()
    for store in [store, try Store(at: folder.path)] {
      #expect(Sample.isGood(3, in: store) && store.entry(for: Sample.key(3))?.link == nil)
      #expect(store.canonical(Sample.key(3)) == Sample.key(3))
    }
  }

  @Test func aDamagedObjectTakesTheLinkWithIt() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    try Sample.put(1, into: store)
    try link(8, to: 1, in: store)
    try store.flush()
    let name = try #require(folder.files(in: "objects").first)
    var bytes = folder.read(name)
    bytes[3000] ^= 1
    try folder.write(name, bytes)
    let output = try #require(store.entry(for: Sample.key(8))?["out"])
    #expect(throws: Diagnostic.self) { try store.load(output) }
    for number in [1, 8] { #expect(store.entry(for: Sample.key(number)) == nil) }
    #expect(store.verify().isClean)
  }

  @Test func cleaningUpKeepsLinksAsLongAsTheirTargets() throws {
    let folder = TemporaryFolder()
    do {
      let store = try Store(at: folder.path)
      for number in [1, 3, 5] { try Sample.put(number, into: store, seconds: Double(number)) }
      try link(8, to: 1, in: store)
      try link(9, to: 5, in: store)
      try link(10, to: 3, in: store)
      _ = try store.collect()
      #expect(folder.files(in: "segments").isEmpty)
      #expect(shows(8, 1, in: store) && shows(9, 5, in: store) && shows(10, 3, in: store))
    }
    let store = try Store(at: folder.path)
    // Who uses a link uses its target: so 3 goes, though 1 saves less.
    #expect(shows(8, 1, in: store))
    #expect(try store.collect(limit: 22_000).evictedEntries == 1)
    #expect(store.entry(for: Sample.key(10)) == nil && store.entry(for: Sample.key(3)) == nil)
    #expect(shows(8, 1, in: store) && shows(9, 5, in: store))
    #expect(store.canonical(Sample.key(10)) == Sample.key(10))
    #expect(store.statistics().links == 2 && store.verify().isClean)
  }

  @Test func linksStandInASnapshotBesideLivingSegments() throws {
    let folder = TemporaryFolder()
    let other = try Store(at: folder.path)
    try Sample.put(1, into: other)
    try other.flush()
    do {
      let store = try Store(at: folder.path)
      try link(8, to: 1, in: store)
      try store.flush()
    }
    // The target stands in a segment that goes on, the link in one that is merged.
    let store = try Store(at: folder.path)
    #expect(try store.collect().isPartial)
    #expect(folder.files(in: "segments").count == 1)
    for store in [store, try Store(at: folder.path)] { #expect(shows(8, 1, in: store)) }
    withExtendedLifetime(other) {}
  }

  @Test func anOldProgramsStoreTakesLinks() throws {
    let folder = TemporaryFolder()
    do {
      let store = try Store(at: folder.path)
      for number in 0..<4 { try Sample.put(number, into: store) }
      _ = try store.collect()
      try Sample.put(5, into: store)
      try store.flush()
    }
    let store = try Store(at: folder.path)
    try link(8, to: 1, in: store)
    try link(9, to: 5, in: store)
    try store.flush()
    #expect(shows(8, 1, in: store) && shows(9, 5, in: store) && store.verify().entries == 5)
  }

  @Test func aReadOnlyStoreFollowsLinksAndMakesNone() throws {
    let folder = TemporaryFolder()
    do {
      let store = try Store(at: folder.path)
      try Sample.put(1, into: store)
      try link(8, to: 1, in: store)
      try store.flush()
    }
    let store = try Store(at: folder.path, readOnly: true)
    #expect(shows(8, 1, in: store))
    let error = #expect(throws: Diagnostic.self) { try link(9, to: 1, in: store) }
    #expect(error?.code == .notWritable)
  }

  @Test func saysWhetherAnotherHasTheStoreOpen() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    #expect(!store.isShared)
    do {
      let other = try Store(at: folder.path, readOnly: true)
      #expect(store.isShared && other.isShared)
    }
    #expect(!store.isShared)
  }
}
