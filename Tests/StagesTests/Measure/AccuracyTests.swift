import Artifacts
import Diagnostics
import Testing

@testable import Stages

@Suite struct AccuracyTests {
  @Test func isThatOfScikitLearn() throws { try expectPredictionMeasure(Accuracy.self) }

  @Test func keepsItsGoldenResult() throws { try Golden.check(Accuracy.self) }

  @Test func classesAreMatchedByName() throws {
    let inputs: [String: any Artifact] = [
      "labels": Labels(strings: ["cat", "cat", "dog", "dog"]),
      "predictions": Predictions(classes: [1, 0, 0, 0], names: ["dog", "cat"]),
    ]
    #expect(try isClose(measure(Accuracy.self, inputs), 0.75, 1e-12))
  }

  @Test func nothingHeldOutIsAnError() {
    #expect(measureError(Accuracy.self, nothingHeldOut) == nothingHeldOutError)
  }
}
