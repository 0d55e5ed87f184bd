import Foundation
import Testing

/// Whatever happens to a run or to its store, the same command again gives the same results.
@Suite struct RecoveryTests {
  /// A config that takes some tenths of a second on several threads.
  static let longer = Small.config(replacing: "\"seeds\": 2", with: "\"seeds\": 12")

  @Test func aRunThatIsKilledAtAnyMomentIsTakenUpAgain() throws {
    let sandbox = try Sandbox(config: RecoveryTests.longer)
    #expect(try sandbox.run("--store", "whole", "--runs", "reference").code == 0)
    let expected = sandbox.bytes("reference/latest/results.csv")
    let clock = ContinuousClock()
    let took = try clock.measure { _ = try sandbox.run("--store", "timed", "--runs", "timed-runs") }
    for moment in 1...10 {
      let store = "store-\(moment / 4)"
      let run = try sandbox.start(["run", "small.json", "--store", store, "--progress", "none"])
      // Evenly over the time of a run: what is hit differs from run to run by itself.
      usleep(UInt32(Double(moment) / 11 * (took / .microseconds(1))))
      run.send(SIGKILL)
      let ended = run.wait()
      #expect(ended.code == 128 + SIGKILL || ended.code == 0)
      if sandbox.exists(store + "/format") {
        #expect(try sandbox.pipe("store", "verify", "--store", store).code == 0, "moment \(moment)")
      }
      for folder in sandbox.runFolders where sandbox.exists("runs/\(folder)/manifest.json") {
        #expect(throws: Never.self) { try sandbox.manifest(folder) }
      }
    }
    for store in ["store-0", "store-1", "store-2"] {
      let ended = try sandbox.run("--store", store)
      #expect(ended.code == 0)
      #expect(sandbox.bytes("runs/latest/results.csv") == expected)
      #expect(try sandbox.run("--store", store).outcome.contains("ran 0 · "))
    }
    #expect(try sandbox.pipe("runs").code == 0)
  }

  @Test func everyDamagedObjectIsSetAsideAndComputedAgain() throws {
    let sandbox = try Sandbox()
    // Values enough that they are objects of their own.
    let rows = 4000
    let features = (0..<rows * Small.columns).map { index -> Float in
      let noise = Float(sin(Double(index % 9973 * (index % 13))))
      return Small.features[index % Small.features.count] + noise
    }
    try Small.write(
      to: sandbox.file("data.h5"), features: features, labels: (0..<rows).map { Int32($0 % 3) })
    #expect(try sandbox.run("--keep-all").code == 0)
    let expected = sandbox.bytes("runs/latest/results.csv")
    let objects = sandbox.files(below: ".pipe/store/objects")
    #expect(objects.count > 3)
    func damage() throws {
      for (number, object) in objects.enumerated() {
        var bytes = sandbox.bytes(object)
        if bytes.isEmpty { continue }
        bytes[number * 7919 % bytes.count] ^= 0x10
        try sandbox.write(bytes, to: object)
      }
    }
    let change = ["run", "small.json", "--set", "probe.nearest-neighbors.k=5"]
    #expect(try sandbox.start(change + ["--store", "fresh"]).wait().code == 0)
    let changed = sandbox.bytes("runs/latest/results.csv")

    // A run that needs the objects finds that they are bad and makes them again.
    try damage()
    let ended = try sandbox.start(change + ["--keep-all", "--progress", "json"]).wait()
    #expect(ended.code == 0)
    #expect(ended.errors.contains("\"node-recovered\""))
    #expect(sandbox.bytes("runs/latest/results.csv") == changed)

    // A check finds the others, and sets them aside.
    try damage()
    let verify = try sandbox.pipe("store", "verify")
    #expect(verify.code == 1)
    #expect(verify.output.contains(" problems"))
    #expect(try sandbox.pipe("store", "verify").code == 0)
    #expect(try sandbox.run().code == 0)
    #expect(sandbox.bytes("runs/latest/results.csv") == expected)
    #expect(try sandbox.run().outcome.contains("ran 0 · "))
  }

