import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@testable import Stages

@Suite struct TransactionsTests {
  private func run(seed: UInt64 = 1, _ change: (inout Transactions.Parameters) -> Void = { _ in }) throws
    -> Transactions.Output
  {
    var parameters = Transactions.Parameters()
    change(&parameters)
    return try Transactions(parameters: parameters).run(NoPorts(), in: StageContext(seed: seed))
  }

  private func logarithms(_ features: Features, column: Int) -> [Double] {
    (0..<features.rows).map { log(Double(features.matrix[$0, column])) }
  }

  private func correlation(_ a: [Double], _ b: [Double]) -> Double {
    let count = Double(a.count)
    let (p, q) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
    let product = zip(a, b).reduce(0) { $0 + ($1.0 - p) * ($1.1 - q) }
    let (s, t) = (a.reduce(0) { $0 + ($1 - p) * ($1 - p) }, b.reduce(0) { $0 + ($1 - q) * ($1 - q) })
    return product / (s * t).squareRoot()
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Transactions.self,
      cases: [
        "default": "{}",
        "small": #"{"rows": 50, "informative": 4, "noise": 3, "groups": 2, "separation": 2}"#,
        "no noise": #"{"rows": 20, "informative": 3, "noise": 0}"#,
      ])
  }

  @Test func shapesAndGroupsAreAsAskedFor() throws {
    let output = try run { ($0.rows, $0.informative, $0.noise, $0.groups) = (25, 3, 4, 11) }
    #expect(output.features.rows == 25 && output.features.columns == 7)
    #expect(output.labels.indices == (0..<25).map { Int32($0 % 11) } && output.labels.names.count == 11)
  }

  @Test func countsAreWholeAndAmountsAreNot() throws {
    let matrix = try run().features.matrix
    for column in 0..<30 {
      let isWhole = (0..<2000).allSatisfy { matrix[$0, column] == matrix[$0, column].rounded() }
      #expect(isWhole == (column % 2 == 1))
    }
    #expect(matrix.elements.allSatisfy { $0 >= 0 && $0.isFinite })
  }

  @Test func logarithmsVaryByOneAboutTheirGroupsMean() throws {
    let output = try run { ($0.rows, $0.informative, $0.noise, $0.groups) = (40_000, 3, 2, 2) }
    var means: [Double] = []
    for group in 0..<2 {
      let rows = (0..<40_000).filter { $0 % 2 == group }
      let values = logarithms(output.features, column: 0)
      let own = rows.map { values[$0] }
      let mean = own.reduce(0, +) / 20_000
      let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
      #expect(abs(variance - 1) < 0.05)
      means.append(mean)
    }
    #expect(abs(means[0] - means[1]) > 0.2)
  }

  @Test func everyOtherNoiseColumnFollowsAnInformativeOne() throws {
    let output = try run {
      ($0.rows, $0.informative, $0.noise, $0.groups, $0.correlation) = (40_000, 1, 2, 1, 0.7)
    }
    let (first, follower, other) = (
      logarithms(output.features, column: 0), logarithms(output.features, column: 1),
      logarithms(output.features, column: 2)
    )
    #expect(abs(correlation(first, follower) - 0.7) < 0.02)
    #expect(abs(correlation(first, other)) < 0.02)
  }

  @Test func aLongerTableBeginsWithTheShorterOneAndAnotherSeedDiffers() throws {
    let (short, long) = try (run { $0.rows = 20 }, run { $0.rows = 3000 })
    #expect(long.features.matrix.selecting(rows: Array(0..<20)) == short.features.matrix)
    #expect(try run { $0.rows = 20 }.features == short.features)
    #expect(try run(seed: 2) { $0.rows = 20 }.features != short.features)
  }

  @Test func parametersThatDoNotFitAreRefused() {
    let error = #expect(throws: Diagnostics.self) {
      try Transactions.Parameters.read(.object(["rows": .integer(3), "groups": .integer(4)]))
    }
    #expect(
      error?.description
        == "error[outOfRange]: `groups` (4) must not be more than `rows` (3): every group has a row")
    let huge = #expect(throws: Diagnostics.self) {
      try Transactions.Parameters.read(.object(["rows": .integer(100_000_000)]))
    }
    #expect(huge?.description == "error[outOfRange]: the table must not have more than 2147483648 values")
  }
}
