import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct StandardizeTests {
  private let stage = Standardize(parameters: NoParameters())

  @Test func goldenResult() throws { try Golden.check(Standardize.self) }

  @Test(arguments: LinearMapCase.all) func agreesWithScikitLearn(data: LinearMapCase) throws {
    let output = try stage.run(.init(features: data.features, fitRows: data.fitRows), in: StageContext())
    #expect(data.columnError(output.features, "standardized") < 1e-6)
    #expect(relativeError(output.scale.elements.map(Double.init), data.numbers("scale")) < 1e-6)
    #expect(relativeError(output.mean.elements.map(Double.init), data.numbers("mean")) < 1e-6)
  }

  @Test func fitRowsHaveMeanZeroAndVarianceOne() throws {
    let features = Features(Matrix([[1, 5], [3, 9], [50, 0]]))
    let output = try stage.run(
      .init(features: features, fitRows: RowMask([true, true, false])), in: StageContext())
    #expect(output.features.matrix == Matrix([[-1, -1], [1, 1], [48, -3.5]]))
    #expect(output.scale == Matrix([[1, 2]]))
  }

  /// 0.1 has no exact sum: the deviation that is computed is not 0.
  @Test func aConstantColumnIsOnlyCentred() throws {
    let rows = 1001
    let features = Features(
      Matrix(rows: rows, columns: 1, elements: (0..<rows).map { $0 < 1000 ? 0.1 : 2.5 }))
    let output = try stage.run(
      .init(features: features, fitRows: RowMask((0..<rows).map { $0 < 1000 })), in: StageContext())
    #expect(output.features.matrix.elements.prefix(1000).allSatisfy { $0 == 0 })
    #expect(isClose(Double(output.features.matrix[1000, 0]), 2.4, 1e-6))
    #expect(output.scale[0, 0] == 1)
  }

  @Test func aTinyDeviationBesideALargeMeanIsKept() throws {
    let base: Float = 1_000_000
    let output = try stage.run(
      .init(features: Features(Matrix([[base], [base.nextUp]]))), in: StageContext())
    #expect(output.features.matrix == Matrix([[-1], [1]]))
  }

  @Test func aTableWithoutAFitRowIsRefused() {
    let error = #expect(throws: StageError.self) {
      try stage.run(
        .init(features: Features(Matrix([[1], [2]])), fitRows: RowMask([false, false])), in: StageContext())
    }
    #expect(
      error?.description == """
        error[tooFewRows]: there are too few rows to fit on
          fit rows: 0 of 2
          needed:   at least 1
        """)
  }
}
