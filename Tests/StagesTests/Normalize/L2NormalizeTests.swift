import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct L2NormalizeTests {
  private let stage = L2Normalize(parameters: NoParameters())

  @Test func goldenResult() throws { try Golden.check(L2Normalize.self) }

  @Test(arguments: LinearMapCase.all) func agreesWithScikitLearn(data: LinearMapCase) throws {
    let output = try stage.run(.init(features: data.features), in: StageContext())
    let expected = try #require(data.rows("normalized"))
    #expect(relativeError(data.kept(output.features), expected) < 1e-6)
  }

  @Test func aRowOfZerosStays() throws {
    let output = try stage.run(.init(features: Features(Matrix([[0, 0], [3, -4]]))), in: StageContext())
    #expect(output.features.matrix == Matrix([[0, 0], [0.6, -0.8]]))
  }

  @Test func veryLargeAndVerySmallRowsGetLengthOne() throws {
    let output = try stage.run(
      .init(features: Features(Matrix([[3e38, 3e38], [3e-30, 0]]))), in: StageContext())
    let half = Float(0.5.squareRoot())
    #expect(output.features.matrix == Matrix([[half, half], [1, 0]]))
  }

  @Test func aTableWithoutRowsIsRefused() {
    let error = #expect(throws: StageError.self) {
      try stage.run(.init(features: Features(Matrix(rows: 0, columns: 3))), in: StageContext())
    }
    #expect(
      error?.description == """
        error[tooFewRows]: there are too few rows
          rows:   0
          needed: at least 1
        """)
  }
}
