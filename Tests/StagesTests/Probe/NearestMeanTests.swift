import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct NearestMeanTests {
  @Test func goldenResult() throws {
    try Golden.check(NearestMean.self, cases: ["default": "{}", "cosine": #"{"metric": "cosine"}"#])
  }

  @Test(arguments: FixtureData.allCases) func agreesWithScikitLearn(data: FixtureData) throws {
    let table = try FewShotCase(data.rawValue)
    for metric in ["euclidean", "cosine"] {
      let found = try table.run(NearestMean.self, #"{"metric": "\#(metric)"}"#)
      let predictions = try #require(found["predictions"] as? Predictions)
      #expect(table.tested(predictions) == table.expected[metric]?.integers)
    }
  }

  /// (9, 3) is nearer to (10, 10) but at a smaller angle to (1, 0).
  @Test func lengthCountsForOneMetricOnly() throws {
    let features = Features(Matrix([[1, 0], [10, 10], [9, 3]]))
    let labels = Labels(strings: ["short", "long", "long"])
    for (metric, expected) in [(RowMetric.euclidean, Int32(0)), (.cosine, 1)] {
      var parameters = NearestMean.Parameters()
      parameters.metric = metric
      let output = try NearestMean(parameters: parameters).run(
        .init(features: features, labels: labels, fitRows: RowMask([true, true, false])), in: StageContext())
      #expect(output.predictions.classes[2] == expected)
      #expect(output.means.elements == [10, 10, 1, 0])
    }
  }

  @Test func oneClassIsAnError() throws {
    let error = try TinyShots.error(
      NearestMean.self, "{}", ["labels": Labels(strings: ["a", "a", "a", "a"])])
    #expect(error.hasPrefix("error[tooFewClasses]: all fit rows have the same class"))
  }
}
