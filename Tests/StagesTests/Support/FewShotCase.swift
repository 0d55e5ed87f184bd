import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit

/// A data set with rows of length 1, some of them kept for validation, and texts of the classes, as the fixtures of the
/// few-shot probes have it.
struct FewShotCase {
  let features: Features
  let labels: Labels
  let mask: RowMask
  let texts: ClassTexts
  /// What the fixture holds.
  let expected: JSON

  init(_ name: String) throws {
    let table = try FixtureData.load(name)
    labels = table.labels
    var matrix = table.features.matrix
    for row in 0..<matrix.rows {
      let length = matrix.row(row).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      for column in 0..<matrix.columns { matrix[row, column] = Float(Double(matrix[row, column]) / length) }
    }
    features = Features(matrix)
    var others = 0
    mask = RowMask(
      roles: (0..<matrix.rows).map { row in
        if row % 5 == 4 { return .test }
        others += 1
        return others % 4 == 0 ? .validation : .fit
      })
    expected = try Fixture.json("few-shot/\(name).json")
    texts = ClassTexts(expected["texts"]?.matrix ?? Matrix(rows: 0, columns: 0))
  }

  /// The predicted classes of the test rows.
  func tested(_ predictions: Predictions) -> [Int] { mask.testRows.map { Int(predictions.classes[$0]) } }

  /// What a stage gives with parameters as JSON.
  func run(_ type: any Stage.Type, _ parameters: String = "{}") throws -> [String: any Artifact] {
    let json = try JSON.parse(SourceText(file: "parameters", parameters))
    let stage = StageType(type)
    let all: [String: any Artifact] = [
      "features": features, "labels": labels, "fitRows": mask, "texts": texts,
    ]
    let ports = all.filter { input in stage.inputs.contains { $0.name == input.key } }
    return try stage.configured(json).run(ports, in: StageContext())
  }
}

/// Inputs of four rows in two columns, two for each class, and texts that point along the columns.
enum TinyShots {
  static let features = Features(Matrix([[1, 0], [0.8, 0.6], [0, 1], [0.6, 0.8]]))
  static let labels = Labels(strings: ["a", "a", "b", "b"])
  static let texts = ClassTexts(Matrix([[1, 0], [0, 1]]))

  /// The error of a stage with parameters as JSON; "no error" if there is none.
  static func error(
    _ type: any Stage.Type, _ parameters: String = "{}", _ changes: [String: any Artifact] = [:],
    without missing: String = ""
  ) throws -> String {
    let json = try JSON.parse(SourceText(file: "parameters", parameters))
    let stage = StageType(type)
    let given: [String: any Artifact] = ["features": features, "labels": labels, "texts": texts]
    let ports = given.merging(changes) { $1 }.filter { input in
      input.key != missing && stage.inputs.contains { $0.name == input.key }
    }
    do {
      _ = try stage.configured(json).run(ports, in: StageContext())
      return "no error"
    } catch { return "\(error)" }
  }
}
