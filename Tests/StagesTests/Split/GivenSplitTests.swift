import Artifacts
import Diagnostics
import StageKit
import Testing

@testable import Stages

@Suite struct GivenSplitTests {
  @Test func passesTheSplitOn() throws {
    let folds = Folds(heldOutIn: [0, -1, 1], count: 2)
    var parameters = GivenSplit.Parameters()
    parameters.folds = 2
    let stage = GivenSplit(parameters: parameters)
    #expect(try stage.run(GivenSplit.Input(given: folds), in: StageContext()).folds == folds)
    #expect(stage.foldCount == 2)
  }

  @Test func keepsTheLawsWithSeveralFolds() {
    let parameters = JSON.object(["folds": .integer(3)])
    let violations = Laws.check(GivenSplit.self, parameters: parameters) { inputs in
      ["given": inputs["folds"] ?? Folds.empty]
    }
    #expect(violations == [])
  }

  @Test func keepsItsGoldenResult() throws {
    try Golden.check(GivenSplit.self, cases: ["five folds": #"{ "folds": 5 }"#])
  }

  @Test func anotherNumberOfFoldsIsAnError() {
    let input = GivenSplit.Input(given: Folds(heldOutIn: [0, -1, 1], count: 2))
    let error = #expect(throws: Diagnostic.self) {
      try GivenSplit(parameters: GivenSplit.Parameters()).run(input, in: StageContext())
    }
    #expect(
      error?.description == """
        error[outOfRange]: the data come with another number of folds
          folds of the data: 2
          `folds`:           1
          hint: set `folds` to 2
        """)
  }
}
