import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import Store
import StoreTestSupport
import Testing

@Suite struct StoreTests {
  @Test func returnsWhatWasPut() throws {
    let folder = TemporaryFolder()
    let first = try Store(at: folder.path + "/a/b")
    let entry = try first.put(
      Sample.key(1), outputs: [("small", Sample.artifact(2)), ("large", Sample.artifact(3))],
      components: .object(["gamma": .number(0.5)]), seconds: 2.5, stage: "pca")
    func check(_ store: Store) throws {
      let found = try #require(store.entry(for: Sample.key(1)))
      #expect(found.stage == "pca" && found.seconds == 2.5 && found.date == entry.date)
      #expect(found.components == .object(["gamma": .number(0.5)]))
      #expect(found.outputs.map(\.port) == ["small", "large"])
      #expect(try store.load(try #require(found["large"])).digest == Sample.artifact(3).digest)
      #expect(try store.load(try #require(found["small"])).digest == Sample.artifact(2).digest)
      #expect(store.entry(for: Sample.key(2)) == nil)
      #expect(store.verify().isClean)
    }
    try check(first)
    try first.flush()
    try check(try Store(at: first.path))
    #expect(folder.files(in: "a/b/objects").count == 1)
    #expect(folder.files(in: "a/b/temporary").isEmpty)
  }

