import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct BlobsTests {
  private func run(seed: UInt64 = 1, _ change: (inout Blobs.Parameters) -> Void = { _ in }) throws
    -> Blobs.Output
  {
    var parameters = Blobs.Parameters()
    change(&parameters)
    return try Blobs(parameters: parameters).run(NoPorts(), in: StageContext(seed: seed))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Blobs.self,
      cases: [
        "default": "{}", "wide": #"{"rows": 40, "columns": 12, "classes": 4, "spread": 2, "decay": 1}"#,
      ])
  }

  @Test func classesComeInTurn() throws {
    let output = try run {
      $0.rows = 7
      $0.columns = 3
    }
    #expect(output.labels == Labels(indices: [0, 1, 2, 0, 1, 2, 0], names: ["0", "1", "2"]))
    #expect(output.features.rows == 7 && output.features.columns == 3)
  }

  @Test func withoutSpreadARowIsItsCentre() throws {
    let output = try run { ($0.rows, $0.spread) = (9, 0) }
    for row in 3..<9 { #expect(output.features.matrix.row(row) == output.features.matrix.row(row % 3)) }
    #expect(output.features.matrix.elements.allSatisfy { abs($0) <= 10 })
    #expect(output.features.matrix.row(0) != output.features.matrix.row(1))
  }

  @Test func theSpreadIsThatOfTheColumns() throws {
    let output = try run { ($0.rows, $0.columns, $0.classes, $0.spread, $0.decay) = (40_000, 4, 1, 3, 1) }
    let means = columnMeans(of: output.features.matrix)
    let variances = columnVariances(of: output.features.matrix, means: means)
    for (column, variance) in variances.enumerated() {
      #expect(isClose(variance, 9 / Double(column + 1), 0.03))
    }
  }

  @Test func aLongerTableBeginsWithTheShorterOne() throws {
    let (short, long) = try (run { $0.rows = 20 }, run { $0.rows = 5000 })
    #expect(long.features.matrix.selecting(rows: Array(0..<20)) == short.features.matrix)
  }

  @Test func anotherSeedGivesOtherRows() throws {
    #expect(try run().features == run().features)
    #expect(try run().features != run(seed: 2).features)
  }

  @Test func parametersThatDoNotFitAreRefused() {
    let error = #expect(throws: Diagnostics.self) {
      try Blobs.Parameters.read(.object(["rows": .integer(3), "classes": .integer(4)]))
    }
    #expect(
      error?.description
        == "error[outOfRange]: `classes` (4) must not be more than `rows` (3): every class has a row")
    let huge = #expect(throws: Diagnostics.self) {
      try Blobs.Parameters.read(.object(["rows": .integer(1_000_000_000), "columns": .integer(1_000_000)]))
    }
    let said = "`rows` × `columns` (1000000000 × 1000000) must not be more than 2147483648 values"
    #expect(huge?.description == "error[outOfRange]: \(said)")
  }
}
