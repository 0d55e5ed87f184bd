import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct KMeansTests {
  private func run(
    _ features: Features, _ clusters: Int, starts: Int = 3, tolerance: Double = 1e-4, seed: UInt64 = 1
  ) throws -> KMeans.Output {
    var parameters = KMeans.Parameters()
    parameters.clusters = clusters
    parameters.starts = starts
    parameters.tolerance = tolerance
    return try KMeans(parameters: parameters).run(.init(features: features), in: StageContext(seed: seed))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      KMeans.self,
      cases: ["default": #"{"clusters": 3}"#, "one start": #"{"clusters": 5, "starts": 1}"#])
  }

  @Test(arguments: [("iris", 3), ("wine", 3), ("breast_cancer", 2), ("digits", 10)])
  func inertiaIsThatOfScikitLearn(data: (name: String, clusters: Int)) throws {
    let raw = try LearnerCase(data.name)
    let table = data.name == "wine" ? try raw.standardized() : raw
    let expected = try #require(Fixture.json("k-means/inertia.json")[data.name]?.number)
    let output = try run(table.features, data.clusters, starts: 10)
    #expect(output.inertia.value < 1.01 * expected)
    #expect(isClose(output.inertia.value, inertia(table.features, output), 1e-5))
  }

  /// The inertia by its definition.
  private func inertia(_ features: Features, _ output: KMeans.Output) -> Double {
    (0..<features.rows).reduce(0) { sum, row in
      let cluster = Int(output.assignment.clusters[row])
      return (0..<features.columns).reduce(sum) {
        let difference = Double(features.matrix[row, $1]) - Double(output.centroids[cluster, $1])
        return $0 + difference * difference
      }
    }
  }

  @Test func rowsAreWithTheirNearestCentreWhichIsTheirMean() throws {
    let table = try LearnerCase("wine").standardized()
    let output = try run(table.features, 4, tolerance: 0)
    let nearestCentres = nearest(rows: table.features.matrix, to: output.centroids)
    #expect(nearestCentres.index == output.assignment.clusters)
    for cluster in 0..<4 {
      let members = output.assignment.clusters.indices.filter { output.assignment.clusters[$0] == cluster }
      let means = columnMeans(of: table.features.matrix, rows: members)
      #expect(relativeError(output.centroids.row(cluster).map(Double.init), means) < 1e-5)
    }
  }

  @Test func separateBlobsAreFound() throws {
    var random = RandomStream(seed: 3)
    let values = (0..<600).map { Float(Double($0 / 2 % 6) * 20 + random.normal()) }
    let output = try run(Features(Matrix(rows: 300, columns: 2, elements: values)), 6)
    let clusters = output.assignment.clusters
    #expect(Set(clusters.prefix(6)).count == 6)
    #expect((0..<300).allSatisfy { clusters[$0] == clusters[$0 % 6] })
  }

  @Test func anEmptyClusterTakesTheRowFarthestFromItsCentre() throws {
    let rows = Matrix<Float>([[0], [1], [2], [3], [40]])
    let table = CenteredRows(rows)
    // All rows are nearer to the first of the two equal centres.
    let centre = Float(-table.means[0])
    var search = LloydSearch(table, centroids: Matrix([[centre], [centre]]))
    let found = try search.run(iterations: 100, shiftLimit: 0, StageContext())
    #expect(found.clusters == [0, 0, 0, 0, 1])
    #expect(isClose(found.inertia, 5, 1e-5))
  }

  @Test func fewerDifferentRowsThanClustersLeaveClustersEmpty() throws {
    let output = try run(Features(Matrix([[1, 1], [1, 1], [5, 5], [5, 5], [1, 1]])), 4)
    let clusters = output.assignment.clusters
    #expect(output.assignment.count == 4 && Set(clusters).count == 2)
    #expect(clusters[0] == clusters[1] && clusters[0] == clusters[4] && clusters[2] == clusters[3])
    #expect(output.inertia.value == 0 && output.centroids.isFinite)
  }

  @Test func moreStartsAreNoWorse() throws {
    let features = try LearnerCase("digits").thinned(by: 4).features
    #expect(try run(features, 10, starts: 8).inertia.value <= run(features, 10, starts: 2).inertia.value)
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

  @Test func rowsTooFarApartAreRefused() throws {
    let error = try #require(throws: Diagnostic.self) {
      try run(Features(Matrix([[-3e38], [3e38], [0]])), 2)
    }
    #expect(
      error.description == """
        error[outOfRange]: the distances between rows go beyond the largest Float32
          hint: scale the features down first
        """)
  }

  @Test func anInterruptedRunEnds() throws {
    let features = try LearnerCase("iris").features
    let context = StageContext(isCancelled: { true })
    let error = try #require(throws: Diagnostic.self) {
      try KMeans(parameters: .init()).run(.init(features: features), in: context)
    }
    #expect(error.code == .cancelled)
  }
}
