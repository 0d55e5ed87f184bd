import Artifacts
import Diagnostics
import Foundation
import Store
import Testing

@Suite struct CollectTests {
  private func fill(_ path: String, _ numbers: [Int], seconds: (Int) -> Double = { _ in 1 }) throws {
    let store = try Store(at: path)
    for number in numbers { try Sample.put(number, into: store, seconds: seconds(number)) }
    try store.flush()
  }

  @Test func mergesSegmentsWithoutLosingAnything() throws {
    let folder = TemporaryFolder()
    for round in 0..<5 { try fill(folder.path, Array(round * 4..<round * 4 + 4)) }
    let store = try Store(at: folder.path)
    #expect(store.statistics().segments == 5)
    _ = try store.collect()
    #expect(folder.files(in: "segments").isEmpty)
    #expect(store.verify().isClean && store.statistics().entries == 20)
    for number in 0..<20 { #expect(Sample.isGood(number, in: try Store(at: folder.path))) }
  }

  @Test func mergesByItselfWhenThereAreMany() throws {
    let folder = TemporaryFolder()
    for round in 0..<12 { try fill(folder.path, [round]) }
    #expect(folder.files(in: "segments").count < 9)
    #expect(try Store(at: folder.path).statistics().entries == 12)
  }

  @Test func mergesItsOwnSegmentWhenItIsLong() throws {
    let folder = TemporaryFolder()
    let numbers = Array(stride(from: 0, to: 6000, by: 2))
    let store = try Store(at: folder.path)
    for number in numbers { try Sample.put(number, into: store) }
    try store.flush()
    #expect(folder.files(in: "segments").isEmpty)
    try Sample.put(6000, into: store)
    try store.flush()
    #expect(folder.files(in: "segments").count == 1)
    for number in [0, 2998, 5998, 6000] {
      #expect(try Sample.isGood(number, in: store) && Sample.isGood(number, in: Store(at: folder.path)))
    }
    #expect(store.statistics().entries == 3001 && store.verify().isClean)
  }

  @Test func isSeenByWhoHasTheStoreOpen() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, [0, 1])
    let (one, two) = (try Store(at: folder.path), try Store(at: folder.path))
    try Sample.put(3, into: one)
    try one.flush()
    #expect(try two.collect().isPartial)
    one.refresh()
    try Sample.put(5, into: one)
    try one.flush()
    two.refresh()
    for number in [0, 1, 3, 5] { #expect(Sample.isGood(number, in: one) && Sample.isGood(number, in: two)) }
  }

  @Test func sparesWhatAnotherMayUse() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, [1, 3])
    _ = FileManager.default.createFile(
      atPath: folder.path + "/temporary/0123456789abcdef-1", contents: Data([1, 2, 3]))
    let (store, other) = (try Store(at: folder.path), try Store(at: folder.path))
    store.forget(Sample.key(1))
    let report = try store.collect()
    #expect(report.removedObjects == 0 && report.removedBytes == 3 && report.isPartial)
    #expect(folder.files(in: "objects").count == 2 && folder.files(in: "temporary").isEmpty)
    withExtendedLifetime(other) {}
  }

  @Test func removesAllThatIsLeftOverWhenAlone() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, [1, 3])
    _ = FileManager.default.createFile(atPath: folder.path + "/quarantine/x", contents: Data([1]))
    let store = try Store(at: folder.path)
    store.forget(Sample.key(1))
    let report = try store.collect()
    #expect(report.removedObjects == 1 && !report.isPartial)
    #expect(folder.files(in: "objects").count == 1 && folder.files(in: "quarantine").isEmpty)
    #expect(Sample.isGood(3, in: store) && store.entry(for: Sample.key(1)) == nil)
  }

  @Test func givesUpWhatSavesLeastAndKeepsWhatIsUsed() throws {
    let folder = TemporaryFolder()
    try fill(folder.path, [1, 3, 5, 7]) { Double($0) }
    let store = try Store(at: folder.path)
    #expect(Sample.isGood(1, in: store))
    let report = try store.collect(limit: 21_000)
    #expect(report.evictedEntries == 2 && report.remainingBytes <= 21_000)
    #expect([1, 3, 5, 7].map { store.entry(for: Sample.key($0)) != nil } == [true, false, false, true])
    #expect(store.verify().isClean)
  }

  @Test func neverRemovesWhatIsBeingWritten() throws {
    let folder = TemporaryFolder()
    let store = try Store(at: folder.path)
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      for number in 0..<40 {
        if worker == 0 {
          if number % 4 == 0 { _ = try? store.collect(limit: 1) }
        } else {
          _ = try? Sample.put(worker * 1000 + number, into: store)
        }
      }
    }
    try store.flush()
    for worker in 1..<4 { for number in 0..<40 { #expect(Sample.isGood(worker * 1000 + number, in: store)) } }
    #expect(try Store(at: folder.path).verify().isClean)
  }
}