  @Test func canBeReadBeforeItIsOnTheDisk() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    for number in 0..<50 {
      try Sample.put(number, into: store)
      #expect(Sample.isGood(number, in: store))
    }
  }

  /// Opening looks at the head of the snapshot, however many records are in it.
  @Test func opensALargeStoreAsQuicklyAsASmallOne() throws {
    var costs: [[Int]] = []
    for count in [10, 20_000] {
      let folder = TemporaryFolder()
      do {
        let store = try Store(at: folder.path, fileSystem: FaultyFileSystem())
        store.remember((0..<count).map { (Sample.key($0), [1, 2, 3]) })
        _ = try store.collect()
      }
      let fileSystem = FaultyFileSystem()
      let store = try Store(at: folder.path, fileSystem: fileSystem)
      costs.append([fileSystem.count, fileSystem.readingCount, fileSystem.bytesRead])
      #expect(store.note(for: Sample.key(count - 1)) == [1, 2, 3])
    }
    #expect(costs[0] == costs[1] && costs[0][2] < 1000)
  }

  @Test func keepsEqualResultsOnce() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    for key in 0..<3 {
      try store.put(
        Sample.key(key), outputs: [("out", Sample.artifact(1))], components: .null, seconds: 1, stage: "s")
    }
    try store.flush()
    #expect(folder.files(in: "objects").count == 1)
    #expect(try Store(at: folder.path).statistics().entries == 3)
  }

  /// What is larger than a piece is written by many threads while it is compressed.
  @Test(arguments: [1, 3]) func keepsLargeResults(threads: Int) throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    let pool = WorkerPool(threads: threads)
    defer { pool.shutdown() }
    var stream = RandomStream(seed: 3)
    let block = (0..<1000).map { _ in UInt32(truncatingIfNeeded: stream.next()) & 0xBFFF_FFFF }
    func features(_ mask: UInt32) -> EncodedArtifact {
      // No stretch of a piece's length repeats.
      let matrix = Matrix<Float>(rows: 1, columns: 1_310_001) { target in
        for index in target.indices {
          target[index] = Float(
            bitPattern: (block[index % 1000] ^ UInt32(index * 2_654_435 & 0x3FFF_FFFF)) & mask)
        }
      }
      return Features(matrix).encoded
    }
    let halves = features(0xBFFF_0000)
    let noise = features(0xBFFF_FFFF)
    let outputs = [(port: "halves", artifact: halves), (port: "noise", artifact: noise)]
    for key in [1, 2] {
      _ = try pool.run {
        try store.put(Sample.key(key), outputs: outputs, components: .null, seconds: 1, stage: "s")
      }
      try store.flush()
    }
    #expect(folder.files(in: "objects").count == 2 && folder.files(in: "temporary").isEmpty)
    let again = try Store(at: folder.path)
    for output in try #require(again.entry(for: Sample.key(2))).outputs {
      let loaded = try pool.run { try again.load(output) }
      #expect(loaded.digest == outputs.first { $0.port == output.port }?.artifact.digest)
    }
    #expect(again.verify().isClean)
  }

  @Test func leavesNothingOfALargeResultThatFindsNoSpace() throws {
    let folder = TemporaryFolder()
    let fileSystem = FaultyFileSystem()
    let store = try Store(at: folder.path, fileSystem: fileSystem)
    try Sample.put(1, into: store)
    let large = Features(Matrix<Float>(rows: 1000, columns: 1000, repeating: 1)).encoded
    for at in 1...7 {
      try store.flush()
      fileSystem.set(.failure(at: fileSystem.count + at, code: 28))
      let error = #expect(throws: Diagnostic.self) {
        try store.put(Sample.key(5), outputs: [("out", large)], components: .null, seconds: 1, stage: "s")
        try store.flush()
      }
      #expect(error?.code == .noSpace, "\(at)")
      #expect(folder.files(in: "temporary").isEmpty && store.entry(for: Sample.key(5)) == nil, "\(at)")
    }
    #expect(Sample.isGood(1, in: store) && store.verify().isClean)
  }

  @Test func showsItsRecordsToOthers() throws {
    let folder = TemporaryFolder()
    let (one, two) = (try Store(at: folder.path), try Store(at: folder.path))
    try Sample.put(1, into: one)
    try Sample.put(2, into: two)
    try one.flush()
    two.refresh()
    one.refresh()
    #expect(Sample.isGood(1, in: two) && Sample.isGood(2, in: one))
    one.forget(Sample.key(1))
    two.refresh()
    #expect(two.entry(for: Sample.key(1)) == nil)
    try Sample.put(1, into: two)
    try two.flush()
    one.refresh()
    #expect(Sample.isGood(1, in: one))
  }

  @Test func letsOneComputeAndTheOtherTakeTheResult() throws {
    let folder = TemporaryFolder()
    let stores = [try Store(at: folder.path), try Store(at: folder.path)]
    let computed = Counter()
    DispatchQueue.concurrentPerform(iterations: 6) { worker in
      let store = stores[worker % 2]
      for number in 0..<20 {
        store.withLock(on: Sample.key(number)) {
          if store.entry(for: Sample.key(number)) != nil { return }
          computed.add()
          _ = try? Sample.put(number, into: store)
        }
      }
    }
    #expect(computed.value == 20)
    for number in 0..<20 { #expect(Sample.isGood(number, in: stores[0])) }
  }

  @Test func triesALockWithoutWaiting() throws {
    let folder = TemporaryFolder()
    let (one, two) = (try Store(at: folder.path), try Store(at: folder.path))
    one.withLock(on: Sample.key(1)) {
      #expect(two.tryLock(on: Sample.key(1)) { true } == nil)
      #expect(one.tryLock(on: Sample.key(1)) { true } == nil)
      #expect(two.tryLock(on: Sample.key(2)) { true } == true)
    }
    #expect(two.tryLock(on: Sample.key(1)) { true } == true)
  }

  @Test func remembersInputsThatAreSettled() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path, clock: { 10_000_000_000 })
    func identity(_ modified: Int64, changed: Int64 = 0, _ selection: [String] = ["a"]) -> InputIdentity {
      let status = FileStatus(device: 1, inode: 2, size: 3, modified: modified, changed: changed)
      return InputIdentity(status: status, selection: selection)
    }
    let digest = Digest(of: [1])
    for time in [Int64(7_000_000_000), 8_500_000_000, 11_000_000_000] {
      store.remember(digest, for: identity(time))
    }
    store.remember(digest, for: identity(1, changed: 9_900_000_000))
    try store.flush()
    let again = try Store(at: folder.path)
    #expect(again.inputDigest(for: identity(7_000_000_000)) == digest)
    #expect(again.inputDigest(for: identity(7_000_000_000, ["b"])) == nil)
    #expect(again.inputDigest(for: identity(8_500_000_000)) == nil)
    #expect(again.inputDigest(for: identity(11_000_000_000)) == nil)
    #expect(again.inputDigest(for: identity(1, changed: 9_900_000_000)) == nil)
    #expect(again.statistics().entries == 0)
  }

  @Test func doesNotMindAClockThatGoesBackwards() throws {
    let folder = TemporaryFolder()
    for time in [Int64(5), 3, 1] {
      let store = try Store(at: folder.path, clock: { time })
      store.forget(Sample.key(1))
      try store.put(
        Sample.key(1), outputs: [("out", Measurement(Double(time)).encoded)], components: .null, seconds: 1,
        stage: "s")
      try store.flush()
    }
    let store = try Store(at: folder.path)
    let entry = try #require(store.entry(for: Sample.key(1)))
    #expect(try Measurement(try store.load(entry.outputs[0])) == Measurement(1))
  }

  @Test func readsAStoreThatMayNotBeWritten() throws {
    let folder = TemporaryFolder()
    do {
      let store = try Store(at: folder.path)
      for number in 0..<4 { try Sample.put(number, into: store) }
      try store.flush()
    }
    let store = try Store(at: folder.path, fileSystem: FaultyFileSystem(.always("open", code: 13)))
    #expect(store.isReadOnly)
    for number in 0..<4 { #expect(Sample.isGood(number, in: store)) }
    do {
      try Sample.put(9, into: store)
      Issue.record("was stored")
    } catch {
      #expect(
        "\(error)" == """
          error[notWritable]: the store may not be written
            file: \(folder.path)
            hint: choose another place with --store, or ask the owner for permission
          """)
    }
  }
}

