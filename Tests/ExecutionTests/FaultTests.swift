import Artifacts
import Diagnostics
import Execution
import Foundation
import LinearAlgebra
import Planning
import RunRecords
import StageKit
import Store
import StoreTestSupport
import Synchronization
import Testing

/// Whatever happens to a small run and its store: running again comes to the same results, and the store is whole.
@Suite(.timeLimit(.minutes(3))) struct FaultTests {
  private let bench: Bench
  private var expected = Digest(of: [])

  init() throws {
    var bench = try Bench()
    try bench.mix(size: 2000)
    try bench.mix([0], size: 3000)
    try bench.mix([1, 0], size: 1500, measured: true)
    try bench.mix([0], measured: true)
    try bench.weigh(1)
    self.bench = bench
    expected = try run("expected", FaultyFileSystem())
  }

  private func path(_ name: String) -> String { bench.folder.path + "/" + name }

  /// Runs the plan on the store of that name; returns what its manifest calls bit for bit the same.
  private func run(
    _ name: String, _ fileSystem: any FileSystem, keepsEverything: Bool = true, jobs: Int = 1,
    clock: @escaping @Sendable () -> Int64 = Store.systemClock
  ) throws -> Digest {
    let store = try Store(at: path(name), fileSystem: fileSystem, clock: clock)
    let report = try bench.run(jobs: jobs, store) { $0.keepsEverything = keepsEverything }
    #expect(report.failedCount == 0 && report.blockedCount == 0)
    return bench.manifest(report).deterministic.digest
  }

  /// Runs again as if nothing had been, twice: to the same results, at last without computing anything.
  private func checkRerun(_ name: String, _ comment: String) throws {
    #expect(try run(name, FaultyFileSystem()) == expected, "\(comment)")
    let store = try Store(at: path(name), fileSystem: FaultyFileSystem())
    #expect(store.verify().problems.filter { $0.code != .corruptRecord } == [], "\(comment)")
    _ = try store.collect()
    #expect(store.verify().problems == [], "\(comment)")
    bench.lab.forgetRuns()
    #expect(try run(name, FaultyFileSystem()) == expected, "\(comment)")
    #expect(bench.lab.runs.isEmpty, "\(comment)")
  }

  private func copy(_ name: String, to other: String) throws {
    try FileManager.default.copyItem(atPath: path(name), toPath: path(other))
  }

  @Test(arguments: [true, false]) func deathAtEveryOperation(keepsEverything: Bool) throws {
    let whole = FaultyFileSystem()
    #expect(try run("whole", whole, keepsEverything: keepsEverything) == expected)
    #expect(whole.count > 20)
    for at in 1...whole.count {
      let fileSystem = FaultyFileSystem(.crash(at: at))
      _ = try? run("crash\(at)", fileSystem, keepsEverything: keepsEverything)
      try checkRerun("crash\(at)", "\(at) \(fileSystem.history.dropFirst(at - 1).first ?? "")")
    }
  }

  @Test func aFullDiskAtEveryOperation() throws {
    let whole = FaultyFileSystem()
    #expect(try run("whole", whole) == expected)
    for at in 1...whole.count {
      do throws(any Error) {
        #expect(try run("full\(at)", FaultyFileSystem(.failure(at: at, code: 28))) == expected, "\(at)")
      } catch { #expect((error as? Diagnostic)?.code == .noSpace, "\(at)") }
      try checkRerun("full\(at)", "\(at)")
    }
  }

  @Test func errorsAtEveryRead() throws {
    #expect(try run("whole", FaultyFileSystem()) == expected)
    let reading = FaultyFileSystem()
    #expect(try run("whole", reading) == expected)
    #expect(reading.readingCount > 5)
    for at in 1...reading.readingCount {
      try copy("whole", to: "read\(at)")
      do throws(any Error) {
        #expect(try run("read\(at)", FaultyFileSystem(.readFailure(at: at, code: 5))) == expected, "\(at)")
      } catch {
        #expect([.storeUnusable, .notReadable].contains((error as? Diagnostic)?.code), "\(at): \(error)")
      }
      try checkRerun("read\(at)", "\(at)")
    }
  }

  @Test(arguments: 0..<40) func damageAnywhere(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed))
    #expect(try run("whole", FaultyFileSystem()) == expected)
    // Half of the stores have a snapshot, half only segments.
    if seed.isMultiple(of: 2) { _ = try Store(at: path("whole"), fileSystem: FaultyFileSystem()).collect() }
    let names = FileManager.default.enumerator(atPath: path("whole"))?.compactMap { $0 as? String } ?? []
    let files = names.sorted().filter { name in
      name == "snapshot" || name.hasSuffix(".segment") || (name.hasPrefix("objects/") && name.count > 60)
    }
    for _ in 0...random.below(4) {
      let file = path("whole") + "/" + files[random.below(files.count)]
      var bytes = [UInt8](FileManager.default.contents(atPath: file) ?? Data())
      guard !bytes.isEmpty else { continue }
      switch random.below(3) {
      case 0: bytes.removeLast(random.below(bytes.count))
      case 1: for _ in 0...random.below(100) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      default: bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
      }
      // In place, as a disk does it.
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: Data(bytes))
      try handle.close()
    }
    #expect(try run("whole", FaultyFileSystem()) == expected)
    // What no run needed may still be damaged: a check finds it and sets it aside.
    _ = try Store(at: path("whole"), fileSystem: FaultyFileSystem()).verify()
    #expect(try run("whole", FaultyFileSystem()) == expected)
    try checkRerun("whole", "\(seed)")
  }

  @Test func aClockThatGoesBackwards() throws {
    let time = Atomic<Int64>(2_000_000_000_000_000_000)
    for round in 0..<3 {
      bench.lab.forgetRuns()
      let digest = try run(
        "clock", FaultyFileSystem(),
        clock: { time.wrappingSubtract(86_400_000_000_000, ordering: .relaxed).newValue })
      #expect(digest == expected && bench.lab.runs.isEmpty == (round > 0))
    }
    try checkRerun("clock", "clock")
  }

  @Test func aCopyMadeDuringARun() throws {
    for node in 0..<5 { bench.lab.on(node) { (_) in Thread.sleep(forTimeInterval: 0.005) } }
    let isDone = Atomic<Bool>(false)
    let copies = Mutex(0)
    let folder = bench.folder.path
    let copier = Thread {
      var number = 0
      while number == 0 || (number < 12 && !isDone.load(ordering: .relaxed)) {
        // Files come and go under the copying; `cp` takes what it meets.
        let process = try? Process.run(
          URL(fileURLWithPath: "/bin/cp"), arguments: ["-r", folder + "/used", folder + "/copy\(number)"])
        process?.waitUntilExit()
        number += 1
        copies.withLock { $0 = number }
      }
      copies.withLock { $0 = -number }
    }
    // The store is there before the first copy is made.
    _ = try Store(at: path("used"), fileSystem: FaultyFileSystem())
    copier.start()
    #expect(try run("used", FaultyFileSystem()) == expected)
    isDone.store(true, ordering: .relaxed)
    while copies.withLock({ $0 >= 0 }) { usleep(1000) }
    for node in 0..<5 { bench.lab.on(node, nil) }
    let count = -copies.withLock { $0 }
    #expect(count > 0)
    for number in 0..<count { try checkRerun("copy\(number)", "copy \(number) of \(count)") }
  }

  @Test func aStoreThatMayOnlyBeReadStillHelps() throws {
    #expect(try run("whole", FaultyFileSystem()) == expected)
    bench.lab.forgetRuns()
    #expect(try run("whole", FaultyFileSystem(.always("open", code: 13))) == expected)
    #expect(bench.lab.runs.isEmpty)
  }

  /// Whatever the store holds beforehand, the results are the same.
  @Test(arguments: [0, 10_000, 20_000]) func aStoreThatGaveUpSomeResults(limit: Int) throws {
    #expect(try run("whole", FaultyFileSystem()) == expected)
    let report = try Store(at: path("whole"), fileSystem: FaultyFileSystem()).collect(limit: limit)
    #expect(report.evictedEntries > 0)
    try checkRerun("whole", "\(limit)")
  }

  @Test func aRunInAStoreThatIsTooSmall() throws {
    let store = try Store(at: path("small"), fileSystem: FaultyFileSystem())
    store.use(bench.plan.nodes.map(\.key))
    try store.keepBelow(1000)
    #expect(try bench.manifest(bench.run(jobs: 2, store)).deterministic.digest == expected)
    store.endUse()
    #expect(try store.keepBelow(3000)?.evictedEntries ?? 0 > 0)
    #expect(store.verify().isClean)
    #expect(try bench.manifest(bench.run(jobs: 2, store)).deterministic.digest == expected)
  }
}
