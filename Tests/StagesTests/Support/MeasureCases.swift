import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

/// What a measure gives for some inputs.
func measure(_ type: any Stage.Type, _ inputs: [String: any Artifact]) throws -> Double {
  let outputs = try StageType(type).configured(.object([])).run(inputs, in: StageContext())
  return try #require(outputs["measurement"] as? Measurement).value
}

/// The whole error of a measure for some inputs.
func measureError(_ type: any Stage.Type, _ inputs: [String: any Artifact]) -> String {
  do {
    return "no error: \(try measure(type, inputs))"
  } catch {
    return "\(error)"
  }
}

/// The cluster of each row; −1 is noise.
func assignment(_ clusters: [Int], count: Int? = nil) -> Assignment {
  Assignment(clusters: clusters.map { Int32($0) }, count: count ?? (clusters.max() ?? -1) + 1)
}

/// Compares a measure of clusters with scikit-learn in every case of the fixture.
func expectClusterMeasure(
  _ type: any Stage.Type, sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws {
  let cases = try Fixture.json("measure/clusters.json").items ?? []
  #expect(cases.count == 14, sourceLocation: sourceLocation)
  for item in cases {
    let inputs: [String: any Artifact] = [
      "labels": Labels(integers: item["classes"]?.integers ?? []),
      "assignment": assignment(item["clusters"]?.integers ?? []),
    ]
    let expected = try #require(item[type.name]?.number)
    let found = try measure(type, inputs)
    #expect(abs(found - expected) < 1e-6, "\(item["name"]?.string ?? "")", sourceLocation: sourceLocation)
  }
}

/// Compares a measure of clusters in a space with scikit-learn in every case of the fixture.
func expectSpaceMeasure(
  _ type: any Stage.Type, sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws {
  let cases = try Fixture.json("measure/silhouettes.json").items ?? []
  #expect(cases.count == 3, sourceLocation: sourceLocation)
  for item in cases {
    let name = try #require(item["name"]?.string)
    let found = try measure(
      type,
      [
        "features": FixtureData.load(name).features,
        "assignment": assignment(item["clusters"]?.integers ?? []),
      ])
    let expected = try #require(item[type.name]?.number)
    #expect(abs(found - expected) < 1e-6 * max(1, expected), "\(name)", sourceLocation: sourceLocation)
  }
}

/// What measures that compare rows across clusters refuse: one cluster, only singletons, numbers that are not finite.
func expectComparisonErrors(
  _ type: any Stage.Type, sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  func error(_ rows: [[Float]], _ clusters: [Int]) -> String {
    measureError(type, ["features": Features(Matrix(rows)), "assignment": assignment(clusters)])
  }
  #expect(
    error([[0], [1], [10]], [1, 1, 1])
      == "error[tooFewClasses]: all rows are in one cluster, so there is no other to compare with",
    sourceLocation: sourceLocation)
  #expect(
    error([[0], [1], [10]], [0, 1, 2]) == """
      error[tooFewRows]: every row is a cluster of its own
        rows:     3
        clusters: 3
      """, sourceLocation: sourceLocation)
  #expect(
    error([[0, 1], [1, .infinity], [10, 0]], [0, 0, 1]) == """
      error[notFinite]: the features hold a value that is not finite
        value:  inf
        row:    1, counted from 0
        column: 1, counted from 0
        hint: remove the row, or replace the value
      """, sourceLocation: sourceLocation)
  #expect(
    error([[0]], [0]) == """
      error[tooFewRows]: there are too few rows
        rows:   1
        needed: at least 2
      """, sourceLocation: sourceLocation)
}

/// The inputs of each case of the fixture of predictions, with the case.
func predictionCases() throws -> [(inputs: [String: any Artifact], expected: JSON)] {
  try (Fixture.json("measure/predictions.json").items ?? []).map { item in
    let labels = Labels(integers: item["truth"]?.integers ?? [])
    let predicted = (item["predicted"]?.integers ?? []).map { Int32($0) }
    return (
      [
        "labels": labels, "predictions": Predictions(classes: predicted, names: labels.names),
        "fitRows": RowMask((item["held"]?.integers ?? []).map { $0 == 0 }),
      ], item
    )
  }
}

/// Compares a measure of predictions with scikit-learn in every case of the fixture.
func expectPredictionMeasure(
  _ type: any Stage.Type, sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws {
  let cases = try predictionCases()
  #expect(cases.count == 6, sourceLocation: sourceLocation)
  for (inputs, item) in cases {
    let expected = try #require(item[type.name]?.number)
    let found = try measure(type, inputs)
    #expect(abs(found - expected) < 1e-6, "\(item["name"]?.string ?? "")", sourceLocation: sourceLocation)
  }
}

/// Four rows of which none is held out.
let nothingHeldOut: [String: any Artifact] = [
  "labels": Labels(integers: [0, 1, 0, 1]),
  "predictions": Predictions(classes: [0, 1, 0, 1], names: ["0", "1"]),
  "fitRows": RowMask([true, true, true, true]),
]

/// The error of a measure of predictions where nothing is held out.
let nothingHeldOutError = """
  error[tooFewRows]: no row is held out, so there is nothing to measure on
    rows: 4
    hint: let a splitter hold rows out, for instance `holdout`
  """
