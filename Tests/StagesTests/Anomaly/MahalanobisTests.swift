import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct MahalanobisTests {
  private static let none = #"{"covariance": "empirical"}"#

  @Test func goldenResult() throws {
    try Golden.check(
      Mahalanobis.self,
      cases: [
        "default": "{}", "empirical": Self.none, "trailing": #"{"components": {"trailing": {"share": 0.9}}}"#,
        "shrunk": #"{"covariance": {"shrunk": {"amount": 0.3}}}"#, "diagonal": #"{"covariance": "diagonal"}"#,
        "identity": #"{"covariance": "identity"}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases) func agreesWithScikitLearn(data: FixtureData) throws {
    let name = data.rawValue
    try expectScores(Mahalanobis.self, are: "auto", on: name)
    try expectScores(Mahalanobis.self, #"{"components": "leading"}"#, are: "leading", on: name)
    try expectScores(Mahalanobis.self, #"{"components": "trailing"}"#, are: "trailing", on: name)
    if data != .digits { try expectScores(Mahalanobis.self, Self.none, are: "none", on: name) }
    try expectScores(Mahalanobis.self, #"{"covariance": "identity"}"#, are: "euclidean", on: name)
    try expectScores(Mahalanobis.self, #"{"covariance": "diagonal"}"#, are: "standardized", on: name)
  }

  /// Columns of variance 4 and 1 about (1, 0).
  @Test func distancesCountStandardDeviations() throws {
    let rows = Features(Matrix([[3, 1], [3, -1], [-1, 1], [-1, -1], [7, 0], [1, 2]]))
    let fit = RowMask([true, true, true, true, false, false])
    let found = try scores(Mahalanobis.self, Self.none, rows, fit)
    #expect(relativeError(found, [2, 2, 2, 2].map { Double($0).squareRoot() } + [3, 2]) < 1e-6)
  }

  /// The mean square of the distances of the fit rows is the number of columns, whatever the covariance is.
  @Test func squaresAddUpToTheColumns() throws {
    let table = try LearnerCase("wine")
    let found = try scores(Mahalanobis.self, Self.none, table.features, table.fitRows)
    let squares = table.fitRows.fitRows.map { found[$0] * found[$0] }
    #expect(isClose(squares.reduce(0, +) / Double(squares.count), 13, 1e-5))
  }

  @Test func diagonalIsTheDistanceOfStandardizedRows() throws {
    let table = try LearnerCase("digits")
    let standardized = try Standardize(parameters: NoParameters())
      .run(.init(features: table.features, fitRows: table.fitRows), in: StageContext()).features
    let expected = try scores(Mahalanobis.self, #"{"covariance": "identity"}"#, standardized, table.fitRows)
    let found = try scores(Mahalanobis.self, #"{"covariance": "diagonal"}"#, table.features, table.fitRows)
    #expect(relativeError(found, expected) < 1e-6)
  }

  /// A rotation onto all components keeps lengths.
  @Test func identityIsTheSameInTheComponents() throws {
    let table = try LearnerCase("wine")
    let all = #"{"covariance": "identity", "components": {"trailing": {"share": 1e-9}}}"#
    let found = try scores(Mahalanobis.self, all, table.features, table.fitRows)
    let plain = try scores(Mahalanobis.self, #"{"covariance": "identity"}"#, table.features, table.fitRows)
    #expect(relativeError(found, plain) < 1e-6)
  }

  @Test func aSingularCovarianceIsRefusedWithoutShrinkage() {
    let rows = Features(Matrix([[1, 1], [2, 2], [3, 3], [5, 5]]))
    let error = #expect(throws: StageError.self) { try scores(Mahalanobis.self, Self.none, rows) }
    #expect(
      error?.description == """
        error[rankDeficient]: the covariance of the fit rows has no inverse
          fit rows:   4
          components: 2
          hint: shrink it: { "covariance": "ledoit-wolf" }, or use `leading` components
        """)
  }
}
