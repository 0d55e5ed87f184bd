import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct MiniBatchKMeansTests {
  private func run(
    _ features: Features, _ clusters: Int, batchSize: Int? = nil, starts: Int = 3, seed: UInt64 = 1
  ) throws -> MiniBatchKMeans.Output {
    var parameters = MiniBatchKMeans.Parameters()
    parameters.clusters = clusters
    parameters.batchSize = batchSize
    parameters.starts = starts
    return try MiniBatchKMeans(parameters: parameters).run(
      .init(features: features), in: StageContext(seed: seed))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      MiniBatchKMeans.self,
      cases: [
        "default": #"{"clusters": 3}"#, "small batches": #"{"clusters": 5, "batchSize": 20, "starts": 1}"#,
      ])
  }

  /// Within a tenth of the best that k-means of scikit-learn finds in ten starts; its own MiniBatchKMeans is, too.
  @Test(arguments: [("iris", 3), ("wine", 3), ("breast_cancer", 2), ("digits", 10)], [nil, 50])
  func inertiaIsLittleAboveThatOfKMeans(data: (name: String, clusters: Int), batchSize: Int?) throws {
    let raw = try LearnerCase(data.name)
    let table = data.name == "wine" ? try raw.standardized() : raw
    let expected = try #require(Fixture.json("k-means/inertia.json")[data.name]?.number)
    for seed in UInt64(1)...4 {
      let output = try run(table.features, data.clusters, batchSize: batchSize, seed: seed)
      #expect(output.inertia.value < 1.1 * expected)
    }
  }

  @Test func rowsAreWithTheirNearestCentreAndTheInertiaIsTheirs() throws {
    let table = try LearnerCase("digits").features
    let output = try run(table, 12)
    let found = nearest(rows: table.matrix, to: output.centroids)
    #expect(found.index == output.assignment.clusters)
    let inertia = found.squaredDistance.reduce(0) { $0 + Double($1) }
    #expect(isClose(inertia, output.inertia.value, 1e-5))
  }

  @Test func separateBlobsAreFound() throws {
    var random = RandomStream(seed: 3)
    let values = (0..<6000).map { Float(Double($0 / 2 % 6) * 20 + random.normal()) }
    let output = try run(Features(Matrix(rows: 3000, columns: 2, elements: values)), 6, batchSize: 100)
    let clusters = output.assignment.clusters
    #expect(Set(clusters.prefix(6)).count == 6)
    #expect((0..<3000).allSatisfy { clusters[$0] == clusters[$0 % 6] })
  }

  @Test func aCentreIsTheMeanOfTheRowsThatItTook() throws {
    // Means of zero: the rows stay as they are.
    let table = CenteredTable(Matrix([[-4], [-2], [2], [4]]))
    var search = MiniBatchSearch(table, centroids: Matrix([[-5], [5]]), patience: 1, reassignment: 0)
    var random = RandomStream(seed: 1)
    // 1 + 1 and 9 + 1 away; then the centres are the first rows that they took.
    #expect(try search.step(Matrix([[-4], [4]]), &random, StageContext()) == 2)
    #expect(search.centroids == Matrix([[-4], [4]]))
    #expect(try search.step(Matrix([[-2], [-3], [2]]), &random, StageContext()) == 9)
    #expect(relativeError(search.centroids, Matrix([[-3], [3]])) < 1e-6)
  }

  @Test func aStarvedCentreStartsAnewFromARowOfTheBatch() throws {
    let rows = Matrix<Float>(rows: 40, columns: 1, elements: (0..<40).map { Float($0 % 2) })
    var random = RandomStream(seed: 1)
    func centres(_ reassignment: Double) throws -> Matrix<Float> {
      var search = MiniBatchSearch(
        CenteredTable(rows), centroids: Matrix([[0.5], [1000]]), patience: 1, reassignment: reassignment)
      _ = try search.step(rows, &random, StageContext())
      return search.centroids
    }
    #expect(try centres(0)[1, 0] == 1000)
    #expect(try [0, 1].contains(centres(0.01)[1, 0]))
    #expect(try centres(0.01)[0, 0] == 0.5)
  }

  @Test func fewerDifferentRowsThanClustersLeaveClustersEmpty() throws {
    let output = try run(Features(Matrix([[1, 1], [1, 1], [5, 5], [5, 5], [1, 1]])), 4)
    let clusters = output.assignment.clusters
    #expect(output.assignment.count == 4 && Set(clusters).count == 2)
    #expect(output.inertia.value < 1e-9 && output.centroids.isFinite)
  }

  @Test func moreClustersThanRowsAreRefused() throws {
    let error = try #require(throws: Diagnostic.self) { try run(Features(Matrix([[1], [2]])), 3) }
    #expect(
      error.description == """
        error[tooFewRows]: there are fewer rows than clusters
          rows:     2
          clusters: 3
          hint: ask for fewer clusters
        """)
  }

  @Test(arguments: [1, 3]) func rowsTooFarApartAreRefused(starts: Int) throws {
    let error = try #require(throws: Diagnostic.self) {
      try run(Features(Matrix([[-3e38], [3e38], [0]])), 2, starts: starts)
    }
    #expect(
      error.description == """
        error[outOfRange]: the distances between rows go beyond the largest Float32
          hint: scale the features down first
        """)
  }
}