@Suite struct StoreFolderTests {
  private func message(_ path: String, readOnly: Bool = false) -> String {
    do {
      _ = try Store(at: path, readOnly: readOnly)
      return "none"
    } catch { return error.description }
  }

  @Test func refusesWhatIsNoStore() throws {
    let folder = TemporaryFolder()
    _ = FileManager.default.createFile(atPath: folder.path + "/thesis.tex", contents: Data())
    #expect(
      message(folder.path) == """
        error[storeUnusable]: the folder holds other things than a store
          folder: \(folder.path)
          found:  thesis.tex
          hint: choose an empty or new folder with --store
        """)
    #expect(
      message(folder.path + "/thesis.tex") == """
        error[storeUnusable]: the store cannot be used: cannot open (Not a directory)
          file: \(folder.path)/thesis.tex/format
        """)
    #expect(
      message(folder.path + "/new", readOnly: true) == """
        error[storeUnusable]: there is no store
          folder: \(folder.path)/new
        """)
  }

  @Test func refusesOtherVersions() throws {
    let folder = TemporaryFolder()
    #expect(message(folder.path) == "none")
    try folder.write("format", Array("pipe-store 7\n".utf8))
    #expect(
      message(folder.path) == """
        error[storeUnusable]: the store is of version 7, this program knows version 1
          folder: \(folder.path)
          hint: use the newer program, or choose another place with --store
        """)
    try folder.write("format", Array("pipe-stork".utf8))
    #expect(
      message(folder.path) == """
        error[storeUnusable]: the store's file `format` is damaged
          file: \(folder.path)/format
          hint: it should hold `pipe-store 1`; remove it and the store is taken up again
        """)
    try FileManager.default.removeItem(atPath: folder.path + "/format")
    #expect(message(folder.path) == "none")
  }
}
