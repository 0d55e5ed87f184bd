import Artifacts
import Diagnostics
import Foundation
import Store
import StoreTestSupport
import Testing

/// A process that dies or a disk that is full loses at most what was not committed.
@Suite struct CrashTests {
  /// Stores, forgets and cleans up; returns which results were promised to survive.
  private func work(at path: String, _ fileSystem: FaultyFileSystem) -> (kept: Set<Int>, errors: [Diagnostic])
  {
    var kept: Set<Int> = []
    var errors: [Diagnostic] = []
    do throws(Diagnostic) {
      let store = try Store(at: path, fileSystem: fileSystem)
      for numbers in [0..<3, 3..<6] {
        for number in numbers { _ = try? Sample.put(number, into: store) }
        do throws(Diagnostic) {
          try store.flush()
          kept.formUnion(numbers.filter { store.entry(for: Sample.key($0)) != nil })
        } catch { errors.append(error) }
        store.forget(Sample.key(numbers.lowerBound))
        kept.remove(numbers.lowerBound)
        _ = try store.collect()
      }
    } catch { errors.append(error) }
    return (kept, errors)
  }

  private func operations() -> Int {
    let fileSystem = FaultyFileSystem()
    let folder = TemporaryFolder()
    let (kept, errors) = work(at: folder.path, fileSystem)
    #expect(kept == [1, 2, 4, 5] && errors.isEmpty)
    return fileSystem.count
  }

  private func check(_ path: String, _ kept: Set<Int>, _ name: String) throws {
    // This one waits for no disk.
    let store = try Store(at: path, fileSystem: FaultyFileSystem())
    #expect(store.verify().problems == [], "\(name)")
    for number in 0..<6 {
      if kept.contains(number) || store.entry(for: Sample.key(number)) != nil {
        #expect(Sample.isGood(number, in: store), "\(name): \(number)")
      }
    }
    try Sample.put(7, into: store)
    let report = try store.collect()
    #expect(!report.isPartial)
    let again = try Store(at: path)
    #expect(again.verify().isClean && Sample.isGood(7, in: again), "\(name)")
    let folder = try FileManager.default.contentsOfDirectory(atPath: path + "/temporary")
    #expect(folder.filter { !$0.hasPrefix("format") } == [], "\(name)")
  }

  @Test func survivesDeathAtEveryOperation() throws {
    for at in 1...operations() {
      let folder = TemporaryFolder()
      let fileSystem = FaultyFileSystem(.crash(at: at))
      let (kept, _) = work(at: folder.path + "/s", fileSystem)
      try check(folder.path + "/s", kept, "\(at) \(fileSystem.history.dropFirst(at - 1).first ?? "")")
    }
  }

  @Test func survivesAFullDiskAtEveryOperation() throws {
    for at in 1...operations() {
      let folder = TemporaryFolder()
      let fileSystem = FaultyFileSystem(.failure(at: at, code: 28))
      let (kept, errors) = work(at: folder.path + "/s", fileSystem)
      #expect(errors.allSatisfy { $0.code == .noSpace })
      try check(folder.path + "/s", kept, "\(at) \(fileSystem.history.dropFirst(at - 1).first ?? "")")
    }
  }

  @Test func saysThatTheDiskIsFull() throws {
    let folder = TemporaryFolder()
    let fileSystem = FaultyFileSystem()
    let store = try Store(at: folder.path, fileSystem: fileSystem)
    try Sample.put(1, into: store)
    try store.flush()
    fileSystem.set(.always("write", code: 28))
    do {
      try Sample.put(3, into: store)
      Issue.record("was stored")
    } catch {
      let text = "\(error)"
      #expect(
        text.hasPrefix("error[noSpace]: no space is left for the store\n  file: \(folder.path)/temporary/"))
      #expect(
        text.hasSuffix(
          "\n  hint: free some space, shrink the store with `pipe store gc`, "
            + "or choose another place with --store"
        ))
    }
    #expect(folder.files(in: "temporary").isEmpty)
    fileSystem.set(.none)
    try Sample.put(3, into: store)
    try store.flush()
    #expect(Sample.isGood(1, in: store) && Sample.isGood(3, in: store))
  }

  /// An object is on the disk under its name before the record that names it is written.
  @Test func writesInTheRightOrder() throws {
    let folder = TemporaryFolder()
    let fileSystem = FaultyFileSystem()
    let store = try Store(at: folder.path, fileSystem: fileSystem)
    let entry = try Sample.put(1, into: store)
    try store.flush()
    let digest = entry.outputs[0].digest.hex
    let segment = try #require(folder.files(in: "segments").first?.split(separator: "/").last)
    let steps = fileSystem.history
    let position = try #require(steps.firstIndex(of: "rename \(digest)"))
    #expect(steps[position - 2].hasPrefix("synchronize "))
    #expect(steps[position - 1] == "makeFolder \(digest.prefix(2))")
    #expect(
      Array(steps[(position + 1)...]) == [
        "synchronizeFolder \(digest.prefix(2))", "synchronizeFolder objects", "write \(segment)",
        "synchronize \(segment)", "synchronizeFolder segments",
      ])
  }
}
