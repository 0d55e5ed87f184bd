import Artifacts
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct NoiseTests {
  private func run(rows: Int, columns: Int, draw: Int = 0, seed: UInt64 = 1) throws -> Matrix<Float> {
    var parameters = Noise.Parameters()
    (parameters.rows, parameters.columns, parameters.draw) = (rows, columns, draw)
    return try Noise(parameters: parameters).run(NoPorts(), in: StageContext(seed: seed)).features.matrix
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Noise.self, cases: ["default": #"{"rows": 30}"#, "draw": #"{"rows": 9, "columns": 5, "draw": 3}"#])
  }

  @Test func numbersAreNormal() throws {
    let values = try run(rows: 4000, columns: 5).elements.map(Double.init)
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.04)
  }

  @Test func drawsAreIndependentAndLongTablesBeginAsShortOnes() throws {
    let (a, b) = (try run(rows: 2000, columns: 3), try run(rows: 2000, columns: 3, draw: 1))
    let product = zip(a.elements, b.elements).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / 6000
    #expect(abs(product) < 0.05)
    #expect(try run(rows: 100, columns: 3) == a.selecting(rows: Array(0..<100)))
  }
}
