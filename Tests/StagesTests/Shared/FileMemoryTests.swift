import Artifacts
import Diagnostics
import Foundation
import HDF5
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

/// Arrays that lie in files give the same bytes as arrays in memory.
@Suite(.serialized) struct FileMemoryTests {
  /// 17,000 × 256 numbers, 17 MB: above the least that goes into files.
  private static let rows = 17_000
  private static let columns = 256

  private func withTable(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var random = RandomStream(seed: 5)
    let values = (0..<Self.rows * Self.columns).map { index in
      Float(random.normal()) * Float(1 + index % Self.columns) / 40
    }
    let writer = try HDF5Writer(creating: folder + "/table.h5")
    try writer.write(values, shape: [Self.rows, Self.columns], to: "features")
    try writer.write(
      values, shape: [Self.rows, Self.columns], to: "packed",
      layout: .chunked([500, Self.columns], gzip: 1, shuffle: true))
    // More columns than one tile of a covariance has.
    try writer.write(values, shape: [Self.rows * 256 / 640, 640], to: "wide")
    try writer.finish()
    try body(folder)
  }

  private func load(_ file: String, _ dataSet: String) throws -> Features {
    let stage = try StageType(LoadHDF5.self).configured(
      .object(["file": .string(file), "features": .string(dataSet)]))
    return try #require(try stage.run([:], in: StageContext())["features"] as? Features)
  }

  /// What a stage makes of features with labels, of which every seventieth row is fitted on where a stage does that.
  private func results(_ stage: StageCase, _ features: Features) throws -> [String: Digest] {
    var inputs: [String: any Artifact] = ["features": features]
    let type = StageType(stage.type)
    if type.inputs.contains(where: { $0.name == "labels" }) {
      inputs["labels"] = Labels(integers: (0..<features.rows).map { $0 % 3 })
      inputs["fitRows"] = RowMask((0..<features.rows).map { $0 % 70 < 2 })
    }
    let parameters = try JSON.parse(SourceText(file: "test", stage.parameters))
    let outputs = try type.configured(parameters).run(inputs, in: StageContext(seed: 1))
    return outputs.mapValues { ObjectFormat.encode($0.encoded).digest }
  }

  struct StageCase: Sendable {
    let type: any Stage.Type
    var parameters = "{}"
  }
  private static let stages = [
    StageCase(type: PCA.self, parameters: #"{"components": 5}"#), StageCase(type: Standardize.self),
    StageCase(type: Whiten.self), StageCase(type: Logistic.self), StageCase(type: NearestNeighbors.self),
    StageCase(type: KMeans.self, parameters: #"{"clusters": 4, "starts": 1, "iterations": 3}"#),
    StageCase(type: KMeans.self, parameters: #"{"clusters": 4, "seeding": "scalable", "iterations": 1}"#),
    StageCase(type: MiniBatchKMeans.self, parameters: #"{"clusters": 4, "passes": 1}"#),
  ]

  @Test(arguments: [("packed", stages), ("features", Array(stages.prefix(2))), ("wide", [stages[0]])])
  func whatLiesInFilesGivesTheSameBytes(dataSet: String, stages: [StageCase]) throws {
    try withTable { folder in
      let features = try load(folder + "/table.h5", dataSet)
      let expected = try stages.map { try results($0, features) }
      let memory = FileMemory(folder: folder, budget: 1 << 20)
      let found = try FileMemory.use(memory) {
        let features = try load(folder + "/table.h5", dataSet)
        #expect(FileMemory.holds(features.matrix))
        return try stages.map { try results($0, features) }
      }
      #expect(found == expected)
      // Nothing is left behind but the table.
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["table.h5"])
    }
  }

  @Test func valuesThatAreNotFiniteAreRefusedByWhatReadsThem() throws {
    try withTable { folder in
      var values = [Float](repeating: 1, count: Self.rows * Self.columns)
      values[5 * Self.columns + 7] = .nan
      let writer = try HDF5Writer(creating: folder + "/bad.h5")
      try writer.write(values, shape: [Self.rows, Self.columns], to: "features")
      try writer.finish()
      try FileMemory.use(FileMemory(folder: folder, budget: 1 << 20)) {
        let features = try load(folder + "/bad.h5", "features")
        for stage in Self.stages {
          let error = #expect(throws: Diagnostic.self) { try results(stage, features) }
          #expect(error?.code == .notFinite && error?.description.contains("row:    5,") == true)
        }
      }
    }
  }

  @Test func aFileThatChangesIsNoticed() throws {
    try withTable { folder in
      let file = folder + "/table.h5"
      let memory = FileMemory(folder: folder, budget: 1 << 20)
      try FileMemory.use(memory) {
        let features = try load(file, "features")
        #expect(memory.changedFile == nil)
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSince1970: 7)], ofItemAtPath: file)
        #expect(memory.changedFile == file)
        withExtendedLifetime(features) {}
      }
      #expect(memory.changedFile == nil)
    }
  }

  @Test func smallArraysAndFullDisksStayInMemory() throws {
    let memory = FileMemory(folder: "/nowhere/at/all", budget: 1 << 20)
    #expect(memory.capacity == 0)
    FileMemory.use(memory) {
      let buffer = Buffer<Float>(repeating: 1, count: 6 << 20)
      #expect(buffer.base[(6 << 20) - 1] == 1)
    }
  }
}
