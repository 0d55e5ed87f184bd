import Artifacts
import Diagnostics
import Foundation
import Store
import StoreTestSupport
import Testing

/// A store keeps below its limit and never gives up what anybody uses.
@Suite struct LimitTests {
  /// Puts results of about 11 kB each; the higher the number the more they save.
  private func fill(_ path: String, _ numbers: [Int]) throws {
    // This one waits for no disk.
    let store = try Store(at: path, fileSystem: FaultyFileSystem())
    for number in numbers { try Sample.put(number, into: store, seconds: Double(number)) }
    try store.flush()
  }

  private func present(_ numbers: [Int], in store: Store) -> [Int] {
    store.refresh()
    return numbers.filter { store.entry(for: Sample.key($0)) != nil }
  }

  private func bytes(_ folder: TemporaryFolder, _ part: String) -> Int {
    folder.files(in: part).reduce(0) { $0 + folder.read($1).count }
  }

  @Test func givesUpWhatNobodyUsesWhileOthersRun() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, [1, 3, 5, 7, 9])
    let other = try Store(at: folder.path)
    other.use([1, 5, 11].map(Sample.key))
    #expect(Sample.isGood(5, in: other))
    let store = try Store(at: folder.path)
    let report = try store.collect(limit: 0)
    #expect(report.evictedEntries == 3 && report.removedObjects == 3 && !report.isPartial)
    #expect(folder.files(in: "objects").count == 3)  // two, and the sum
    #expect(Sample.isGood(1, in: other) && Sample.isGood(5, in: other))
    #expect(present([3, 7, 9], in: other) == [])
    #expect(store.verify().isClean)
  }

  @Test func whoHasAnnouncedNothingMayUseEverything() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, [1, 3])
    let (store, other) = (try Store(at: folder.path), try Store(at: folder.path))
    let report = try store.collect(limit: 0)
    #expect(report.isPartial && report.evictedEntries == 0)
    #expect(try store.keepBelow(0)?.isPartial == true)
    #expect(present([1, 3], in: other) == [1, 3])
  }

  @Test func whatIsUsedBesidesIsAnnouncedByItself() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, [1, 3, 5, 7])
    let other = try Store(at: folder.path)
    other.use([])
    #expect(other.entry(for: Sample.key(5)) != nil)
    try Sample.put(9, into: other)
    try other.flush()
    let store = try Store(at: folder.path)
    _ = try store.collect(limit: 0)
    // The other's index still shows what has just gone: a look at it brings the truth.
    #expect([1, 3, 5, 7, 9].filter { other.entry(for: Sample.key($0)) != nil } == [5, 9])
    #expect(Sample.isGood(5, in: other) && Sample.isGood(9, in: other))
    // The bytes of number 7 are gone, too: they are written again.
    try other.put(
      Sample.key(70), outputs: [("out", Sample.artifact(7))], components: .null, seconds: 1, stage: "s")
    try other.flush()
    _ = try store.collect(limit: 0)
    let output = try #require(other.entry(for: Sample.key(70))?["out"])
    #expect(try other.load(output).digest == Sample.digests[7])
    #expect(store.verify().isClean)
  }

  @Test func aLinkThatIsUsedUsesItsTarget() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, [1, 3, 5])
    let other = try Store(at: folder.path)
    for (number, target) in [(20, 1), (22, 3)] {
      try other.link(
        Sample.key(number), to: Sample.key(target), as: .sameBytes, components: .null, stage: "s")
    }
    try other.flush()
    other.endUse()
    other.use([Sample.key(20)])
    let store = try Store(at: folder.path)
    #expect(try store.collect(limit: 0).evictedEntries == 2)
    #expect(present([1, 20, 3, 22, 5], in: other) == [1, 20])
  }

  @Test func whatADeadProcessUsedMayGo() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, [1, 3])
    let dead = FaultyFileSystem()
    do {
      let store = try Store(at: folder.path, fileSystem: dead)
      store.use([Sample.key(1)])
      // It dies without clearing up.
      dead.set(.always("remove", code: 5))
    }
    #expect(folder.files(in: "temporary/uses-").count == 1)
    let store = try Store(at: folder.path)
    #expect(try store.collect(limit: 0).evictedEntries == 2)
    #expect(folder.files(in: "temporary").isEmpty)
  }

  @Test func usesEndWithARun() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    store.use([1, 3].map(Sample.key))
    for number in [1, 3] { try Sample.put(number, into: store) }
    #expect(try store.keepBelow(1000)?.evictedEntries == 0)
    store.endUse()
    #expect(folder.files(in: "temporary").isEmpty)
    let report = try #require(try store.keepBelow(1000))
    #expect(report.evictedEntries == 2 && report.remainingBytes < 2000)
    #expect(bytes(folder, "objects") < 100)
  }

  @Test func keepsBelowWhileItRuns() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, Array(stride(from: 1, to: 60, by: 2)))
    let store = try Store(at: folder.path)
    let limit = 350_000
    #expect(try store.keepBelow(limit) == nil)
    for number in stride(from: 101, to: 151, by: 2) {
      try Sample.put(number, into: store, seconds: 1)
      try store.flush()
      #expect(bytes(folder, "objects") + bytes(folder, "segments") < limit + limit / 8)
    }
    #expect(present(Array(stride(from: 101, to: 151, by: 2)), in: store).count == 25)
    // What saved least went first.
    let left = present(Array(stride(from: 1, to: 60, by: 2)), in: try Store(at: folder.path, readOnly: true))
    #expect(left.suffix(4) == [53, 55, 57, 59] && left.count < 20 && !left.contains { $0 < 20 })
    #expect(try Store(at: folder.path).verify().isClean)
  }

  @Test func knowsItsSizeWithoutLookingAtEveryObject() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, Array(0..<40))
    let fileSystem = FaultyFileSystem()
    let store = try Store(at: folder.path, fileSystem: fileSystem)
    #expect(try store.keepBelow(1_000_000) == nil)
    for number in 41..<60 { try Sample.put(number, into: store) }
    try store.flush()
    let before = fileSystem.looks
    #expect(try store.keepBelow(1_000_000) == nil)
    #expect(fileSystem.looks["list"] == before["list"])
    #expect(fileSystem.looks.values.reduce(0, +) <= before.values.reduce(0, +) + 4)
    // The sum is that of the files, and a damaged one is counted afresh.
    let sum = bytes(folder, "objects") - 24
    func stored() -> Int { folder.read("objects/total")[8..<16].reversed().reduce(0) { $0 << 8 + Int($1) } }
    #expect(stored() == sum)
    var bad = folder.read("objects/total")
    bad[9] ^= 1
    try folder.write("objects/total", bad)
    #expect(try store.keepBelow(1_000_000) == nil)
    #expect(stored() == sum)
    #expect(Store.pathsAreClean(folder))
  }

  @Test func takesDeathAtEveryOperation() throws {
    func work(_ path: String, _ fileSystem: FaultyFileSystem) throws {
      let store = try Store(at: path, fileSystem: fileSystem)
      store.use([1, 9].map(Sample.key))
      try Sample.put(9, into: store)
      try Sample.put(11, into: store)
      try store.flush()
      try store.pin([Sample.key(3)], name: "kept")
      try store.keepBelow(30_000)
      store.endUse()
      _ = try store.collect(limit: 25_000)
    }
    func prepared() throws -> TemporaryFolder {
      let folder = TemporaryFolder()
      try fill(folder.path, [1, 3, 5, 7])
      let store = try Store(at: folder.path, fileSystem: FaultyFileSystem())
      try store.keepBelow(1_000_000)
      return folder
    }
    let fileSystem = FaultyFileSystem()
    try work(try prepared().path, fileSystem)
    for at in 1...fileSystem.count {
      for fault in [FaultyFileSystem.Fault.crash(at: at), .failure(at: at, code: 28)] {
        let folder = try prepared()
        try? work(folder.path, FaultyFileSystem(fault))
        let store = try Store(at: folder.path, fileSystem: FaultyFileSystem())
        #expect(store.verify().problems == [], "\(fault)")
        if store.pins().count == 1 { #expect(Sample.isGood(3, in: store), "\(fault)") }
        let report = try store.collect(limit: 30_000)
        #expect(report.remainingBytes <= 30_000 && !report.isPartial, "\(fault)")
        #expect(store.verify().problems == [] && Store.pathsAreClean(folder), "\(fault)")
      }
    }
  }
}

