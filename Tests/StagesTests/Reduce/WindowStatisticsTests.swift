import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct WindowStatisticsTests {
  private func run(_ features: Features, _ parameters: String) throws -> Matrix<Float> {
    let json = try JSON.parse(SourceText(file: "parameters", parameters))
    return try WindowStatistics(parameters: .read(json)).run(.init(features: features), in: StageContext())
      .embedding.matrix
  }

  @Test func goldenResult() throws {
    try Golden.check(
      WindowStatistics.self,
      cases: [
        "default": "{}",
        "two channels": #"{"channels": 2, "statistics": ["kurtosis", "mean"], "domains": ["time"]}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases) func agreesWithScipy(data: FixtureData) throws {
    let table = try LearnerCase(data.rawValue)
    let expected = try #require(Fixture.json("window-statistics.json")[data.rawValue]?.matrix)
    let rows = Array(stride(from: 0, to: table.features.rows, by: 15))
    let found = try run(Features(table.features.matrix.selecting(rows: rows)), "{}")
    #expect(found.columns == 12)
    for column in 0..<12 {
      let error = relativeError(
        rows.indices.map { Double(found[$0, column]) }, rows.indices.map { Double(expected[$0, column]) })
      #expect(error < 1e-5, "column \(column)")
    }
  }

  @Test func numbersComeByChannelThenDomainThenStatistic() throws {
    let rows = Features(Matrix([[1, 3, 10, 30]]))
    // |X| of 1, 3 is 4, 2; that of 10, 30 is 40, 20.
    #expect(
      try run(rows, #"{"channels": 2, "statistics": ["mean", "deviation"]}"#)
        == Matrix([[2, 1, 3, 1, 20, 10, 30, 10]]))
    #expect(
      try run(rows, #"{"channels": 2, "statistics": ["deviation", "median"], "domains": ["time"]}"#)
        == Matrix([[1, 2, 10, 20]]))
  }

  @Test func equalSamplesHaveNoShape() throws {
    let found = try run(
      Features(Matrix(rows: 1, columns: 7, repeating: 0.1)), #"{"domains": ["time"]}"#)
    #expect(found == Matrix([[0.1, 0.1, found[0, 2], 0, 0, 0]]) && found[0, 2] < 1e-8)
  }

  @Test func columnsThatChannelsCannotShareAreRefused() {
    let error = #expect(throws: StageError.self) {
      try run(Features(Matrix(rows: 2, columns: 7, repeating: 1)), #"{"channels": 3}"#)
    }
    #expect(
      error?.description == """
        error[badShape]: the columns cannot be shared out evenly among the channels
          columns:  7
          channels: 3
          hint: a row holds as many samples of each channel
        """)
  }
}
