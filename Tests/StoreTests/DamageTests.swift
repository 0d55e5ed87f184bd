import Artifacts
import Diagnostics
import Foundation
import Store
import Testing

/// What the store returns is what was computed, whatever happened to its files.
@Suite struct DamageTests {
  /// A store with a snapshot (results 0 to 3) and a segment (4 to 7).
  private func filled() throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    for number in 0..<4 { try Sample.put(number, into: store) }
    _ = try store.collect()
    for number in 4..<8 { try Sample.put(number, into: store) }
    try store.flush()
    return folder
  }

  /// How many results are there and as they were; none may be wrong.
  private func good(_ folder: TemporaryFolder) throws -> Int {
    let store = try Store(at: folder.path, readOnly: true)
    var count = 0
    for number in 0..<8 {
      guard let output = store.entry(for: Sample.key(number))?.outputs.first else { continue }
      do throws(Diagnostic) {
        let artifact = try store.load(output)
        #expect(artifact.digest == Sample.digests[number])
        count += 1
      } catch { #expect(error.code == .corruptObject) }
    }
    return count
  }

  @Test func survivesAnyChangedByte() throws {
    let folder = try filled()
    let files = folder.files().filter { $0 != "locks" && $0 != "format" }
    #expect(files.count == 1 + 1 + 4)
    for name in files {
      let bytes = folder.read(name)
      for index in stride(from: 0, to: bytes.count, by: name.hasPrefix("objects") ? 997 : 3) {
        var bad = bytes
        bad[index] ^= UInt8(1 << (index % 8))
        try folder.write(name, bad)
        let found = try good(folder)
        // The head of the snapshot is the only thing that more than one result hangs on.
        #expect(found >= (name == "snapshot" && index < 64 ? 4 : 7), "\(name) \(index)")
      }
      try folder.write(name, bytes)
    }
    #expect(try good(folder) == 8)
  }

  @Test func survivesTruncationAnywhere() throws {
    let folder = try filled()
    for name in folder.files() where name != "locks" && name != "format" {
      let bytes = folder.read(name)
      for count in stride(from: 0, to: bytes.count, by: name.hasPrefix("objects") ? 997 : 7) {
        try folder.write(name, Array(bytes[..<count]))
        #expect(try good(folder) >= (name.hasPrefix("objects") ? 7 : 4), "\(name) \(count)")
      }
      try folder.write(name, bytes)
    }
    #expect(try good(folder) == 8)
  }

  @Test func setsABadObjectAsideAndTakesItAnew() throws {
    let folder = try filled()
    let store = try Store(at: folder.path)
    let output = try #require(store.entry(for: Sample.key(1))?.outputs.first)
    let name = "objects/\(output.digest.hex.prefix(2))/\(output.digest.hex)"
    var bytes = folder.read(name)
    bytes[3000] ^= 1
    try folder.write(name, bytes)
    do {
      _ = try store.load(output)
      Issue.record("was loaded")
    } catch {
      let place = try #require(folder.files(in: "quarantine").first)
      #expect(
        "\(error)" == """
          error[corruptObject]: a stored object is damaged: its content has another digest
            output:       out
            digest:       \(output.digest.hex)
            set aside as: \(folder.path)/\(place)
            hint: the result is computed again; if this happens more than once, check the disk
          """)
    }
    #expect(store.entry(for: Sample.key(1)) == nil)
    #expect(try Store(at: folder.path).entry(for: Sample.key(1)) == nil)
    try Sample.put(1, into: store)
    try store.flush()
    #expect(Sample.isGood(1, in: try Store(at: folder.path)))
    #expect(store.verify().isClean)
    #expect(store.statistics().quarantined == 1)
  }

  @Test func forgetsAMissingObject() throws {
    let folder = try filled()
    let name = try #require(folder.files(in: "objects").first)
    try FileManager.default.removeItem(atPath: folder.path + "/" + name)
    let store = try Store(at: folder.path)
    let report = store.verify()
    #expect(report.problems.map(\.headline) == ["a stored object is missing"])
    #expect(report.entries == 8 && report.outputs == 7)
    #expect(store.verify().isClean)
  }

  @Test func reportsDamagedRecordsAndWritesThemAfresh() throws {
    let folder = try filled()
    let name = try #require(folder.files(in: "segments").first)
    var bytes = folder.read(name)
    bytes[60] ^= 4
    try folder.write(name, bytes)
    let store = try Store(at: folder.path)
    #expect(store.verify().problems.map(\.headline) == ["the store's records are damaged in 1 place"])
    _ = try store.collect()
    #expect(store.verify().isClean)
    #expect(store.statistics().entries == 7)
  }

  @Test func takesACopyMadeWhileInUse() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path + "/store")
    for round in 0..<5 {
      for number in round * 10..<round * 10 + 10 { try Sample.put(number, into: store) }
      if round == 3 { _ = try store.collect() }
      let copy = folder.path + "/copy\(round)"
      // Files come and go under the copying; `cp` takes what it meets.
      try Process.run(URL(fileURLWithPath: "/bin/cp"), arguments: ["-r", store.path, copy]).waitUntilExit()
      let other = try Store(at: copy)
      for number in 0..<50 {
        guard let output = other.entry(for: Sample.key(number))?.outputs.first else { continue }
        if let artifact = try? other.load(output) {
          #expect(artifact.digest == Sample.artifact(number).digest)
        }
      }
      _ = try other.collect()
      #expect(other.verify().isClean)
    }
  }
}
