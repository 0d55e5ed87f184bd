import Artifacts
import Diagnostics
import StageKit
import Testing

/// Scores with the truth, 1 for anomalies.
func scored(_ scores: [Double], _ truth: [Int]) -> [String: any Artifact] {
  ["scores": Scores(scores), "labels": Labels(integers: truth)]
}

/// Compares a measure of scores with scikit-learn in every case of the fixture.
func expectScoreMeasure(
  _ type: any Stage.Type, _ key: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws {
  let cases = try Fixture.json("measure/scores.json").items ?? []
  #expect(cases.count == 5, sourceLocation: sourceLocation)
  for item in cases {
    let inputs = scored(item["scores"]?.doubles ?? [], item["truth"]?.integers ?? [])
    let expected = try #require(item[key]?.number)
    #expect(abs(try measure(type, inputs) - expected) < 1e-9, sourceLocation: sourceLocation)
  }
}
