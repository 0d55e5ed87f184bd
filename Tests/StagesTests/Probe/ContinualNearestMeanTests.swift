import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct ContinualNearestMeanTests {
  @Test func goldenResult() throws {
    try Golden.check(
      ContinualNearestMean.self,
      cases: [
        "default": "{}", "three": #"{"tasks": 3, "metric": "cosine"}"#,
        "random": #"{"tasks": 3, "order": "random"}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases) func agreesWithNumPy(data: FixtureData) throws {
    let table = try FewShotCase(data.rawValue)
    let streams = table.expected["streams"]?.items ?? []
    #expect(streams.count == (data == .digits ? 4 : 1))
    for expected in streams {
      let found = try table.run(ContinualNearestMean.self, #"{"tasks": \#(expected["tasks"]?.integer ?? 0)}"#)
      #expect(
        table.tested(try #require(found["predictions"] as? Predictions)) == expected["predictions"]?.integers)
      let inputs: [String: any Artifact] = [
        "steps": try #require(found["steps"]), "labels": table.labels, "fitRows": table.mask,
      ]
      let incremental = try measure(IncrementalAccuracy.self, inputs)
      #expect(isClose(incremental, expected["incremental"]?.number ?? 0, 1e-9))
      let forgetting = try measure(Forgetting.self, inputs)
      #expect(abs(forgetting - (expected["forgetting"]?.number ?? 9)) < 1e-9)
    }
  }

  @Test func theEndIsThatOfAllRowsAtOnceInAnyOrder() throws {
    let table = try FewShotCase("digits")
    for metric in ["euclidean", "cosine"] {
      let whole = try table.run(NearestMean.self, #"{"metric": "\#(metric)"}"#)
      let expected = table.tested(try #require(whole["predictions"] as? Predictions))
      for order in ["given", "random"] {
        let found = try table.run(
          ContinualNearestMean.self, #"{"tasks": 5, "order": "\#(order)", "metric": "\#(metric)"}"#)
        #expect(table.tested(try #require(found["predictions"] as? Predictions)) == expected)
      }
    }
  }

  @Test func onlyClassesThatCameArePredicted() throws {
    let table = try FewShotCase("digits")
    let found = try table.run(ContinualNearestMean.self, #"{"tasks": 4}"#)
    let steps = try #require(found["steps"] as? StepPredictions)
    #expect(steps.stepOf == [0, 0, 0, 1, 1, 1, 2, 2, 3, 3])
    for row in table.mask.heldOutRows {
      for step in 0..<4 { #expect(steps.stepOf[Int(steps[row, step])] <= Int32(step)) }
    }
    #expect(table.mask.fitRows.allSatisfy { steps[$0, 3] == -1 })
  }

  @Test func moreTasksThanClassesAreAnError() throws {
    #expect(
      try TinyShots.error(ContinualNearestMean.self, #"{"tasks": 3}"#) == """
        error[tooFewClasses]: there are more tasks than classes
          tasks:                   3
          classes of the fit rows: 2
          hint: lower `tasks`
        """)
  }

  @Test func lawsHoldInARandomOrder() {
    let parameters = JSON.object(["order": .string("random"), "tasks": .integer(3)])
    // With a single class, or two rows, there are fewer classes than tasks: a named error.
    #expect(Laws.check(ContinualNearestMean.self, parameters: parameters) == [])
  }
}
