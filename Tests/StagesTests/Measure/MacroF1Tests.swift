import Artifacts
import Diagnostics
import Testing

@testable import Stages

@Suite struct MacroF1Tests {
  @Test func isThatOfScikitLearn() throws { try expectPredictionMeasure(MacroF1.self) }

  @Test func keepsItsGoldenResult() throws { try Golden.check(MacroF1.self) }

  @Test func classesAreMatchedByName() throws {
    let inputs: [String: any Artifact] = [
      "labels": Labels(strings: ["cat", "cat", "dog", "dog"]),
      "predictions": Predictions(classes: [1, 0, 0, 0], names: ["dog", "cat"]),
    ]
    #expect(try isClose(measure(MacroF1.self, inputs), 0.7333333333333333, 1e-12))
  }

  @Test func nothingHeldOutIsAnError() {
    #expect(measureError(MacroF1.self, nothingHeldOut) == nothingHeldOutError)
  }
}
