import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct ContaminateTests {
  private func run(
    _ features: Features, share: Double = 0.1, deviation: Double = 10, fitRows: RowMask? = nil,
    seed: UInt64 = 1
  ) throws -> Matrix<Float> {
    var parameters = Contaminate.Parameters()
    (parameters.share, parameters.deviation) = (share, deviation)
    return try Contaminate(parameters: parameters).run(
      .init(features: features, fitRows: fitRows), in: StageContext(seed: seed)
    ).features.matrix
  }

  /// The rows that two tables differ in.
  private func changed(_ a: Matrix<Float>, _ b: Matrix<Float>) -> [Int] {
    (0..<a.rows).filter { a.row($0) != b.row($0) }
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Contaminate.self, cases: ["default": "{}", "half": #"{"share": 0.5, "deviation": 0.1}"#])
  }

  @Test func replacesTheShareOfTheFitRowsAlone() throws {
    let iris = try LearnerCase("iris")
    for (share, count) in [(0.0, 0), (0.1, 12), (0.104, 12), (0.5, 60), (1, 120)] {
      let spoiled = try run(iris.features, share: share, fitRows: iris.fitRows)
      let rows = changed(spoiled, iris.features.matrix)
      #expect(rows.count == count)
      #expect(rows.allSatisfy { iris.fitRows.isFit[$0] })
    }
  }

  @Test func theNoiseHasMeanZeroAndItsDeviation() throws {
    let far = Features(Matrix(rows: 4000, columns: 5, repeating: 1000))
    let noise = try run(far, share: 1, deviation: 3)
    let means = columnMeans(of: noise)
    #expect(means.allSatisfy { abs($0) < 0.3 })
    #expect(columnVariances(of: noise, means: means).allSatisfy { isClose($0, 9, 0.15) })
  }

  @Test func theSeedDecidesAndAllRowsAreDrawnEvenly() throws {
    let table = Features(Matrix(rows: 100, columns: 2, repeating: 7))
    #expect(try run(table) == run(table))
    var counts = [Int](repeating: 0, count: 100)
    for seed in 1...400 {
      for row in try changed(run(table, seed: UInt64(seed)), table.matrix) { counts[row] += 1 }
    }
    #expect(counts.reduce(0, +) == 4000)
    // Binomial with mean 40 and deviation 6.
    #expect(counts.allSatisfy { (12...72).contains($0) })
  }

  @Test func noiseBeyondAllNumbersIsRefused() {
    let error = #expect(throws: StageError.self) {
      try run(Features(Matrix(rows: 9, columns: 4)), share: 1, deviation: 1e39)
    }
    #expect(error?.code == .outOfRange)
  }
}
