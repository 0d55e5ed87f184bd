import Artifacts
import Diagnostics
import Testing

@testable import Stages

@Suite struct BalancedAccuracyTests {
  @Test func isThatOfScikitLearn() throws { try expectPredictionMeasure(BalancedAccuracy.self) }

  @Test func keepsItsGoldenResult() throws { try Golden.check(BalancedAccuracy.self) }

  @Test func classesAreMatchedByName() throws {
    let inputs: [String: any Artifact] = [
      "labels": Labels(strings: ["cat", "cat", "dog", "dog"]),
      "predictions": Predictions(classes: [1, 0, 0, 0], names: ["dog", "cat"]),
    ]
    #expect(try isClose(measure(BalancedAccuracy.self, inputs), 0.75, 1e-12))
  }

  @Test func nothingHeldOutIsAnError() {
    #expect(measureError(BalancedAccuracy.self, nothingHeldOut) == nothingHeldOutError)
  }
}
