import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct RandomSampleTests {
  private func run(_ count: Int, of rows: Int, seed: UInt64 = 1) throws -> [Int] {
    var parameters = RandomSample.Parameters()
    parameters.rows = count
    let features = Features(Matrix(rows: rows, columns: 2))
    let stage = RandomSample(parameters: parameters)
    return try stage.run(.init(features: features), in: StageContext(seed: seed)).sample.fitRows
  }

  @Test func goldenResult() throws {
    try Golden.check(RandomSample.self, cases: ["default": "{}", "few": #"{"rows": 3}"#])
  }

  @Test func everyRowIsEquallyLikely() throws {
    var drawn = [Int](repeating: 0, count: 10)
    for seed in 0..<2000 {
      let rows = try run(3, of: 10, seed: UInt64(seed))
      #expect(rows.count == 3)
      for row in rows { drawn[row] += 1 }
    }
    #expect(drawn.allSatisfy { abs($0 - 600) < 100 }, "\(drawn)")
  }

  @Test func allRowsAreChosenWhereThereAreNotMore() throws {
    #expect(try run(25, of: 4) == [0, 1, 2, 3])
  }

  @Test func noRowsAreRefused() throws {
    let error = try #require(throws: Diagnostic.self) { try run(1, of: 0) }
    #expect(error.code == .tooFewRows)
  }
}
