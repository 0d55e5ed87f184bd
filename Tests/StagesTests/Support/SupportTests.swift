import Artifacts
import Diagnostics
import LinearAlgebra
import Testing

@Suite struct SupportTests {
  @Test func dataSetsHaveTheirShapes() throws {
    let shapes = try FixtureData.allCases.map { data in
      let table = try data.load()
      return [table.features.rows, table.features.columns, table.labels.rows, table.labels.classCount]
    }
    #expect(shapes == [[150, 4, 150, 3], [178, 13, 178, 3], [569, 30, 569, 2], [1797, 64, 1797, 10]])
    let digits = try FixtureData.load("digits").features
    #expect(digits.matrix.elements.reduce(0, +) == 561_718)
  }

  @Test func aChangedResultAtTheSameRevisionIsReported() throws {
    func result(_ revision: Int, _ value: Double) -> JSON {
      .object([
        "revision": .integer(revision), "cases": .object(["default": .array([.number(value), .number(5)])]),
      ])
    }
    #expect(Golden.difference(result(1, 2), result(1, 2.00001), name: "x") == nil)
    #expect(
      Golden.difference(result(1, 2), result(1, 2.1), name: "x") == """
        `x` gives other results at the same revision: default[0] is 2.0, recorded was 2.1
        raise `revision` of the stage and record them with PIPE_RECORD=1
        """)
    #expect(
      Golden.difference(result(2, 2), result(1, 2), name: "x")
        == "`x` was recorded at another revision: record it anew with PIPE_RECORD=1")
  }

  @Test func relativeErrorsAreSharesOfTheLargestValue() {
    #expect(relativeError([1, 100], [2, 100]) == 0.01)
    #expect(relativeError([1, .nan], [1, 100]) == .infinity)
    #expect(relativeError([1], [1, 100]) == .infinity)
    #expect(isClose(1, 1.0000001, 1e-6))
    #expect(!isClose(1, 1.00001, 1e-6))
  }
}
