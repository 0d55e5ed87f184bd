import Artifacts
import Foundation
import Glibc
import Store
import Testing

/// Real processes, killed at moments that nobody chose.
@Suite struct KillTests {
  private static let variable = "STORE_TEST_CHILD"

  /// What a killed process does: it stores one result after another and notes how many are safe.
  @Test(.enabled(if: ProcessInfo.processInfo.environment[variable] != nil))
  func childProcess() throws {
    let folder = ProcessInfo.processInfo.environment[Self.variable] ?? ""
    let store = try Store(at: folder + "/store")
    for number in 0..<1_000_000 {
      try store.withLock(on: Sample.key(number)) {
        if store.entry(for: Sample.key(number)) == nil { _ = try Sample.put(number, into: store) }
      }
      if number % 25 == 24 {
        try store.flush()
        let note = folder + "/safe-\(getpid())"
        _ = FileManager.default.createFile(atPath: note, contents: Data("\(number)".utf8))
      }
      if number % 200 == 199 { _ = try store.collect() }
    }
  }

  /// What a process does that shares a small store: it announces some results, takes or computes them, and finds
  /// them still there at the end, though the others need space.
  @Test(.enabled(if: ProcessInfo.processInfo.environment[variable] != nil))
  func sharingProcess() throws {
    let folder = ProcessInfo.processInfo.environment[Self.variable] ?? ""
    var random = SystemRandomNumberGenerator()
    for _ in 0..<1_000_000 {
      let store = try Store(at: folder + "/store")
      let numbers = (0..<10).map { _ in Int.random(in: 0..<60, using: &random) * 2 + 1 }
      store.use(numbers.map(Sample.key))
      for number in numbers {
        try store.withLock(on: Sample.key(number)) {
          if store.entry(for: Sample.key(number)) == nil { _ = try Sample.put(number, into: store) }
        }
      }
      try store.keepBelow(Self.limit)
      let lost = numbers.filter { !Sample.isGood($0, in: store) }
      if !lost.isEmpty {
        _ = FileManager.default.createFile(
          atPath: folder + "/lost-\(getpid())", contents: Data("\(lost)".utf8))
      }
      store.endUse()
      if try store.keepBelow(Self.limit)?.isPartial == false {
        _ = FileManager.default.createFile(atPath: folder + "/shrunk-\(getpid())", contents: nil)
      }
    }
  }

  private static let limit = 300_000

  @Test(.enabled(if: ProcessInfo.processInfo.environment[variable] == nil), .timeLimit(.minutes(1)))
  func processesThatShareASmallStoreLoseNothingThatTheyUse() throws {
    let folder = TemporaryFolder()
    var children = try (0..<3).map { _ in try spawn(folder.path, "sharingProcess") }
    let deadline = Date().addingTimeInterval(10)
    while folder.files(in: "shrunk").isEmpty, Date() < deadline { usleep(10_000) }
    for round in 0..<3 {
      usleep(150_000)
      kill(children[round].processIdentifier, SIGKILL)
      children[round].waitUntilExit()
      children[round] = try spawn(folder.path, "sharingProcess")
    }
    usleep(300_000)
    for child in children {
      kill(child.processIdentifier, SIGKILL)
      child.waitUntilExit()
    }
    #expect(!folder.files(in: "shrunk").isEmpty)
    #expect(folder.files(in: "lost").map { String(decoding: folder.read($0), as: UTF8.self) } == [])
    let store = try Store(at: folder.path + "/store")
    #expect(store.verify().problems == [])
    let report = try store.collect(limit: Self.limit)
    #expect(!report.isPartial && report.remainingBytes <= Self.limit)
    #expect(folder.files(in: "store/temporary").isEmpty)
  }

  private func spawn(_ folder: String, _ role: String = "childProcess") throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "--testing-library", "swift-testing", "--filter", "StoreTests.KillTests/\(role)",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: folder]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func safe(_ folder: TemporaryFolder) -> Int {
    folder.files(in: "safe-").map { Int(String(decoding: folder.read($0), as: UTF8.self)) ?? 0 }.max() ?? -1
  }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment[variable] == nil), .timeLimit(.minutes(1)))
  func losesNothingThatWasCommitted() throws {
    let folder = TemporaryFolder()
    var last = -1
    for round in 0..<4 {
      let children = [try spawn(folder.path), try spawn(folder.path)]
      let deadline = Date().addingTimeInterval(10)
      while safe(folder) <= last, Date() < deadline { usleep(10_000) }
      #expect(safe(folder) > last, "no child stored anything in round \(round)")
      usleep(UInt32(round * 13_000))
      for child in children {
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
      }
      last = safe(folder)
      let store = try Store(at: folder.path + "/store")
      #expect(store.verify().problems == [])
      for number in 0...max(0, last) { #expect(Sample.isGood(number, in: store)) }
    }
    let report = try Store(at: folder.path + "/store").collect()
    #expect(!report.isPartial)
    #expect(folder.files(in: "store/temporary").isEmpty)
  }
}
