import Artifacts
import Diagnostics
import Foundation
import Store
import StoreTestSupport
import Testing

/// Small things that outlive the process.
@Suite struct NoteTests {
  private static let day: Int64 = 86_400 * 1_000_000_000
  private static let now: Int64 = 20_000 * day

  private func remember(_ numbers: [Int], _ text: String, in store: Store, about: Int? = nil) {
    store.remember(
      numbers.map { (Sample.key($0), Array("\(text) \($0)".utf8)) }, about: about.map { Sample.key($0) })
  }

  private func note(_ number: Int, in store: Store) -> String? {
    store.note(for: Sample.key(number)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func theLatestNoteCounts() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    let other = try Store(at: folder.path)
    #expect(store.note(for: Sample.key(1)) == nil)
    remember([1, 2, 1], "first", in: store)
    remember([2], "second", in: store)
    remember([], "none", in: store)
    store.remember([(Sample.key(3), [])])
    try store.flush()
    other.refresh()
    for store in [store, other, try Store(at: folder.path)] {
      #expect([1, 2, 4].map { note($0, in: store) } == ["first 1", "second 2", nil])
      #expect(store.note(for: Sample.key(3)) == [])
    }
    remember([1], "third", in: other)
    store.refresh()
    #expect(note(1, in: store) == "third 1")
  }

  @Test func aBatchIsOneWrite() throws {
    let folder = TemporaryFolder()
    let fileSystem = FaultyFileSystem()
    let store = try Store(at: folder.path, fileSystem: fileSystem)
    remember([0], "open", in: store)
    try store.flush()
    let before = fileSystem.history.count { $0.hasPrefix("write") }
    remember(Array(0..<1000), "batch", in: store)
    #expect(fileSystem.history.count { $0.hasPrefix("write") } == before + 1)
  }

  @Test func notesAndResultsMayHaveTheSameKey() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    try Sample.put(1, into: store)
    remember([1], "note", in: store)
    try store.flush()
    for store in [store, try Store(at: folder.path)] {
      #expect(note(1, in: store) == "note 1" && Sample.isGood(1, in: store))
      #expect(store.statistics().entries == 1 && store.verify().isClean)
    }
    store.forget(Sample.key(1))
    #expect(note(1, in: store) == "note 1")
  }

  @Test func notesAboutAResultGoWithIt() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    for number in [1, 3] { try Sample.put(number, into: store) }
    try store.link(Sample.key(8), to: Sample.key(3), as: .sameBytes, components: .null, stage: "s")
    for number in [1, 3, 8] { remember([number], "note", in: store, about: number) }
    remember([5], "note", in: store)
    store.forget(Sample.key(1))
    _ = try store.collect()
    #expect([1, 3, 8, 5].map { note($0, in: store) } == [nil, "note 3", "note 8", "note 5"])
    store.forget(Sample.key(3))
    _ = try store.collect()
    #expect([3, 8, 5].map { note($0, in: store) } == [nil, nil, "note 5"])
  }

  @Test func notesAboutNothingGoAfterNinetyDays() throws {
    let folder = TemporaryFolder()
    for (number, age) in [(1, 89), (2, 91), (3, 0), (4, -5000)] {
      let store = try Store(at: folder.path, clock: { Self.now - Int64(age) * Self.day })
      // In the order of their age, which they are not written in: the oldest come first here.
      remember([number], "note", in: store)
      try store.flush()
    }
    let store = try Store(at: folder.path, clock: { Self.now })
    _ = try store.collect()
    #expect([1, 2, 3, 4].map { note($0, in: store) } == ["note 1", "note 2", "note 3", "note 4"])
    // Number 2 was noted after number 1, whatever its date says; without number 1 it is just old.
    let second = TemporaryFolder()
    for (number, age) in [(2, 91), (1, 89), (3, 0)] {
      let store = try Store(at: second.path, clock: { Self.now - Int64(age) * Self.day })
      remember([number], "note", in: store)
      try store.flush()
    }
    let other = try Store(at: second.path, clock: { Self.now })
    _ = try other.collect()
    #expect([2, 1, 3].map { note($0, in: other) } == [nil, "note 1", "note 3"])
  }

  @Test func aClockThatWentBackwardsLosesNoFreshNotes() throws {
    let folder = TemporaryFolder()
    do {
      let store = try Store(at: folder.path, clock: { Self.now })
      try Sample.put(1, into: store)
      try store.flush()
    }
    do {
      // The battery of the clock is empty: it is 1970.
      let store = try Store(at: folder.path, clock: { 5 })
      remember([1], "note", in: store)
      _ = try store.collect()
    }
    for time in [Self.now + Self.day, Int64.max, Int64.min] {
      let store = try Store(at: folder.path, clock: { time })
      if time == Self.now + Self.day { _ = try store.collect() }
      #expect(note(1, in: store) == "note 1")
    }
  }

  @Test func aReadOnlyStoreNotesNothing() throws {
    let folder = TemporaryFolder()
    do {
      let store = try Store(at: folder.path)
      remember([1], "note", in: store)
      try store.flush()
    }
    let files = folder.files()
    let store = try Store(at: folder.path, readOnly: true)
    remember([1, 2], "other", in: store)
    #expect(note(1, in: store) == "note 1" && note(2, in: store) == nil)
    #expect(folder.files() == files)
  }

  @Test func aFullDiskCostsNotesOnly() throws {
    let folder = TemporaryFolder()
    let fileSystem = FaultyFileSystem()
    let store = try Store(at: folder.path, fileSystem: fileSystem)
    try Sample.put(1, into: store)
    try store.flush()
    fileSystem.set(.always("write", code: 28))
    remember([1], "note", in: store)
    #expect(note(1, in: store) == nil)
    fileSystem.set(.none)
    remember([2], "note", in: store)
    try store.flush()
    let again = try Store(at: folder.path)
    #expect(note(2, in: again) == "note 2" && Sample.isGood(1, in: again) && again.verify().isClean)
  }
}

