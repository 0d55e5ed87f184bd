import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct NCDSpectralTests {
  private func run(
    _ features: Features, _ labels: Labels, _ known: RowMask, _ clusters: Int,
    _ change: (inout NCDSpectral.Parameters) -> Void = { _ in }
  ) throws -> NCDSpectral.Output {
    var parameters = NCDSpectral.Parameters()
    parameters.clusters = clusters
    change(&parameters)
    let input = NCDSpectral.Input(features: features, labels: labels, known: known)
    return try NCDSpectral(parameters: parameters).run(input, in: StageContext(seed: 1))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      NCDSpectral.self,
      cases: [
        "default": "{}", "hold": #"{"known": "hold", "clusters": 2, "components": 2, "similarity": 0.2}"#,
      ],
      inputs: ["known": RowMask((0..<150).map { $0 % 4 != 1 })])
  }

  @Test(arguments: DiscoveryCase.names) func theEmbeddingIsThatOfSciPy(name: String) throws {
    let table = try DiscoveryCase(name)
    let output = try run(table.features, table.labels, table.known, table.clusters)
    let expected = try #require(table.expected["embedding"]).matrix
    let found = output.embedding.matrix.selecting(rows: table.expected["rows"]?.integers ?? [])
    #expect(relativeError(found.alignedSigns(with: expected), expected) < 1e-5)
    let squares = squaredDistances(among: table.features.matrix)
    let longest = try SpectralEmbedding.longestEdge(squares, StageContext()).squareRoot()
    #expect(isClose(longest, try #require(table.expected["longest"]?.number), 1e-5))
  }

  @Test func ringsAroundAKnownCloudAreFound() throws {
    var random = RandomStream(seed: 2)
    // A known cloud, and two rings around it, which no centre could tell apart.
    let rows = (0..<600).map { row -> [Float] in
      let (x, y) = (random.normal(), random.normal())
      let radius = [0.0, 4, 8][row % 3]
      let length = (x * x + y * y).squareRoot()
      let scale = radius == 0 ? 0.4 : (radius + 0.15 * random.normal()) / length
      return [Float(scale * x), Float(scale * y)]
    }
    let labels = Labels(integers: (0..<600).map { $0 % 3 })
    let known = RowMask((0..<600).map { $0 % 3 == 0 })
    let output = try run(Features(Matrix(rows)), labels, known, 2) {
      ($0.components, $0.similarity) = (2, 1e-6)
    }
    let rings = known.heldOutRows
    let first = output.assignment.clusters[1]
    #expect(rings.allSatisfy { (output.assignment.clusters[$0] == first) == ($0 % 3 == 1) })
  }

  @Test func errorsSayWhatToDo() throws {
    func error(_ rows: [[Float]], _ change: (inout NCDSpectral.Parameters) -> Void = { _ in }) -> String {
      let known = RowMask(rows.indices.map { $0 < 2 })
      let labels = Labels(integers: rows.indices.map { $0 < 2 ? 0 : 1 })
      do { return "\(try run(Features(Matrix(rows)), labels, known, 1, change))" } catch { return "\(error)" }
    }
    #expect(
      error([[1], [1], [1], [1]]) == """
        error[outOfRange]: all rows are the same, so there is no distance to compare with
          rows: 4
        """)
    #expect(
      error([[1], [2], [3]]) == """
        error[tooFewRows]: there are not more rows than components
          rows:       3
          components: 3
          hint: ask for fewer components
        """)
  }
}
