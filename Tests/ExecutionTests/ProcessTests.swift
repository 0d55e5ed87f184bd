import Artifacts
import Diagnostics
import Execution
import Foundation
import Glibc
import LinearAlgebra
import Planning
import StageKit
import Store
import Testing

/// Random plans that several processes run at once on one store, some of which are killed, against the few lines
/// that say what must come out.
@Suite(.serialized) struct ProcessTests {
  private static let variable = "EXECUTION_TEST_CHILD"
  private static let environment = ProcessInfo.processInfo.environment

  /// What a process does: it runs the plan of a seed, slowly, until nothing is left, and says so.
  @Test(.enabled(if: environment[variable] != nil)) func runsThePlan() throws {
    let words = (Self.environment[Self.variable] ?? "").split(separator: " ")
    let (number, seed, folder) = (Int(words[0]) ?? 0, UInt64(words[1]) ?? 0, String(words[2]))
    // Labs are numbered in turn, and their numbers stand in the keys.
    var lab = Lab.make()
    while lab.number < number { lab = Lab.make() }
    let bench = try Self.bench(seed, lab)
    var random = SystemRandomNumberGenerator()
    for node in bench.plan.nodes.indices {
      let pause = UInt32.random(in: 500...20_000, using: &random)
      lab.on(node) { (_) in usleep(pause) }
    }
    _ = FileManager.default.createFile(atPath: folder + "/started-\(getpid())", contents: nil)
    let store = try Store(at: folder + "/store")
    store.use(bench.plan.nodes.map(\.key))
    try store.keepBelow(60_000)
    try bench.run(jobs: 2, store) { $0.keepsEverything = getpid().isMultiple(of: 2) }
    store.endUse()
    try store.keepBelow(60_000)
    _ = FileManager.default.createFile(atPath: folder + "/ended-\(getpid())", contents: nil)
  }

  private static func layered(_ seed: UInt64) -> RandomPlanTests.Layered {
    var random = RandomStream(seed: seed)
    var layered = RandomPlanTests.Layered(&random)
    layered.fails = layered.fails.map { _ in false }
    return layered
  }

  private static func bench(_ seed: UInt64, _ lab: Lab) throws -> Bench { try layered(seed).bench(lab) }

  private func spawn(_ bench: Bench, _ seed: UInt64) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "--testing-library", "swift-testing", "--filter", "ExecutionTests.ProcessTests/runsThePlan",
    ]
    let task = "\(bench.lab.number) \(seed) \(bench.folder.path)"
    process.environment = Self.environment.merging([Self.variable: task]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func files(_ bench: Bench, _ prefix: String) -> Int {
    let names = try? FileManager.default.contentsOfDirectory(atPath: bench.folder.path)
    return (names ?? []).count { $0.hasPrefix(prefix) }
  }

  @Test(
    .enabled(if: environment[variable] == nil), .timeLimit(.minutes(2)),
    arguments: [(processes: 1, seed: UInt64(11)), (3, 12), (8, 13)])
  func comeToWhatTheyMust(processes: Int, seed: UInt64) throws {
    let bench = try Self.bench(seed, .make())
    var random = RandomStream(seed: seed)
    var children = try (0..<processes).map { _ in try spawn(bench, seed) }
    let deadline = Date().addingTimeInterval(30)
    while files(bench, "started") < 1, Date() < deadline { usleep(5_000) }
    for _ in 0..<processes {
      usleep(UInt32(random.below(40_000)))
      let victim = random.below(children.count)
      kill(children[victim].processIdentifier, SIGKILL)
      children[victim].waitUntilExit()
      children[victim] = try spawn(bench, seed)
    }
    // One at least comes to the end, whatever the dead left behind.
    while files(bench, "ended") < 1, children.contains(where: \.isRunning), Date() < deadline {
      usleep(5_000)
    }
    #expect(files(bench, "ended") >= 1)
    for child in children {
      kill(child.processIdentifier, SIGKILL)
      child.waitUntilExit()
    }
    let store = try bench.store()
    #expect(store.verify().problems == [])
    let report = try bench.run(jobs: 2, store)
    let layered = Self.layered(seed)
    for (node, expected) in layered.oracle().enumerated() where layered.isMeasured[node] {
      let size = node % 3 == 0 ? 1500 : 0
      #expect(
        report.outputs[node].first?.digest
          == expected.value.map { Grain($0, size: size, lab: bench.lab.number).digest })
    }
    #expect(try store.collect().isPartial == false)
    #expect(store.verify().problems == [])
  }
}