/// Links and notes survive what results survive.
@Suite struct LinkAndNoteFaultTests {
  private func work(at path: String, _ fileSystem: FaultyFileSystem) -> (isLinked: Bool, isNoted: Bool) {
    var done = (isLinked: false, isNoted: false)
    do throws(Diagnostic) {
      let store = try Store(at: path, fileSystem: fileSystem)
      for number in [1, 2] { _ = try? Sample.put(number, into: store) }
      let link = try store.link(
        Sample.key(8), to: Sample.key(1), as: .sameBytes, components: .null, stage: "s")
      store.remember([(Sample.key(1), [1]), (Sample.key(2), [2])], about: Sample.key(2))
      try store.flush()
      done = (link != nil && store.entry(for: Sample.key(8)) != nil, store.note(for: Sample.key(2)) != nil)
      _ = try store.collect()
      store.remember([(Sample.key(2), [3])], about: Sample.key(2))
      try store.flush()
    } catch {}
    return done
  }

  private func operations() -> Int {
    let fileSystem = FaultyFileSystem()
    let folder = TemporaryFolder()
    let done = work(at: folder.path, fileSystem)
    #expect(done.isLinked && done.isNoted)
    return fileSystem.count
  }

  @Test(arguments: [FaultyFileSystem.Fault.crash(at: 0), .failure(at: 0, code: 28)])
  func surviveAFaultAtEveryOperation(fault: FaultyFileSystem.Fault) throws {
    for at in 1...operations() {
      let folder = TemporaryFolder()
      let fault: FaultyFileSystem.Fault =
        if case .crash = fault { .crash(at: at) } else { .failure(at: at, code: 28) }
      let done = work(at: folder.path + "/s", FaultyFileSystem(fault))
      let store = try Store(at: folder.path + "/s", fileSystem: FaultyFileSystem())
      #expect(store.verify().problems == [], "\(at)")
      let output = store.entry(for: Sample.key(8))?["out"]
      #expect(output != nil || !done.isLinked, "\(at)")
      if let output { #expect(try store.load(output).digest == Sample.artifact(1).digest, "\(at)") }
      if done.isNoted, store.entry(for: Sample.key(2)) != nil {
        #expect([[2], [3]].contains(store.note(for: Sample.key(2))), "\(at)")
      }
      _ = try store.collect()
      #expect((store.entry(for: Sample.key(8)) != nil) == (output != nil), "\(at)")
      #expect(store.verify().isClean, "\(at)")
    }
  }

  @Test func survivesAnyChangedByte() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    for number in [1, 2] { try Sample.put(number, into: store) }
    _ = try store.collect()
    try store.link(Sample.key(8), to: Sample.key(1), as: .accepted, components: .null, stage: "s")
    store.remember([(Sample.key(1), [1, 2, 3])])
    try store.flush()
    for name in folder.files() where name.hasPrefix("segments") || name == "snapshot" {
      let bytes = folder.read(name)
      for index in stride(from: 0, to: bytes.count, by: 2) {
        var bad = bytes
        bad[index] ^= UInt8(1 << (index % 8))
        try folder.write(name, bad)
        let other = try Store(at: folder.path, readOnly: true)
        if let output = other.entry(for: Sample.key(8))?["out"] {
          #expect(try other.load(output).digest == Sample.digests[1])
        }
        let note = other.note(for: Sample.key(1))
        #expect(note == nil || note == [1, 2, 3])
        #expect(name == "snapshot" || note != nil || other.entry(for: Sample.key(8)) != nil, "\(index)")
      }
      try folder.write(name, bytes)
    }
  }
}
