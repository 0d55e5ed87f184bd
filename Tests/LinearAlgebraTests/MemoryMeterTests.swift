import LinearAlgebra
import Synchronization
import Testing

@Suite struct MemoryMeterTests {
  @Test func countsTheBytesOfBuffersThatAreAliveAndTheMostAtOnce() {
    let meter = MemoryMeter()
    #expect((meter.live, meter.peak) == (0, 0))
    var kept: Buffer<Double>? = MemoryMeter.measure(meter) {
      do {
        let brief = Buffer<Float>(uninitialized: 1000)
        #expect(meter.live == 4000)
        withExtendedLifetime(brief) {}
      }
      #expect((meter.live, meter.peak) == (0, 4000))
      return Buffer(repeating: 1, count: 100)
    }
    #expect((meter.live, meter.peak) == (800, 4000))
    #expect(kept?.base[99] == 1)
    // Given back to its meter wherever it ends.
    kept = nil
    #expect((meter.live, meter.peak) == (0, 4000))
  }

  @Test func seesNoBuffersOfOtherTimes() {
    let meter = MemoryMeter()
    let before = Matrix<Float>(rows: 10, columns: 10)
    MemoryMeter.measure(meter) {}
    let after = Matrix<Float>(rows: 10, columns: 10)
    #expect((meter.live, meter.peak) == (0, 0))
    #expect(before == after)
  }

  @Test func chargesSharedMemoryOnceAndACopyOnWriteAgain() {
    let meter = MemoryMeter()
    MemoryMeter.measure(meter) {
      let matrix = Matrix<Float>(rows: 100, columns: 10)
      var other = matrix
      #expect(meter.live == 4000)
      other[0, 0] = 1
      #expect(meter.live == 8000)
      withExtendedLifetime((matrix, other)) {}
    }
    #expect((meter.live, meter.peak) == (0, 8000))
  }

  @Test func chargesNobodyForAdoptedMemory() {
    let meter = MemoryMeter()
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 100)
    memory.initialize(repeating: 1, count: 100)
    MemoryMeter.measure(meter) {
      let adopted = Buffer(adopting: memory, count: 100) {}
      #expect(meter.live == 0)
      // A copy is memory of its own.
      let copy = adopted.copy()
      #expect(meter.live == 400)
      withExtendedLifetime(copy) {}
    }
    #expect(meter.live == 0)
    memory.deallocate()
  }

  @Test func nestedMetersCountForThemselves() {
    let (outer, inner) = (MemoryMeter(), MemoryMeter())
    MemoryMeter.measure(outer) {
      let a = Buffer<UInt8>(uninitialized: 100)
      MemoryMeter.measure(inner) { withExtendedLifetime(Buffer<UInt8>(uninitialized: 1000)) {} }
      let b = Buffer<UInt8>(uninitialized: 100)
      withExtendedLifetime((a, b)) {}
    }
    #expect((outer.peak, inner.peak) == (200, 1000))
  }

  @Test func measuresAThrowingBodyAndEndsWithIt() {
    let meter = MemoryMeter()
    #expect(throws: LinearAlgebraError.notFinite) {
      try MemoryMeter.measure(meter) { () throws(LinearAlgebraError) in throw .notFinite }
    }
    withExtendedLifetime(Buffer<Float>(uninitialized: 100)) {}
    #expect(meter.peak == 0)
  }

  @Test(arguments: [1, 2, 3, 8]) func chargesWhatHelpersOfALoopTake(threads: Int) {
    let meter = MemoryMeter()
    let arrived = Atomic<Int>(0)
    var kept = [Buffer<Float>?](repeating: nil, count: 8)
    onThreads(threads) {
      MemoryMeter.measure(meter) {
        kept.withUnsafeMutableBufferPointer { kept in
          nonisolated(unsafe) let kept = kept
          parallelFor(8) { index in
            // Every thread takes part: none goes on before all have come.
            arrived.add(1, ordering: .relaxed)
            while arrived.load(ordering: .relaxed) < threads {}
            kept[index] = Buffer(uninitialized: 1000)
          }
        }
      }
      // The helpers work for nobody now.
      parallelFor(8) { _ in withExtendedLifetime(Buffer<Float>(uninitialized: 100_000)) {} }
    }
    #expect((meter.live, meter.peak) == (32_000, 32_000))
    kept = []
    #expect(meter.live == 0)
  }

  @Test func jobsOfOnePoolHaveMetersOfTheirOwn() {
    let pool = WorkerPool(threads: 3)
    let meters = (0..<12).map { _ in MemoryMeter() }
    for (number, meter) in meters.enumerated() {
      pool.submit {
        MemoryMeter.measure(meter) {
          parallelFor(20) { _ in withExtendedLifetime(Buffer<UInt8>(uninitialized: 100 + number)) {} }
          withExtendedLifetime(Buffer<UInt8>(uninitialized: 10_000 + number)) {}
        }
      }
    }
    pool.shutdown()
    #expect(meters.map(\.live) == [Int](repeating: 0, count: 12))
    #expect(meters.map(\.peak) == (0..<12).map { 10_000 + $0 })
  }
}
