import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct ScalableSeedsTests {
  private func seeds(
    _ matrix: Matrix<Float>, _ count: Int, seed: UInt64 = 1, oversampling: Double = 0.5, rounds: Int = 5
  ) throws -> [Int] {
    var settings = Seeding.Scalable()
    (settings.oversampling, settings.rounds) = (oversampling, rounds)
    var random = RandomStream(seed: seed)
    return try Seeding.scalable(settings).seeds(count, of: CenteredRows(matrix), &random, StageContext())
  }

  /// `count` points around each of some places far apart, one place after another.
  private func blobs(_ places: Int, each count: Int) -> Matrix<Float> {
    var random = RandomStream(seed: 3)
    return Matrix(
      rows: places * count, columns: 2,
      elements: (0..<places * count).flatMap { row in
        [Float(random.normal()), Float(Double(row / count) * 100 + random.normal())]
      })
  }

  @Test(arguments: [0.5, 2], UInt64(1)...5)
  func everyOneOfSeparateBlobsGetsASeed(oversampling: Double, seed: UInt64) throws {
    let found = try seeds(blobs(30, each: 40), 30, seed: seed, oversampling: oversampling)
    #expect(Set(found.map { $0 / 40 }).count == 30)
  }

  @Test func dependsOnTheSeedAlone() throws {
    let table = blobs(8, each: 500)
    let expected = try seeds(table, 20)
    #expect(Set(expected).count == 20)
    #expect(try seeds(table, 20, seed: 2) != expected)
    for threads in [2, 3] {
      let pool = WorkerPool(threads: threads)
      defer { pool.shutdown() }
      #expect(try pool.run { try seeds(table, 20) } == expected)
    }
  }

  @Test func tooFewRowsInARoundAreMadeUpFor() throws {
    let found = try seeds(blobs(5, each: 50), 40, oversampling: 0.01, rounds: 1)
    #expect(Set(found).count == 40)
  }

  @Test func allRowsAndFewerDifferentOnes() throws {
    let rows = Matrix<Float>([[0], [3], [7], [20], [50]])
    #expect(try Set(seeds(rows, 5)) == [0, 1, 2, 3, 4])
    let twice = Matrix<Float>([[1], [1], [5], [5], [1]])
    let found = try seeds(twice, 4)
    #expect(found.count == 4 && Set(found.map { twice[$0, 0] }) == [1, 5])
    #expect(try seeds(Matrix([[2], [2], [2]]), 3).count == 3)
  }

  /// The sum of squared distances to the nearest seed is near that of greedy k-means++.
  @Test func isAboutAsGoodAsPlusPlus() throws {
    let table = try LearnerCase("digits").features.matrix
    func potential(_ seeding: Seeding, _ seed: UInt64) throws -> Double {
      var random = RandomStream(seed: seed)
      let found = try seeding.seeds(60, of: CenteredRows(table), &random, StageContext())
      return nearest(rows: table, to: table.selecting(rows: found)).squaredDistance.reduce(0) {
        $0 + Double($1)
      }
    }
    let scalable = try (UInt64(1)...5).reduce(0) { try $0 + potential(.scalable(.init()), $1) }
    let plusPlus = try (UInt64(1)...5).reduce(0) { try $0 + potential(.plusPlus, $1) }
    #expect(scalable < 1.05 * plusPlus)
  }

  @Test func autoGoesByTheNumberOfClusters() throws {
    let table = CenteredRows(blobs(10, each: 60))
    func seeds(_ seeding: Seeding, _ count: Int) throws -> [Int] {
      var random = RandomStream(seed: 4)
      return try seeding.seeds(count, of: table, &random, StageContext())
    }
    let many = Seeding.manyClusters
    #expect(try seeds(.auto, many - 1) == seeds(.plusPlus, many - 1))
    #expect(try seeds(.auto, many) == seeds(.scalable(.init()), many))
  }

  @Test func anInterruptedSearchEnds() throws {
    let context = StageContext(isCancelled: { true })
    var random = RandomStream(seed: 1)
    let error = try #require(throws: Diagnostic.self) {
      try Seeding.scalable(.init()).seeds(5, of: CenteredRows(blobs(3, each: 30)), &random, context)
    }
    #expect(error.code == .cancelled)
  }
}
