import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@testable import Stages

@Suite struct RankMeTests {
  @Test func goldenResult() throws {
    try Golden.check(RankMe.self, cases: ["default": "{}", "rank": #"{"epsilon": 0, "centered": true}"#])
  }

  @Test func isThatOfNumpy() throws {
    let cases = try representationCases("ranks")
    #expect(cases.count == 4)
    for item in cases {
      let features = try FixtureData.load(try #require(item["data"]?.string)).features
      let found = try measure(RankMe.self, "{}", ["features": features])
      #expect(isClose(found, try #require(item["rank-me"]?.number), 1e-6))
      let rank = try measure(RankMe.self, #"{"epsilon": 0, "centered": true}"#, ["features": features])
      #expect(isClose(rank, try #require(item["effective rank"]?.number), 1e-6))
    }
  }

  @Test func evenDirectionsAllCount() throws {
    let axes = Features(Matrix([[2, 0, 0], [0, 2, 0], [0, 0, 2], [0, 0, 0]]))
    #expect(isClose(try measure(RankMe.self, #"{"epsilon": 0}"#, ["features": axes]), 3, 1e-12))
    let one = Features(Matrix([[1, 2], [2, 4], [-1, -2]]))
    #expect(isClose(try measure(RankMe.self, #"{"epsilon": 0}"#, ["features": one]), 1, 1e-12))
  }

  @Test func smallSingularValuesKeepTheirDigits() throws {
    // 1 and 1e-6: their squares are 1e-12 apart.
    let table = Features(Matrix([[1, 0], [0, 1e-6]]))
    let share = 1 / 1.000001
    let expected = -(share * log(share) + (1 - share) * log(1 - share))
    let found = try measure(RankMe.self, #"{"epsilon": 0}"#, ["features": table])
    #expect(isClose(log(found), expected, 1e-6))
  }

  @Test func wideTablesAreMeasuredByTheirRows() throws {
    let features = normalFeatures(rows: 12, columns: 30, seed: 4)
    let turned = Features(features.matrix.transposed)
    let (wide, long) = (
      try measure(RankMe.self, "{}", ["features": features]),
      try measure(RankMe.self, "{}", ["features": turned])
    )
    #expect(isClose(wide, long, 1e-9))
  }

  @Test func zerosAreAnError() {
    #expect(
      measureError(RankMe.self, "{}", ["features": Features(Matrix([[0, 0], [0, 0], [0, 0]]))]) == """
        error[rankDeficient]: the features have no singular value above 0
          rows:    3
          columns: 2
        """)
  }
}
