import Artifacts
import StageKit
import Testing

@testable import Stages

@Suite struct ForgettingTests {
  @Test func goldenResult() throws {
    let steps = StepPredictions(
      classes: (0..<150).flatMap { [Int32($0 / 50), Int32($0 % 3)] }, steps: 2, stepOf: [0, 0, 1],
      names: try FixtureData.iris.load().labels.names)
    try Golden.check(Forgetting.self, inputs: ["steps": steps])
  }

  /// Of the first step's classes 2 of 3 rows are right at first and 1 of 3 at the end.
  @Test func itIsTheFallOfTheFirstTask() throws {
    #expect(isClose(try measure(Forgetting.self, IncrementalAccuracyTests.inputs), 1 / 3.0, 1e-12))
  }

  /// Of the first task's two rows 1, 2, then 0 are right; of the second's one 0, then 1.
  @Test func theBestBeforeTheLastCounts() throws {
    let steps = StepPredictions(
      classes: [0, 0, 2, 1, 0, 1, -1, 2, 1, -1, 2, 2], steps: 3, stepOf: [0, 1, 2], names: ["a", "b", "c"])
    let inputs: [String: any Artifact] = ["steps": steps, "labels": Labels(strings: ["a", "a", "b", "c"])]
    #expect(isClose(try measure(Forgetting.self, inputs), (1 - 0 + (0 - 1)) / 2.0, 1e-12))
  }

  @Test func aSingleTaskForgetsNothing() throws {
    let steps = StepPredictions(classes: [0, 1], steps: 1, stepOf: [0, 0], names: ["a", "b"])
    #expect(try measure(Forgetting.self, ["steps": steps, "labels": Labels(strings: ["b", "a"])]) == 0)
  }
}
