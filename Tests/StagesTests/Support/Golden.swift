import Artifacts
import Diagnostics
import Foundation
import StageKit
import Testing

/// Results that were recorded at a stage's revision: whoever changes results must raise it.
///
/// `PIPE_RECORD=1 swift test` records anew. Of each array the file holds the shape, some values and two sums.
enum Golden {
  /// Compares what a stage gives on iris, or on the inputs given, with what was recorded.
  ///
  /// - Parameters:
  ///   - cases: the parameters of each case as JSON.
  ///   - inputs: artifacts by port; those that are missing are taken from ``iris``.
  static func check(
    _ type: any Stage.Type, cases: KeyValuePairs<String, String> = ["default": "{}"],
    inputs: [String: any Artifact] = [:], folder: String = ".",
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let stage = StageType(type)
    let file = TestFolder.golden.appending(path: "\(stage.name).json")
    let found = try result(of: stage, cases, inputs, folder)
    if ProcessInfo.processInfo.environment["PIPE_RECORD"] == "1" {
      try Data((found.text(pretty: true) + "\n").utf8).write(to: file)
      return
    }
    guard let bytes = try? Data(contentsOf: file) else {
      Issue.record(
        "no golden file Golden/\(stage.name).json: record it with PIPE_RECORD=1",
        sourceLocation: sourceLocation)
      return
    }
    let recorded = try JSON.parse(SourceText(file: file.lastPathComponent, bytes: Array(bytes)))
    if let difference = difference(found, recorded, name: stage.name) {
      Issue.record(Comment(rawValue: difference), sourceLocation: sourceLocation)
    }
  }

  /// What is wrong with a result in the light of the recorded one; nil if they agree.
  static func difference(_ found: JSON, _ recorded: JSON, name: String) -> String? {
    guard found["revision"] == recorded["revision"] else {
      return "`\(name)` was recorded at another revision: record it anew with PIPE_RECORD=1"
    }
    let cases = found["cases"]?.members ?? []
    guard cases.map(\.key) == recorded["cases"]?.members?.map(\.key) else {
      return "the cases of `\(name)` are not those that were recorded: record them with PIPE_RECORD=1"
    }
    for item in cases {
      guard let place = firstDifference(item.value, recorded["cases"]?[item.key], item.key) else { continue }
      return """
        `\(name)` gives other results at the same revision: \(place)
        raise `revision` of the stage and record them with PIPE_RECORD=1
        """
    }
    return nil
  }

  private static func result(
    of stage: StageType, _ cases: KeyValuePairs<String, String>, _ inputs: [String: any Artifact],
    _ folder: String
  ) throws -> JSON {
    let available = try iris().merging(inputs) { $1 }
    let ports = available.filter { input in stage.inputs.contains { $0.name == input.key } }
    let results = try cases.map { name, text in
      let parameters = try JSON.parse(SourceText(file: name, text))
      let configured = try stage.configured(parameters, folder: folder)
      let outputs = try configured.run(ports, in: StageContext(seed: 1))
      let members = outputs.sorted { $0.key < $1.key }.map { JSON.Member($0.key, summary($0.value.encoded)) }
      let outcome = JSON.object(["parameters": parameters, "outputs": .object(members)])
      return JSON.Member(name, outcome)
    }
    return .object([
      "stage": .string(stage.name), "revision": .integer(stage.revision), "cases": .object(results),
    ])
  }
}

extension Golden {
  /// Inputs for every standard port: iris with every fifth row held out.
  static func iris() throws -> [String: any Artifact] {
    let (features, labels) = try FixtureData.load("iris")
    let rows = 0..<labels.rows
    let predicted = rows.map { $0 % 9 == 4 ? (labels.indices[$0] + 1) % 3 : labels.indices[$0] }
    let folds = Folds(heldOutIn: rows.map { Int32($0 % 5) }, count: 5)
    return [
      "features": features, "labels": labels, "groups": Labels(integers: rows.map { $0 / 4 }),
      "fitRows": RowMask(rows.map { $0 % 5 != 4 }), "folds": folds, "given": folds,
      "assignment": Assignment(clusters: rows.map { Int32($0 / 40) }, count: 4),
      "predictions": Predictions(classes: predicted, names: labels.names),
      "spectrum": Spectrum(values: [4.2, 0.24], total: 4.6),
    ]
  }

  /// An artifact in few numbers that any change would move.
  private static func summary(_ artifact: EncodedArtifact) -> JSON {
    let arrays = artifact.arrays.map { array in
      let values = array.doubles
      let step = max(1, values.count / 32)
      let picked = stride(from: 0, to: values.count, by: step).prefix(32).map { JSON.number(values[$0]) }
      let weighted = values.enumerated().reduce(0) { $0 + $1.element * cos(Double($1.offset)) }
      return JSON.object([
        "name": .string(array.name), "shape": .array(array.shape.map(JSON.integer)),
        "values": .array(picked), "absolute": .number(values.reduce(0) { $0 + abs($1) }),
        "weighted": .number(weighted),
      ])
    }
    return .object(["kind": .string(artifact.kind), "fields": artifact.fields, "arrays": .array(arrays)])
  }

  /// The first place where two values differ by more than 1e-5 of the largest number beside them.
  private static func firstDifference(_ a: JSON, _ b: JSON?, _ path: String, _ scale: Double = 0) -> String? {
    guard let b else { return "\(path) was not recorded" }
    if let x = a.number, let y = b.number {
      return abs(x - y) <= 1e-5 * max(scale, abs(y)) ? nil : "\(path) is \(x), recorded was \(y)"
    }
    if let mine = a.items, let theirs = b.items, mine.count == theirs.count {
      let largest = theirs.compactMap(\.number).reduce(0) { max($0, abs($1)) }
      for (index, pair) in zip(mine, theirs).enumerated() {
        if let found = firstDifference(pair.0, pair.1, "\(path)[\(index)]", largest) { return found }
      }
      return nil
    }
    if let mine = a.members, mine.map(\.key) == b.members?.map(\.key) {
      let sum = b["absolute"]?.number ?? 0
      for member in mine {
        let scale = member.key == "weighted" ? sum : 0
        if let found = firstDifference(member.value, b[member.key], "\(path).\(member.key)", scale) {
          return found
        }
      }
      return nil
    }
    return a == b ? nil : "\(path) is \(a.text()), recorded was \(b.text())"
  }
}

extension EncodedArray {
  /// The elements as numbers.
  fileprivate var doubles: [Double] {
    bytes.withUnsafeBytes { bytes in
      switch scalar {
      case .float32: bytes.bindMemory(to: Float.self).map(Double.init)
      case .float64: Array(bytes.bindMemory(to: Double.self))
      case .int32: bytes.bindMemory(to: Int32.self).map(Double.init)
      case .int64: bytes.bindMemory(to: Int64.self).map(Double.init)
      case .uint8: bytes.map(Double.init)
      }
    }
  }
}