extension Store {
  /// Whether no temporary file is left but for those of a store that was never finished.
  static func pathsAreClean(_ folder: TemporaryFolder) -> Bool {
    folder.files(in: "temporary").allSatisfy { $0.hasPrefix("temporary/format") }
  }
}

/// Results that are never given up.
@Suite struct PinTests {
  @Test func pinnedResultsStay() throws {
    let folder = TemporaryFolder()
    do {
      let store = try Store(at: folder.path, clock: { 17 })
      for number in [1, 3, 5] { try Sample.put(number, into: store) }
      try store.link(Sample.key(20), to: Sample.key(5), as: .sameBytes, components: .null, stage: "s")
      try store.pin([Sample.key(3), Sample.key(99)], name: "paper")
      try store.pin([Sample.key(1)], name: "draft")
      try store.pin([Sample.key(20)], name: "draft")
      _ = try store.collect()
    }
    let store = try Store(at: folder.path)
    #expect(store.pins().map(\.name) == ["draft", "paper"])
    #expect(store.pins().map(\.keys) == [[Sample.key(20)], [Sample.key(3), Sample.key(99)]])
    #expect(store.pins().map(\.date) == [17, 17])
    #expect(try store.collect(limit: 0).evictedEntries == 1)
    #expect(Sample.isGood(3, in: store) && Sample.isGood(5, in: store))
    #expect(store.entry(for: Sample.key(1)) == nil)
    #expect(try !store.unpin("nothing"))
    #expect(try store.unpin("paper"))
    #expect(try Store(at: folder.path).pins().map(\.name) == ["draft"])
    store.endUse()
    #expect(try store.collect(limit: 0).evictedEntries == 1)
    #expect(store.entry(for: Sample.key(3)) == nil && Sample.isGood(5, in: store))
  }

  @Test func aReadOnlyStorePinsNothing() throws {
    let folder = TemporaryFolder()
    _ = try Store(at: folder.path)
    let store = try Store(at: folder.path, readOnly: true)
    let error = #expect(throws: Diagnostic.self) { try store.pin([], name: "paper") }
    #expect(error?.code == .notWritable)
    #expect(store.pins().isEmpty)
  }
}
