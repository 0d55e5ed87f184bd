import Artifacts
import Diagnostics
import Execution
import Foundation
import Glibc
import Planning
import StageKit
import Store
import Synchronization
import Testing

/// What happens when the store or other processes get in the way.
@Suite(.timeLimit(.minutes(2))) struct RecoveryTests {
  @Test(arguments: [1, 2, 4]) func damagedObjectsAreComputedAgain(jobs: Int) throws {
    var bench = try Bench()
    for inputs in [[], [0], [0, 1]] { try bench.mix(inputs, size: 5000) }
    try bench.mix([2], size: 5000, measured: true)
    try bench.mix([1], size: 5000, measured: true)
    let first = try bench.run()
    let objects = bench.folder.objects
    #expect(objects.count == 5)
    for object in objects { try bench.folder.damage(object) }
    bench.lab.forgetRuns()
    let second = try bench.run(jobs: jobs)
    #expect(second.digests == first.digests)
    #expect(second.ends == Array(repeating: "ran", count: 5))
    #expect(bench.lab.runs == [0: 1, 1: 1, 2: 1, 3: 1, 4: 1])
    bench.lab.forgetRuns()
    #expect(try bench.run(jobs: jobs).digests == first.digests)
    #expect(bench.lab.runs.isEmpty)
  }

  @Test func aMissingObjectIsComputedFromWhatIsLeft() throws {
    var bench = try Bench()
    try bench.mix(size: 5000)
    try bench.mix([0], size: 6000)
    try bench.mix([1], size: 7000, measured: true)
    let first = try bench.run()
    for (node, output) in first.outputs.enumerated() where node == 2 {
      let digest = output[0].digest.hex
      let file = try #require(bench.folder.objects.first { $0.hasSuffix(String(digest.suffix(20))) })
      try FileManager.default.removeItem(atPath: file)
    }
    bench.lab.forgetRuns()
    let second = try bench.run()
    #expect(second.ends == ["cached", "cached", "ran"])
    #expect(second.digests == first.digests)
    #expect(bench.lab.runs == [2: 1])
  }

  @Test func aDamagedResultWhoseStageNowFailsBlocksWhatNeedsIt() throws {
    var bench = try Bench()
    try bench.mix(size: 5000)
    try bench.mix([0], measured: true)
    try bench.run()
    for object in bench.folder.objects { try bench.folder.damage(object) }
    try bench.mix([0], measured: true)
    bench.lab.fail(0)
    #expect(try bench.run().ends == ["failed: stage 0 fails", "cached", "blocked by 0"])
  }

  @Test(arguments: [1, 3]) func aFullDiskEndsTheRun(jobs: Int) throws {
    var bench = try Bench()
    for _ in 0..<20 { try bench.mix(size: 5000, measured: true) }
    try bench.mix([0, 1, 2], measured: true)
    let disk = FullDisk()
    let store = try Store(at: bench.folder.path + "/store", fileSystem: disk)
    disk.isFull.store(true, ordering: .relaxed)
    let error = #expect(throws: Diagnostic.self) { try bench.run(jobs: jobs, store) }
    #expect(error?.code == .noSpace)
    #expect(bench.lab.runs.count <= 2 * jobs)
    disk.isFull.store(false, ordering: .relaxed)
    #expect(try bench.run(jobs: jobs).failedCount == 0)
  }

  @Test func whatStillRunsStopsWhenTheDiskIsFull() throws {
    var bench = try Bench()
    try bench.mix(size: 5000, measured: true)
    try bench.mix(measured: true)
    let disk = FullDisk()
    let store = try Store(at: bench.folder.path + "/store", fileSystem: disk)
    disk.isFull.store(true, ordering: .relaxed)
    let isUnderWay = Atomic<Bool>(false)
    bench.lab.on(0) { (_) throws(StageError) in
      while !isUnderWay.load(ordering: .relaxed) { usleep(1000) }
    }
    bench.lab.on(1) { (context) throws(StageError) in
      isUnderWay.store(true, ordering: .relaxed)
      while true {
        try context.checkCancelled()
        usleep(1000)
      }
    }
    #expect(throws: Diagnostic.self) { try bench.run(jobs: 2, store) }
  }

  @Test func aStoreThatCannotBeWrittenEndsTheRun() throws {
    var bench = try Bench()
    try bench.mix(measured: true)
    _ = try bench.store()
    let store = try bench.store(readOnly: true)
    let error = #expect(throws: Diagnostic.self) { try bench.run(jobs: 1, store) }
    #expect(error?.code == .notWritable)
  }

  @Test(arguments: [1, 2]) func twoRunsOnOneStoreComputeEachKeyOnce(jobs: Int) throws {
    var bench = try Bench()
    for node in 0..<24 { try bench.mix(node < 4 ? [] : [node - 4, node - 1], size: node * 100) }
    for node in 16..<24 { try bench.weigh(node) }
    let shared = bench
    for node in 0..<24 { bench.lab.on(node) { (_) in usleep(2000) } }
    let reports = Mutex<[RunReport]>([])
    DispatchQueue.concurrentPerform(iterations: 3) { _ in
      guard let report = try? shared.run(jobs: jobs) else { return }
      reports.withLock { $0.append(report) }
    }
    let all = reports.withLock { $0 }
    #expect(all.count == 3)
    #expect(bench.lab.runs.count == 32 && bench.lab.runs.values.allSatisfy { $0 == 1 })
    #expect(Set(all.map(\.values)).count == 1)
    // What a run did not need itself may still be on another's way to the disk, and is left out then.
    let final = try bench.run().digests
    for report in all {
      for (digests, expected) in zip(report.digests, final) where !digests.isEmpty {
        #expect(digests == expected)
      }
    }
    #expect(all.map(\.ranCount).reduce(0, +) == 32)
  }

  @Test func aRunThatWaitsForAnotherProcessCanBeInterrupted() throws {
    var bench = try Bench()
    try bench.mix(measured: true)
    let interruption = Interruption()
    let other = try bench.store()
    let store = try bench.store()
    let report = try other.withLock(on: bench.plan.nodes[0].key) {
      let asking = Thread {
        usleep(50_000)
        interruption.request()
      }
      asking.start()
      return try bench.run(jobs: 1, store, interruption)
    }
    #expect(report.ends == ["not run"])
    #expect(bench.lab.runs.isEmpty)
  }

  @Test func inputsAreLetGoWhenAnotherProcessWasQuicker() throws {
    var bench = try Bench()
    let top = try bench.mix()
    let middle = try bench.mix([top])
    let last = try bench.weigh(middle)
    let other = try bench.store()
    let plan = bench.plan
    let result = Grain(Mix.mixed(middle, [Mix.mixed(top, [])]), lab: -1).encoded
    let isHeld = DispatchSemaphore(value: 0)
    let mayEnd = DispatchSemaphore(value: 0)
    let holder = Thread {
      try? other.withLock(on: plan.nodes[middle].key) {
        isHeld.signal()
        mayEnd.wait()
        usleep(30_000)
        try other.put(
          plan.nodes[middle].key, outputs: [("out", result)], components: .null, seconds: 1, stage: "mix")
      }
    }
    holder.start()
    isHeld.wait()
    let live = Atomic<Int>(-1)
    let lab = bench.lab
    lab.on(top) { (_) in mayEnd.signal() }
    lab.on(last) { (_) in live.store(lab.live, ordering: .relaxed) }
    let report = try bench.run(jobs: 1)
    #expect(report.ends == ["ran", "cached", "ran"])
    // The grain in the middle was made for no lab: of the counted ones none is left.
    #expect(live.load(ordering: .relaxed) == 0)
  }
}

