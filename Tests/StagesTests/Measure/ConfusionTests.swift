import Artifacts
import Diagnostics
import StageKit
import Testing

@testable import Stages

@Suite struct ConfusionTests {
  private func confusion(_ inputs: [String: any Artifact]) throws -> ConfusionMatrix {
    let outputs = try StageType(Confusion.self).configured(.object([])).run(inputs, in: StageContext())
    return try #require(outputs["confusion"] as? ConfusionMatrix)
  }

  @Test func isThatOfScikitLearn() throws {
    for (inputs, item) in try predictionCases() {
      let expected = (item["confusion-matrix"]?.items ?? []).flatMap(\.integers)
      #expect(try confusion(inputs).counts.map(Int.init) == expected)
    }
  }

  @Test func rowsAreTrueClassesAndColumnsPredictedOnes() throws {
    let found = try confusion([
      "labels": Labels(strings: ["cat", "cat", "dog"]),
      "predictions": Predictions(classes: [0, 1, 2], names: ["cat", "dog", "fox"]),
    ])
    #expect(found.names == ["cat", "dog", "fox"])
    #expect(found.counts == [1, 1, 0, 0, 0, 1, 0, 0, 0])
    #expect(found[0, 1] == 1)
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(Confusion.self) }

  @Test func nothingHeldOutIsAnError() {
    #expect(measureError(Confusion.self, nothingHeldOut) == nothingHeldOutError)
  }
}
