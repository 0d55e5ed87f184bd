import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra

/// The folders of these tests, found from the place of this file.
enum TestFolder {
  /// `Tests/StagesTests`.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  /// `Sources/Stages`.
  static let stages = root.appending(path: "../../Sources/Stages").standardized
  /// Values of trusted implementations, with the scripts that made them.
  static let fixtures = root.appending(path: "Fixtures")
  /// Results of every stage at its revision.
  static let golden = root.appending(path: "Golden")
}

/// The data sets that stages are tried on.
enum FixtureData: String, CaseIterable {
  case iris, wine
  case breastCancer = "breast_cancer"
  case digits

  /// The features and labels of a data set by its name in scikit-learn.
  static func load(_ name: String) throws -> (features: Features, labels: Labels) {
    guard let data = FixtureData(rawValue: name), let table = tables[data] else {
      throw Diagnostic(.unknownName, "there is no data set `\(name)`")
    }
    return table
  }

  /// The features and labels.
  func load() throws -> (features: Features, labels: Labels) { try Self.load(rawValue) }

  private static let tables: [FixtureData: (features: Features, labels: Labels)] = {
    Dictionary(uniqueKeysWithValues: allCases.compactMap { data in (try? data.read()).map { (data, $0) } })
  }()

  private func read() throws -> (features: Features, labels: Labels) {
    let isPacked = self == .digits
    let file = TestFolder.fixtures.appending(path: "data/\(rawValue).\(isPacked ? "base17" : "csv")")
    var values: [Float] = []
    var classes: [Int] = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: ",")
      if isPacked {
        values += parts[0].utf8.map { Float($0 < 58 ? $0 - 48 : $0 - 87) }
      } else {
        values += parts.dropLast().map { Float(Double($0) ?? .nan) }
      }
      classes.append(Int(parts[parts.count - 1]) ?? -1)
    }
    let matrix = Matrix(rows: classes.count, columns: values.count / classes.count, elements: values)
    return (Features(matrix), Labels(integers: classes))
  }
}

/// A JSON file among the fixtures.
enum Fixture {
  /// Reads `Fixtures/<path>`.
  static func json(_ path: String) throws -> JSON {
    let bytes = try Data(contentsOf: TestFolder.fixtures.appending(path: path))
    return try JSON.parse(SourceText(file: path, bytes: Array(bytes)))
  }
}

extension JSON {
  /// The numbers of a list, or of a list of lists row after row; empty for anything else.
  var doubles: [Double] {
    (items ?? []).flatMap { item in item.number.map { [$0] } ?? item.doubles }
  }

  /// The whole numbers of a list.
  var integers: [Int] { (items ?? []).compactMap(\.integer) }

  /// A matrix from a list of rows.
  var matrix: Matrix<Float> {
    let rows = items ?? []
    return Matrix(rows: rows.count, columns: rows.first?.items?.count ?? 0, elements: doubles.map(Float.init))
  }
}
