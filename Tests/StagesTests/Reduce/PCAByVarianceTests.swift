import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct PCAByVarianceTests {
  private func run(_ features: Features, share: Double, fitRows: RowMask? = nil) throws
    -> PCAByVariance.Output
  {
    var parameters = PCAByVariance.Parameters()
    parameters.share = share
    return try PCAByVariance(parameters: parameters).run(
      .init(features: features, fitRows: fitRows), in: StageContext())
  }

  @Test func goldenResult() throws {
    try Golden.check(PCAByVariance.self, cases: ["default": "{}", "most": #"{"share": 0.99}"#])
  }

  /// The numbers are those of scikit-learn's PCA on the fit rows.
  @Test(arguments: [
    ("iris", [1, 2, 4]), ("wine", [1, 1, 2]), ("breast_cancer", [1, 1, 3]), ("digits", [5, 29, 49]),
  ])
  func keepsAsManyComponentsAsScikitLearn(data: (name: String, counts: [Int])) throws {
    let table = try LearnerCase(data.name)
    for (share, count) in zip([0.5, 0.95, 0.999], data.counts) {
      let output = try run(table.features, share: share, fitRows: table.fitRows)
      #expect(output.spectrum.values.count == count)
      var parameters = PCA.Parameters()
      parameters.components = count
      let expected = try PCA(parameters: parameters).run(
        .init(features: table.features, fitRows: table.fitRows), in: StageContext())
      #expect(relativeError(output.embedding.matrix, expected.embedding.matrix) < 1e-5)
      #expect(relativeError(output.spectrum.values, expected.spectrum.values) < 1e-6)
      #expect(isClose(output.spectrum.total, expected.spectrum.total, 1e-6))
    }
  }

  @Test func fewerRowsThanColumnsAreProjectedByTheirProducts() throws {
    let table = try LearnerCase("digits").thinned(by: 40)
    let output = try run(table.features, share: 0.9, fitRows: table.fitRows)
    let kept = output.spectrum.values.reduce(0, +) / output.spectrum.total
    let last = try #require(output.spectrum.values.last) / output.spectrum.total
    #expect(kept > 0.9 && kept - last <= 0.9)
  }

  @Test func equalRowsAreRefused() {
    let error = #expect(throws: StageError.self) {
      try run(Features(Matrix(rows: 5, columns: 2, repeating: 3)), share: 0.9)
    }
    #expect(
      error?.description == """
        error[rankDeficient]: all fit rows are equal, so they have no component
          fit rows: 5
          columns:  2
        """)
  }
}
