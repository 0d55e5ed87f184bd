import Artifacts
import Diagnostics
import StageKit
import Testing

@testable import Stages

@Suite struct FoldRowsTests {
  private let folds = Folds(heldOutIn: [0, 1, -1, 1], count: 2)

  private func mask(_ fold: Int) throws -> RowMask {
    var parameters = FoldRows.Parameters()
    parameters.fold = fold
    return try FoldRows(parameters: parameters).run(FoldRows.Input(folds: folds), in: StageContext()).fitRows
  }

  @Test func fitsOnWhatTheFoldDoesNotHoldOut() throws {
    #expect(try mask(0).isFit == [false, true, true, true])
    #expect(try mask(1).isFit == [true, false, true, false])
  }

  @Test func keepsItsGoldenResult() throws {
    try Golden.check(FoldRows.self, cases: ["default": "{}", "third": #"{ "fold": 2 }"#])
  }

  @Test func aFoldThatDoesNotExistIsAnError() {
    let error = #expect(throws: Diagnostic.self) { try mask(2) }
    #expect(
      error?.description == """
        error[outOfRange]: there is no fold 2
          folds: 2, from 0
        """)
  }
}
