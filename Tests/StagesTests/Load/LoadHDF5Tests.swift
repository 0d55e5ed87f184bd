import Artifacts
import Diagnostics
import Foundation
import HDF5
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct LoadHDF5Tests {
  private let folder: LoadFolder
  private static let fixtures = TestFolder.fixtures.appending(path: "hdf5").path

  init() throws { folder = try LoadFolder() }

  private func load(_ parameters: String) throws -> LoadHDF5.Output { try folder.load(parameters) }

  private func fixture(_ parameters: String) throws -> LoadHDF5.Output {
    try LoadFolder.load(parameters, from: Self.fixtures)
  }

  private func fingerprint(_ parameters: String) throws -> Digest {
    let json = try JSON.parse(SourceText(file: "config", parameters))
    return try LoadHDF5(parameters: .read(json)).resolved(against: folder.url.path).fingerprint()
  }

  @Test func goldenResult() throws {
    try Golden.check(
      LoadHDF5.self,
      cases: [
        "features": #"{"file": "h5py.h5"}"#,
        "all":
          #"{"file": "h5py.h5", "labels": "names", "groups": "subject", "split": "fold", "rows": [2, 12]}"#,
      ], folder: Self.fixtures)
  }

  @Test func lawsHoldForAFile() {
    let parameters = JSON.object([
      "file": .string("h5py.h5"), "labels": .string("labels"), "groups": .string("subject"),
      "split": .string("is-test"),
    ])
    #expect(Laws.check(LoadHDF5.self, parameters: parameters, folder: Self.fixtures) == [])
    #expect(Laws.check(LoadHDF5.self) == [])
  }

  // MARK: What is read

  @Test func filesOfH5pyAreRead() throws {
    let iris = try FixtureData.load("iris")
    let rows = Array(stride(from: 0, to: 150, by: 10))
    let output = try fixture(
      #"{"file": "h5py.h5", "labels": "labels", "groups": "subject", "split": "is-test"}"#)
    #expect(output.features.matrix == iris.features.matrix.selecting(rows: rows))
    #expect(output.labels == Labels(integers: rows.map { Int(iris.labels.indices[$0]) }))
    #expect(output.groups == Labels(integers: (0..<15).map { $0 / 2 }))
    #expect(output.given == Folds(heldOutIn: (0..<15).map { $0 % 5 == 4 ? 0 : -1 }, count: 1))
  }

  @Test func textLabelsBecomeClassesInOrder() throws {
    for name in ["names", "fixed-names"] {
      let labels = try fixture(#"{"file": "h5py.h5", "labels": "\#(name)"}"#).labels
      #expect(labels?.names == ["setosa", "versicolor", "virginica"])
      #expect(labels?.indices == (0..<15).map { Int32($0 / 5) })
    }
  }

  @Test func elementTypesAndByteOrdersAgree() throws {
    let features = try fixture(#"{"file": "h5py.h5"}"#).features
    for name in ["float32", "big-endian"] {
      #expect(try fixture(#"{"file": "h5py.h5", "features": "copies/\#(name)"}"#).features == features)
    }
    let half = try fixture(#"{"file": "h5py.h5", "features": "copies/float16"}"#).features
    #expect(relativeError(half.matrix, features.matrix) < 1e-3)
    let tenths = try fixture(#"{"file": "h5py.h5", "features": "copies/tenths"}"#).features
    #expect(tenths.matrix.elements == features.matrix.elements.map { ($0 * 10).rounded() })
  }

  @Test func aSplitOfSeveralFoldsIsGiven() throws {
    let given = try fixture(#"{"file": "h5py.h5", "split": "fold"}"#).given
    #expect(given == Folds(heldOutIn: (0..<15).map { Int32($0 % 3) }, count: 3))
  }

  @Test func rowsAreCutFromEveryDataSet() throws {
    try folder.table { try $0.write([UInt8(1), 0, 1, 0], shape: [4], to: "split") }
    let output = try load(
      #"{"file": "table.h5", "labels": "labels", "groups": "labels", "split": "split", "rows": [1, 3]}"#)
    #expect(output.features.matrix == Matrix([[3, 4], [5, 6]]))
    #expect(output.labels == Labels(strings: ["a", "b"]))
    #expect(output.groups == output.labels)
    #expect(output.given == Folds(heldOutIn: [-1, 0], count: 1))
  }

  @Test func whatIsNotNamedIsAbsent() throws {
    try folder.table()
    let output = try load(#"{"file": "table.h5"}"#)
    #expect(output.labels == nil && output.groups == nil && output.given == nil)
    let stage = try LoadHDF5(parameters: .read(.object(["labels": .string("labels")])))
    #expect(stage.absentOutputs == ["groups", "given"])
  }

  // MARK: Paths and fingerprints

  @Test func relativePathsStartAtTheFolderOfTheConfig() {
    func path(_ text: String, _ folder: String) -> String {
      var parameters = LoadHDF5.Parameters()
      parameters.file = Locator(text)
      return LoadHDF5(parameters: parameters).resolved(against: folder).parameters.file.text
    }
    #expect(path("data/a.h5", "configs") == "configs/data/a.h5")
    #expect(path("data/a.h5", "/x/") == "/x/data/a.h5")
    #expect(path("data/a.h5", ".") == "data/a.h5")
    #expect(path("/data/a.h5", "configs") == "/data/a.h5")
    #expect(
      path("~/a.h5", "configs") == (ProcessInfo.processInfo.environment["HOME"] ?? "configs/~") + "/a.h5")
  }

  @Test func theFingerprintIsThatOfTheContent() throws {
    try folder.table()
    let first = try fingerprint(#"{"file": "table.h5", "labels": "labels"}"#)
    try folder.table { try $0.write([Float(1)], shape: [1], to: "unrelated") }
    let repacked = try HDF5Writer(creating: folder.path("copy.h5"))
    try repacked.write(["b", "a", "b", "c"], shape: [4], to: "y")
    try repacked.write(
      [Float(1), 2, 3, 4, 5, 6, 7, 8], shape: [4, 2], to: "x",
      layout: .chunked([3, 1], gzip: 4, shuffle: true))
    try repacked.finish()
    #expect(try fingerprint(#"{"file": "table.h5", "labels": "labels"}"#) == first)
    #expect(try fingerprint(#"{"file": "copy.h5", "features": "x", "labels": "y"}"#) == first)
    #expect(try fingerprint(#"{"file": "table.h5"}"#) != first)
    #expect(try fingerprint(#"{"file": "table.h5", "groups": "labels"}"#) != first)
    #expect(try fingerprint(#"{"file": "table.h5", "labels": "labels", "rows": [0, 3]}"#) != first)
    try folder.table([1, 2, 3, 4, 5, 6, 7, 9])
    #expect(try fingerprint(#"{"file": "table.h5", "labels": "labels"}"#) != first)
  }

  @Test func sourcesNameFilesAndParts() throws {
    let parameters = JSON.object([
      "file": .string("a.h5"), "labels": .string("y"), "rows": .array([.integer(0), .integer(9)]),
    ])
    let stage = try LoadHDF5(parameters: .read(parameters))
    #expect(
      stage.sources == [SourceDescription(file: "a.h5", parts: "features = features, labels = y, rows 0..<9")]
    )
  }
}
