import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct PCAScoreTests {
  @Test func goldenResult() throws { try Golden.check(PCAScore.self) }

  @Test(arguments: ["iris", "wine", "breast_cancer"]) func agreesWithPyOD(name: String) throws {
    try expectScores(PCAScore.self, are: "pca", on: name)
  }

  /// One column, standardised: 0, 0, ±1 by √2; its only direction is that of the largest row.
  @Test func aSingleColumnIsMeasuredFromItsDirection() throws {
    let found = try scores(
      PCAScore.self, "{}", Features(Matrix([[-1], [0], [0], [1], [3]])),
      RowMask(
        [true, true, true, true, false]))
    // The first of the two largest rows, −√2, decides the sign: the direction is −1.
    let expected = [-2.0.squareRoot(), 0, 0, 2.0.squareRoot(), 3 * 2.0.squareRoot()].map { abs($0 + 1) }
    #expect(relativeError(found, expected) < 1e-6)
  }

  @Test func equalFitRowsAreRefused() {
    let error = #expect(throws: StageError.self) {
      try scores(PCAScore.self, "{}", Features(Matrix([[1, 2], [1, 2], [1, 2]])))
    }
    #expect(error?.code == .rankDeficient)
  }
}
