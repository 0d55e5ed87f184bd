import LinearAlgebra
import Synchronization
import Testing

/// Runs `body` as a worker of a fresh pool.
func onThreads<R>(_ threads: Int, _ body: () throws -> R) rethrows -> R {
  let pool = WorkerPool(threads: threads)
  defer { pool.shutdown() }
  return try pool.run(body)
}

/// Counts arrivals across threads and remembers the highest number present at once.
private final class Gauge: Sendable {
  private let present = Atomic<Int>(0)
  private let peak = Atomic<Int>(0)
  private let visits = Atomic<Int>(0)
  var highest: Int { peak.load(ordering: .relaxed) }
  var total: Int { visits.load(ordering: .acquiring) }

  func visit(_ body: () -> Void = {}) {
    peak.max(present.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
    body()
    present.subtract(1, ordering: .relaxed)
    visits.add(1, ordering: .releasing)
  }
}

private func burn() -> Double {
  var value = 1.0
  for _ in 0..<2_000 { value = (value * 1.0000001).squareRoot() }
  return value
}

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3, 8]) func runsEveryIndexOnce(threads: Int) {
    onThreads(threads) {
      for count in [0, 1, 2, 7, 1000] {
        var visits = [Int](repeating: 0, count: count)
        visits.withUnsafeMutableBufferPointer { visits in
          nonisolated(unsafe) let visits = visits
          parallelFor(count) { visits[$0] += $0 + 1 }
        }
        #expect(visits == Array(0..<count).map { $0 + 1 })
      }
    }
  }

  @Test func isSerialAndInOrderOutsideAPool() {
    #expect(WorkerPool.current == nil)
    var seen: [Int] = []
    parallelFor(5) { seen.append($0) }
    #expect(seen == [0, 1, 2, 3, 4])
  }

  @Test(arguments: [1, 2, 3, 8]) func nestsLoops(threads: Int) {
    let gauge = Gauge()
    onThreads(threads) {
      parallelFor(6) { _ in
        parallelFor(5) { _ in parallelFor(4) { _ in gauge.visit { _ = burn() } } }
      }
    }
    #expect(gauge.total == 120)
    #expect(gauge.highest <= threads)
  }

  @Test(arguments: [2, 8]) func survivesTenThousandTinyLoops(threads: Int) {
    let sum = Atomic<Int>(0)
    onThreads(threads) {
      for _ in 0..<10_000 { parallelFor(3) { sum.add($0, ordering: .relaxed) } }
    }
    #expect(sum.load(ordering: .relaxed) == 30_000)
  }

  @Test(arguments: [1, 2, 3, 8]) func jobsSubmitJobs(threads: Int) {
    let pool = WorkerPool(threads: threads)
    let gauge = Gauge()
    for _ in 0..<20 {
      pool.submit {
        gauge.visit { _ = burn() }
        pool.submit { gauge.visit { parallelFor(10) { _ in _ = burn() } } }
      }
    }
    while gauge.total < 40 { _ = burn() }
    pool.shutdown()
    #expect(gauge.total == 40)
    #expect(gauge.highest <= threads)
  }

  @Test func shutdownFinishesWhatWasSubmitted() {
    let pool = WorkerPool(threads: 2)
    let gauge = Gauge()
    for _ in 0..<3_000 { pool.submit { gauge.visit() } }
    pool.shutdown()
    #expect(gauge.total == 3_000)
  }

  @Test(arguments: [1, 2, 3]) func neverRunsMoreThanItsThreads(threads: Int) {
    let pool = WorkerPool(threads: threads)
    let gauge = Gauge()
    for _ in 0..<5 { pool.submit { parallelFor(20) { _ in gauge.visit { _ = burn() } } } }
    pool.run { parallelFor(50) { _ in gauge.visit { _ = burn() } } }
    pool.shutdown()
    #expect(gauge.total == 150)
    #expect(gauge.highest <= threads)
  }

  @Test func idleThreadsHelpALoneJob() {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutdown() }
    // Two indices that each wait for the other to have started: only two threads together can finish this.
    let arrived = Counter()
    pool.run {
      parallelFor(2) { _ in
        arrived.value.add(1, ordering: .sequentiallyConsistent)
        while arrived.value.load(ordering: .sequentiallyConsistent) < 2 { _ = burn() }
      }
    }
    #expect(arrived.value.load(ordering: .relaxed) == 2)
  }

  @Test func knowsThePoolOfItsThread() {
    let outer = WorkerPool(threads: 1)
    let inner = WorkerPool(threads: 1)
    outer.run {
      #expect(WorkerPool.current === outer)
      inner.run { #expect(WorkerPool.current === inner) }
      #expect(WorkerPool.current === outer)
      outer.run { #expect(WorkerPool.current === outer) }
    }
    #expect(WorkerPool.current == nil)
    outer.shutdown()
    inner.shutdown()
  }

  @Test func passesErrorsOn() {
    struct Refusal: Error {}
    #expect(throws: Refusal.self) { try onThreads(2) { throw Refusal() } }
  }
}

private final class Counter: Sendable {
  let value = Atomic<Int>(0)
}