/// Real files on a disk that may be full.
final class FullDisk: FileSystem {
  let isFull = Atomic<Bool>(false)
  private let real = RealFileSystem()

  func open(_ path: String, for access: FileAccess) throws(FileError) -> OpenFile {
    try real.open(path, for: access)
  }
  func close(_ file: OpenFile) { real.close(file) }
  func read(_ file: OpenFile, into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError)
    -> Int
  { try real.read(file, into: target, at: offset) }
  func write(_ file: OpenFile, _ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    if isFull.load(ordering: .relaxed) { throw FileError(ENOSPC, "write", file.path) }
    try real.write(file, bytes, at: offset)
  }
  func synchronize(_ file: OpenFile) throws(FileError) {}
  func synchronizeFolder(_ path: String) throws(FileError) {}
  func status(of file: OpenFile) throws(FileError) -> FileStatus { try real.status(of: file) }
  func status(at path: String) throws(FileError) -> FileStatus { try real.status(at: path) }
  func list(_ folder: String) throws(FileError) -> [String] { try real.list(folder) }
  func makeFolder(_ path: String) throws(FileError) { try real.makeFolder(path) }
  func rename(_ path: String, to other: String) throws(FileError) { try real.rename(path, to: other) }
  func remove(_ path: String) throws(FileError) { try real.remove(path) }
  func lock(_ file: OpenFile, at offset: Int, _ mode: LockMode, wait: Bool) throws(FileError) -> Bool {
    try real.lock(file, at: offset, mode, wait: wait)
  }
  func isLocked(_ file: OpenFile, at offset: Int) throws(FileError) -> Bool {
    try real.isLocked(file, at: offset)
  }
  func map(_ file: OpenFile, count: Int) throws(FileError) -> UnsafeRawBufferPointer {
    try real.map(file, count: count)
  }
  func unmap(_ memory: UnsafeRawBufferPointer) { real.unmap(memory) }
  func nonce() -> UInt64 { real.nonce() }
}
