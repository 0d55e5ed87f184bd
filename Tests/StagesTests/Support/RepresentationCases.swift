import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

/// What a measure with parameters gives for features and what goes with their rows.
func measure(
  _ type: any Stage.Type, _ parameters: String, _ inputs: [String: any Artifact], seed: UInt64 = 1
) throws -> Double {
  let json = try JSON.parse(SourceText(file: "parameters", parameters))
  let outputs = try StageType(type).configured(json).run(inputs, in: StageContext(seed: seed))
  return try #require(outputs["measurement"] as? Measurement).value
}

/// The whole error of a measure with parameters.
func measureError(
  _ type: any Stage.Type, _ parameters: String, _ inputs: [String: any Artifact]
) -> String {
  do {
    return "no error: \(try measure(type, parameters, inputs))"
  } catch {
    return "\(error)"
  }
}

/// The cases of a fixture of representations.
func representationCases(_ name: String) throws -> [JSON] {
  try Fixture.json("representation/\(name).json").items ?? []
}

extension Features {
  /// The first rows.
  func prefix(rows count: Int) -> Features {
    Features(matrix.selecting(rows: Array(0..<min(count, rows))))
  }

  /// Some columns.
  func columns(_ range: Range<Int>) -> Features {
    var elements: [Float] = []
    for row in 0..<rows { elements += range.map { matrix[row, $0] } }
    return Features(Matrix(rows: rows, columns: range.count, elements: elements))
  }
}

/// Rows of independent normal numbers.
func normalFeatures(rows: Int, columns: Int, seed: UInt64) -> Features {
  var random = RandomStream(seed: seed)
  let elements = (0..<rows * columns).map { _ in Float(random.normal()) }
  return Features(Matrix(rows: rows, columns: columns, elements: elements))
}

/// The two sides of each case of the fixture of pairs, with the case.
func pairCases() throws -> [(inputs: [String: Features], expected: JSON)] {
  try representationCases("pairs").map { item in
    let table = try FixtureData.load(item["data"]?.string ?? "").features.prefix(rows: 250)
    let half = table.columns / 2 + 1
    return (["features": table.columns(0..<half), "other": table.columns(half..<table.columns)], item)
  }
}

/// Which directions are kept, by the names that the fixture of pairs has for them.
let keptDirections = [
  ("all", "\"all\""), ("0.99", "\"variance\""), ("0.9", #"{"variance": {"share": 0.9}}"#),
]
