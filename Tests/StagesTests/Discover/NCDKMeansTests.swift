import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct NCDKMeansTests {
  private func run(
    _ features: Features, _ labels: Labels, _ known: RowMask, _ clusters: Int, seed: UInt64 = 1,
    _ change: (inout NCDKMeans.Parameters) -> Void = { _ in }
  ) throws -> NCDKMeans.Output {
    var parameters = NCDKMeans.Parameters()
    parameters.clusters = clusters
    change(&parameters)
    let input = NCDKMeans.Input(features: features, labels: labels, known: known)
    return try NCDKMeans(parameters: parameters).run(input, in: StageContext(seed: seed))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      NCDKMeans.self,
      cases: [
        "default": "{}", "hold": #"{"known": "hold", "clusters": 2}"#,
        "move": #"{"known": "move", "weight": "distance", "starts": 2}"#,
      ], inputs: ["known": RowMask((0..<150).map { $0 % 4 != 1 })])
  }

  @Test func keepsTheLawsInEveryForm() throws {
    for text in [#"{"known": "hold", "starts": 2}"#, #"{"known": "move"}"#, #"{"weight": "distance"}"#] {
      let parameters = try JSON.parse(SourceText(file: "test", text))
      #expect(Laws.check(NCDKMeans.self, parameters: parameters) == [])
    }
  }

  @Test(arguments: DiscoveryCase.names) func inertiasAreTheLeastThatNumpyFinds(name: String) throws {
    let table = try DiscoveryCase(name)
    for known in KnownCentres.allCases {
      let expected = try #require(table.expected[known.rawValue]?.number)
      let output = try run(table.features, table.labels, table.known, table.clusters) {
        ($0.known, $0.starts) = (known, 100)
      }
      #expect(isClose(output.inertia.value, expected, 1e-5), "\(known) \(output.inertia.value)")
    }
  }

  @Test(arguments: KnownCentres.allCases) func knownRowsKeepTheirClasses(known: KnownCentres) throws {
    let table = try DiscoveryCase("wine")
    let output = try run(table.features, table.labels, table.known, 2) { $0.known = known }
    #expect(output.assignment.count == 3)
    for (row, isKnown) in table.known.isFit.enumerated() {
      #expect((output.assignment.clusters[row] == 0) == isKnown)
    }
    let means = columnMeans(of: table.features.matrix, rows: table.known.fitRows)
    let isMean = relativeError(output.centroids.row(0).map(Double.init), means) < 1e-5
    #expect(known == .move || isMean)
  }

  @Test func novelRowsAreWithTheirNearestNovelCentreWhichIsTheirMean() throws {
    let table = try DiscoveryCase("digits")
    let output = try run(table.features, table.labels, table.known, 3)
    let novel = table.known.heldOutRows
    let matrix = table.features.matrix
    let centres = output.centroids.selecting(rows: [7, 8, 9])
    let found = nearest(rows: matrix.selecting(rows: novel), to: centres)
    #expect(found.index.map { $0 + 7 } == novel.map { output.assignment.clusters[$0] })
    for cluster in 0..<3 {
      let members = novel.filter { output.assignment.clusters[$0] == Int32(7 + cluster) }
      let means = columnMeans(of: matrix, rows: members)
      #expect(relativeError(centres.row(cluster).map(Double.init), means) < 1e-5)
    }
    #expect(try table.accuracy(output.assignment) > 0.9)
  }

  @Test func labelsOfNovelRowsAreNotRead() throws {
    let table = try DiscoveryCase("iris")
    let hidden = Labels(
      indices: zip(table.labels.indices, table.known.isFit).map { $1 ? $0 : 0 }, names: table.labels.names)
    for known in KnownCentres.allCases {
      let one = try run(table.features, table.labels, table.known, 2) { $0.known = known }
      let other = try run(table.features, hidden, table.known, 2) { $0.known = known }
      #expect(one.assignment == other.assignment && one.centroids == other.centroids)
    }
  }

  @Test func heldCentresTakeTheRowsThatAreNearToThem() throws {
    // Two novel rows lie beside the known class, four far away: a held centre takes the two, so that the novel one is
    // the mean of the four.
    let features = Features(Matrix([[0], [0.5], [1], [0.4], [0.6], [10], [10.2], [9.8], [10]]))
    let labels = Labels(indices: [0, 0, 0, 1, 1, 1, 1, 1, 1], names: ["a", "b"])
    let known = RowMask((0..<9).map { $0 < 3 })
    func centres(_ way: KnownCentres) throws -> [Float] {
      try run(features, labels, known, 1) { $0.known = way }.centroids.elements
    }
    #expect(relativeError(try centres(.hold).map(Double.init), [0.5, 10]) < 1e-6)
    #expect(relativeError(try centres(.seed).map(Double.init), [0.5, 41.0 / 6]) < 1e-6)
    #expect(relativeError(try centres(.move).map(Double.init), [0.5, 10]) < 1e-6)
  }

  private func error(_ known: [Bool], clusters: Int = 2) -> String {
    let labels = Labels(integers: known.map { $0 ? 1 : 0 })
    do {
      return "\(try run(Features(Matrix(rows: known.count, columns: 1)), labels, RowMask(known), clusters))"
    } catch { return "\(error)" }
  }

  @Test func errorsSayWhatToDo() {
    #expect(
      error([false, false]) == """
        error[tooFewRows]: there is no row of a known class
          rows: 2
          hint: hide fewer classes
        """)
    #expect(
      error([true, true, false]) == """
        error[tooFewRows]: there are fewer rows without a known class than clusters
          rows:     1 of 3
          clusters: 2
          hint: ask for fewer clusters, or hide more classes
        """)
  }
}
