import LinearAlgebra
import Synchronization
import Testing

/// Stops work when it asks for the n-th time.
private final class Stopper: Sendable {
  private let count = Atomic<Int>(0)
  private let number: Int

  init(at number: Int) { self.number = number }

  var asked: Int { count.load(ordering: .relaxed) }

  var safePoint: SafePoint<LinearAlgebraError> {
    SafePoint(throwing: .stopped) { self.count.add(1, ordering: .relaxed).newValue >= self.number }
  }
}

/// What takes a safe point, and how often it asks on small inputs at least.
private let works:
  [(name: String, asks: Int, run: @Sendable (SafePoint<LinearAlgebraError>) throws -> [UInt8])] =
    [
      ("gram", 6, { try gram(randomMatrix(1100, 30), stoppingAt: $0).bytes }),
      ("product", 9, { try product(randomMatrix(900, 300), randomMatrix(300, 900), stoppingAt: $0).bytes }),
      (
        "transposed product", 9,
        { try product(randomMatrix(900, 300), transposed: randomMatrix(900, 300), stoppingAt: $0).bytes }
      ),
      ("cross product", 5, { try crossProduct(randomMatrix(3000, 40), stoppingAt: $0).bytes }),
      (
        "covariance", 5,
        { (safePoint: SafePoint<LinearAlgebraError>) throws in
          let a: Matrix<Float> = randomMatrix(3000, 40)
          return try covariance(of: a, means: columnMeans(of: a), stoppingAt: safePoint).bytes
        }
      ),
      (
        "distances", 4,
        { try squaredDistances(randomMatrix(600, 30), randomMatrix(500, 30), stoppingAt: $0).bytes }
      ),
      ("distances among", 4, { try squaredDistances(among: randomMatrix(1100, 30), stoppingAt: $0).bytes }),
      (
        "neighbours", 4,
        { (safePoint: SafePoint<LinearAlgebraError>) throws in
          let a: Matrix<Float> = randomMatrix(600, 20)
          return try nearestNeighbors(of: a, among: a, k: 3, stoppingAt: safePoint).indices.map {
            UInt8(truncatingIfNeeded: $0)
          }
        }
      ),
      (
        "exponentials", 4,
        { (safePoint: SafePoint<LinearAlgebraError>) throws in
          var a: Matrix<Float> = randomMatrix(400, 500)
          try a.exponentiate(scale: 0.5, stoppingAt: safePoint)
          return a.bytes
        }
      ),
      (
        "leading eigenpairs", 20,
        { (safePoint: SafePoint<LinearAlgebraError>) throws in
          let a: Matrix<Float> = randomMatrix(400, 60)
          return try topEigen(gram(a), count: 5, stoppingAt: safePoint).vectors.bytes
        }
      ),
      (
        "random projection", 10,
        {
          try randomizedSVD(randomMatrix(300, 100, Float.self), count: 5, seed: 1, stoppingAt: $0).left.bytes
        }
      ),
      (
        "eigenpairs", 1,
        { (safePoint: SafePoint<LinearAlgebraError>) throws in
          try symmetricEigen(gram(randomMatrix(50, 60, Double.self)), stoppingAt: safePoint).vectors.bytes
        }
      ),
      (
        "Cholesky", 2,
        { (safePoint: SafePoint<LinearAlgebraError>) throws in
          let a: Matrix<Double> = gram(randomMatrix(40, 90, Double.self))
          return try Cholesky(a, stoppingAt: safePoint).solveLower(a, stoppingAt: safePoint).bytes
        }
      ),
    ]

@Suite struct SafePointTests {
  @Test(arguments: works.indices) func workEndsAtAnyOfItsSafePoints(index: Int) throws {
    let (name, asks, run) = works[index]
    let calm = Stopper(at: .max)
    let result = try run(calm.safePoint)
    #expect(try run(.none) == result, "\(name)")
    #expect(calm.asked >= asks, "\(name) asked \(calm.asked) times")
    for number in [1, 2, calm.asked / 2, calm.asked] where number > 0 && number <= calm.asked {
      #expect(throws: LinearAlgebraError.stopped, "\(name) at \(number) of \(calm.asked)") {
        try run(Stopper(at: number).safePoint)
      }
    }
    _ = onThreads(3) {
      #expect(throws: LinearAlgebraError.stopped, "\(name) on 3 threads") {
        try run(Stopper(at: max(1, calm.asked / 2)).safePoint)
      }
    }
  }

  @Test func aSafePointTakesAnotherError() {
    struct Other: Error, Equatable {}
    #expect(throws: Other()) { try Stopper(at: 1).safePoint.throwing(Other()).check() }
    #expect(throws: Never.self) { try SafePoint<LinearAlgebraError>.none.throwing(Other()).check() }
    #expect(!SafePoint<Never>.none.shouldStop)
  }

  /// About 10 seconds of LAPACK are left behind within a quarter of one.
  @Test func aLongCallOfLAPACKIsLeftBehind() {
    let a: Matrix<Double> = gram(randomMatrix(2500, 40, Double.self))
    let meter = MemoryMeter()
    let start = ContinuousClock.now
    #expect(throws: LinearAlgebraError.stopped) {
      try MemoryMeter.measure(meter) { () throws(LinearAlgebraError) in
        try symmetricEigen(
          a,
          stoppingAt: SafePoint(throwing: .stopped) { ContinuousClock.now - start > .milliseconds(150) })
      }
    }
    #expect(ContinuousClock.now - start < .seconds(2))
    // It goes on with memory of its own.
    #expect(meter.live > 0)
  }

  @Test func aLongCallOfLAPACKGivesTheSameAsOneThatIsWaitedFor() throws {
    let a: Matrix<Float> = gram(randomMatrix(720, 900))
    let apart = try symmetricEigen(a, stoppingAt: Stopper(at: .max).safePoint)
    let here = try symmetricEigen(a)
    #expect(apart.values == here.values && apart.vectors.bytes == here.vectors.bytes)
  }
}
