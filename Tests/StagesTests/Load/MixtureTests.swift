import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct MixtureTests {
  private func run(_ components: [Component], seed: UInt64 = 1) throws -> Mixture.Output {
    var parameters = Mixture.Parameters()
    parameters.components = components
    return try Mixture(parameters: parameters).run(NoPorts(), in: StageContext(seed: seed))
  }

  private func gaussian(_ rows: Int, _ mean: [Double], _ deviation: Double) -> Component {
    var gaussian = Component.Gaussian()
    (gaussian.rows, gaussian.mean, gaussian.deviation) = (rows, mean, deviation)
    return .gaussian(gaussian)
  }

  private func uniform(_ rows: Int, _ low: [Double], _ high: [Double]) -> Component {
    var uniform = Component.Uniform()
    (uniform.rows, uniform.low, uniform.high) = (rows, low, high)
    return .uniform(uniform)
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Mixture.self,
      cases: [
        "default": "{}",
        "rings": """
        { "components": [
          { "ring": { "rows": 30, "centre": [2, 0] } }, { "gaussian": { "rows": 5, "mean": [1, 1] } } ] }
        """,
      ])
  }

  @Test func componentsComeOneAfterTheOther() throws {
    let output = try run([gaussian(3, [10, 10, 10], 0), uniform(2, [0, 0, 0], [1, 2, 3])])
    #expect(output.labels == Labels(indices: [0, 0, 0, 1, 1], names: ["0", "1"]))
    #expect(output.features.columns == 3)
    for row in 0..<3 { #expect(output.features.matrix.row(row).allSatisfy { $0 == 10 }) }
  }

  @Test func cloudsHaveTheirMeansAndDeviations() throws {
    let features = try run([gaussian(40_000, [-1, 5], 0.5)]).features
    let means = columnMeans(of: features.matrix)
    let variances = columnVariances(of: features.matrix, means: means)
    #expect(abs(means[0] + 1) < 0.01 && abs(means[1] - 5) < 0.01)
    #expect(variances.allSatisfy { isClose($0, 0.25, 0.03) })
  }

  @Test func boxesAreEven() throws {
    let features = try run([uniform(40_000, [-3, 1], [3, 2])]).features
    let means = columnMeans(of: features.matrix)
    let variances = columnVariances(of: features.matrix, means: means)
    #expect(abs(means[0]) < 0.05 && abs(means[1] - 1.5) < 0.01)
    #expect(isClose(variances[0], 3, 0.03) && isClose(variances[1], 1.0 / 12, 0.03))
    for row in 0..<1000 {
      #expect((-3...3).contains(features.matrix[row, 0]) && (1...2).contains(features.matrix[row, 1]))
    }
  }

  @Test func distancesWithinARingAreEvenAndSoAreAngles() throws {
    var ring = Component.Ring()
    (ring.rows, ring.centre) = (40_000, [2, -1])
    let matrix = try run([.ring(ring)]).features.matrix
    let distances = (0..<matrix.rows).map { row -> Double in
      let (x, y) = (Double(matrix[row, 0]) - 2, Double(matrix[row, 1]) + 1)
      return (x * x + y * y).squareRoot()
    }
    #expect(distances.allSatisfy { (0.699_99...1.000_01).contains($0) })
    #expect(abs(distances.reduce(0, +) / 40_000 - 0.85) < 0.002)
    let means = columnMeans(of: matrix)
    #expect(abs(means[0] - 2) < 0.01 && abs(means[1] + 1) < 0.01)
    // A quarter of the rows in each quadrant.
    #expect(abs((0..<matrix.rows).count { matrix[$0, 0] > 2 && matrix[$0, 1] > -1 } - 10_000) < 400)
  }

  @Test func componentsThatDoNotFitAreRefused() {
    func said(_ text: String) -> String {
      do {
        _ = try Mixture.Parameters.read(JSON.parse(SourceText(file: "test", text)))
        return "nothing"
      } catch {
        return error.all.map(\.headline).joined(separator: "; ")
      }
    }
    #expect(
      said(#"{ "components": [ { "gaussian": { "mean": [0] } }, "ring" ] }"#)
        == "all components must have one number of columns, not 1 and 2")
    #expect(
      said(#"{ "components": [ { "uniform": { "low": [0], "high": [1, 2] } } ] }"#)
        == "`low` (1 values) and `high` (2) must have a value for each column")
    #expect(
      said(#"{ "components": [ { "uniform": { "low": [0, 3], "high": [1, 2] } } ] }"#)
        == "`low` of column 1 must not be above `high`")
    #expect(
      said(#"{ "components": [ { "ring": { "inner": 2, "outer": 1 } } ] }"#)
        == "`inner` (2.0) must not be above `outer` (1.0)")
    #expect(said(#"{ "components": [] }"#) == "`components` must be not empty")
  }
}
