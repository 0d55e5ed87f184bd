import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

/// The scores of a detector with parameters as JSON.
func scores(
  _ type: any Stage.Type, _ parameters: String, _ features: Features, _ fitRows: RowMask? = nil
) throws -> [Double] {
  let json = try JSON.parse(SourceText(file: "parameters", parameters))
  var inputs: [String: any Artifact] = ["features": features]
  if let fitRows { inputs["fitRows"] = fitRows }
  let outputs = try StageType(type).configured(json).run(inputs, in: StageContext())
  return try #require(outputs["scores"] as? Scores).values
}

/// Compares the scores of held-out rows with those of the fixture under a key.
func expectScores(
  _ type: any Stage.Type, _ parameters: String = "{}", are key: String, on name: String,
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws {
  let table = try LearnerCase(name)
  let all = try scores(type, parameters, table.features, table.fitRows)
  let expected = try #require(Fixture.json("anomaly/\(name).json")[key]).doubles
  let found = table.fitRows.heldOutRows.map { all[$0] }
  #expect(relativeError(found, expected) < 1e-5, "\(key) of \(name)", sourceLocation: sourceLocation)
}
