import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct SyntheticViewsTests {
  private func run(_ change: (inout SyntheticViews.Parameters) -> Void) throws -> SyntheticViews.Output {
    var parameters = SyntheticViews.Parameters()
    change(&parameters)
    return try SyntheticViews(parameters: parameters).run(NoPorts(), in: StageContext(seed: 1))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      SyntheticViews.self,
      cases: [
        "default": #"{"samples": 4, "views": 3, "columns": 12}"#,
        "noise": #"{"samples": 5, "views": 2, "columns": 6, "signal": 2, "noise": 3, "floor": 0.1}"#,
      ])
  }

  @Test func columnsVaryAsTheyShould() throws {
    let output = try run { ($0.samples, $0.noise) = (300, 4) }
    #expect(output.groups == Labels(integers: (0..<3000).map { $0 / 10 }))
    let matrix = output.features.matrix
    let variances = columnVariances(of: matrix, means: columnMeans(of: matrix))
    #expect(variances.prefix(8).allSatisfy { abs($0 - 1.01) < 0.3 })
    #expect(variances[8..<12].allSatisfy { abs($0 - 1) < 0.12 })
    #expect(variances[12...].allSatisfy { abs($0 * 1e6 - 1) < 0.12 })
    // Views of a sample differ by the jitter alone.
    var square = 0.0
    for sample in 0..<300 {
      let difference = Double(matrix[sample * 10, 0] - matrix[sample * 10 + 1, 0])
      square += difference * difference
    }
    #expect(abs(square / 300 - 0.02) < 0.006)
  }

  @Test func moreColumnsThanThereAreAreRefused() {
    let error = #expect(throws: Diagnostics.self) {
      try StageType(SyntheticViews.self).configured(.object(["noise": .integer(60)]))
    }
    #expect(
      error?.all.first?.headline == "`signal` and `noise` (8 and 60) must not be more than `columns` (64)")
  }
}
