import Artifacts
import StageKit
import Testing

@testable import Stages

@Suite struct IncrementalAccuracyTests {
  /// Classes a and b in the first step, c in the second; four test rows.
  static let inputs: [String: any Artifact] = [
    "steps": StepPredictions(
      classes: [0, 0, 1, 2, 0, 0, 1, 2, -1, -1], steps: 2, stepOf: [0, 0, 1], names: ["a", "b", "c"]),
    "labels": Labels(strings: ["a", "b", "b", "c", "c"]),
    "fitRows": RowMask([false, false, false, false, true]),
  ]

  @Test func goldenResult() throws {
    let steps = StepPredictions(
      classes: (0..<150).flatMap { [Int32($0 % 2), Int32($0 / 50)] }, steps: 2, stepOf: [0, 0, 1],
      names: try FixtureData.iris.load().labels.names)
    try Golden.check(IncrementalAccuracy.self, inputs: ["steps": steps])
  }

  /// After the first step 2 of 3 rows are right, after the second 2 of 4.
  @Test func itIsTheMeanOverTheTasks() throws {
    #expect(isClose(try measure(IncrementalAccuracy.self, Self.inputs), (2 / 3.0 + 0.5) / 2, 1e-12))
  }

  @Test func rowsThatAreKeptBackDoNotCount() throws {
    var inputs = Self.inputs
    inputs["fitRows"] = RowMask(roles: [.test, .validation, .test, .test, .unused])
    // After the first step 1 of 2 rows is right, after the second 2 of 3.
    #expect(isClose(try measure(IncrementalAccuracy.self, inputs), (1 / 2.0 + 2 / 3.0) / 2, 1e-12))
  }

  @Test func anUnpredictedRowIsAnError() {
    var inputs = Self.inputs
    inputs["fitRows"] = nil
    #expect(
      measureError(IncrementalAccuracy.self, inputs) == """
        error[tooFewRows]: a row that is to be measured was not predicted
          row: 4
        """)
  }

  @Test func withoutTestRowsThereIsNothingToMeasure() {
    var inputs = Self.inputs
    inputs["fitRows"] = RowMask([true, true, true, true, true])
    #expect(measureError(IncrementalAccuracy.self, inputs).hasPrefix("error[tooFewRows]: no row is held out"))
  }
}
