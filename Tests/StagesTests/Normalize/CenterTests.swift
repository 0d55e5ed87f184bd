import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct CenterTests {
  private let stage = Center(parameters: NoParameters())

  @Test func goldenResult() throws { try Golden.check(Center.self) }

  @Test func theMeanOfTheFitRowsIsSubtracted() throws {
    let features = Features(Matrix([[1, 10], [3, 30], [100, -7]]))
    let output = try stage.run(
      .init(features: features, fitRows: RowMask([true, true, false])), in: StageContext())
    #expect(output.features.matrix == Matrix([[-1, -10], [1, 10], [98, -27]]))
    #expect(output.mean == Matrix([[2, 20]]))
  }

  @Test func everyRowIsFittedOnWithoutAMask() throws {
    let output = try stage.run(.init(features: Features(Matrix([[1], [2], [6]]))), in: StageContext())
    #expect(output.features.matrix == Matrix([[-2], [-1], [3]]))
  }

  @Test(arguments: LinearMapCase.all) func meansAreThoseOfScikitLearn(data: LinearMapCase) throws {
    let output = try stage.run(.init(features: data.features, fitRows: data.fitRows), in: StageContext())
    #expect(relativeError(output.mean.elements.map(Double.init), data.numbers("mean")) < 1e-6)
  }

  @Test func aResultBeyondTheLargestNumberIsRefused() {
    let features = Features(Matrix([[-3e38], [3e38]]))
    let error = #expect(throws: StageError.self) {
      try stage.run(.init(features: features, fitRows: RowMask([true, false])), in: StageContext())
    }
    #expect(
      error?.description == """
        error[outOfRange]: the result goes beyond the largest Float32, about 3.4e38
          hint: scale the features down first
        """)
  }
}