  @Test func damagedRecordsCostOnlyTheirResults() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run().code == 0)
    let expected = sandbox.bytes("runs/latest/results.csv")
    let files = sandbox.files(below: ".pipe/store").filter {
      !$0.contains("/objects/") && !$0.hasSuffix("locks")
    }
    for (round, file) in files.enumerated() {
      var bytes = sandbox.bytes(file)
      guard !bytes.isEmpty else { continue }
      bytes[bytes.count * (round + 1) / (files.count + 2)] ^= 0x40
      try sandbox.write(bytes, to: file)
      let ended = try sandbox.run()
      guard ended.code == 0 else {
        // A store of another format is refused, with a way out.
        #expect(ended.code == 2 && ended.errors.contains("hint: "), "\(file): \(ended.errors)")
        bytes[bytes.count * (round + 1) / (files.count + 2)] ^= 0x40
        try sandbox.write(bytes, to: file)
        continue
      }
      #expect(sandbox.bytes("runs/latest/results.csv") == expected, "\(file)")
    }
    #expect(try sandbox.run().code == 0)
  }

  @Test func twoRunsOnOneStoreComputeEachResultOnce() throws {
    let sandbox = try Sandbox(config: RecoveryTests.longer)
    let runs = try ["a", "b"].map { folder in
      try sandbox.start(["run", "small.json", "--runs", folder, "--progress", "json"])
    }
    var ran: [String] = []
    for run in runs {
      let ended = run.wait()
      #expect(ended.code == 0)
      for line in ended.errors.split(separator: "\n") {
        let event = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        if event["event"] as? String == "node-ran", let name = event["name"] as? String { ran.append(name) }
      }
    }
    let nodes = try sandbox.pipe("explain", "small.json").output.split(separator: "\n").count
    #expect(ran.count == nodes)
    #expect(Set(ran).count == nodes)
    #expect(sandbox.bytes("a/latest/results.csv") == sandbox.bytes("b/latest/results.csv"))
  }

  /// Large enough for k-means to take seconds.
  static let slow = Small.config(
    replacing:
      "{ \"load-hdf5\": { \"file\": \"data.h5\", \"features\": \"features\", \"labels\": \"labels\" } }",
    with: "{ \"blobs\": { \"rows\": 20000, \"columns\": 32, \"classes\": 40, \"spread\": 9 } }"
  ).replacingOccurrences(of: "\"clusters\": 3", with: "\"clusters\": 60")
    .replacingOccurrences(of: "\"seeds\": 2", with: "\"seeds\": 3")

  /// Starts the slow config and waits until it computes.
  private func busy(_ sandbox: Sandbox, after event: String) throws -> Running {
    let run = try sandbox.start(["run", "small.json", "--progress", "json", "-j", "1"])
    for _ in 0..<3000 where !run.errors.contains(event) { usleep(10_000) }
    #expect(run.errors.contains(event))
    return run
  }

  @Test func theFirstInterruptEndsAtASafePointAndTheRunIsTakenUpAgain() throws {
    let sandbox = try Sandbox(config: RecoveryTests.slow, data: false)
    let run = try busy(sandbox, after: "\"stage\":\"nearest-neighbors\"")
    run.send(SIGINT)
    let ended = run.wait()
    #expect(ended.code == 130)
    #expect(ended.output.contains("\ninterrupted after "))
    let manifest = try sandbox.manifest(#require(sandbox.runFolders.first))
    #expect(manifest.outcome == "interrupted")
    #expect(ended.output.contains(" not run"))
    #expect(!ended.output.contains("  failed"))
    #expect(manifest.count("notRun") > 0 && manifest.count("ran") > 0)
    #expect(try sandbox.pipe("store", "verify").code == 0)
    let plan = try sandbox.pipe("plan", "small.json")
    #expect(plan.code == 10)
    let again = try sandbox.run()
    #expect(again.code == 0)
    #expect(!again.outcome.contains("cached 0"))
    #expect(try sandbox.pipe("plan", "small.json").code == 0)
  }

  @Test func theSecondInterruptEndsAtOnce() throws {
    let sandbox = try Sandbox(config: RecoveryTests.slow, data: false)
    let run = try busy(sandbox, after: "\"stage\":\"nearest-neighbors\"")
    run.send(SIGINT)
    run.send(SIGTERM)
    #expect(run.wait().code == 130)
    if sandbox.exists(".pipe/store") { #expect(try sandbox.pipe("store", "verify").code == 0) }
  }

  @Test func aSignalThatIsIgnoredAtTheStartStaysIgnored() throws {
    let sandbox = try Sandbox(config: RecoveryTests.longer)
    let ended = try sandbox.shell(
      "trap '' HUP; \"$PIPE\" run small.json --progress none & pid=$!; "
        + "for i in 1 2 3 4 5 6; do sleep 0.03; kill -HUP $pid 2>/dev/null; done; wait $pid")
    #expect(ended.code == 0)
    #expect(ended.output.contains("done in "))
  }
}
