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
    try writer.finish()
    try body(folder)
  }

  private func load(_ file: String, _ dataSet: String) throws -> Features {
    let stage = try StageType(LoadHDF5.self).configured(
      .object(["file": .string(file), "features": .string(dataSet)]))
    return try #require(try stage.run([:], in: StageContext())["features"] as? Features)
  }

  private func results(_ features: Features) throws -> [EncodedArtifact] {
    let pca = try StageType(PCA.self).configured(.object(["components": 5]))
    let scaled = try StageType(Standardize.self).configured(.object([]))
    let outputs = [
      try pca.run(["features": features], in: StageContext())["embedding"],
      try scaled.run(["features": features], in: StageContext())["features"],
    ]
    return try outputs.map { try #require($0).encoded }
  }

  @Test(arguments: ["features", "packed"])
  func whatLiesInFilesGivesTheSameBytes(dataSet: String) throws {
    try withTable { folder in
      let expected = try results(load(folder + "/table.h5", dataSet)).map { ObjectFormat.encode($0).digest }
      let memory = FileMemory(folder: folder, budget: 1 << 20)
      let found = try FileMemory.use(memory) {
        try results(load(folder + "/table.h5", dataSet)).map { ObjectFormat.encode($0).digest }
      }
      #expect(found == expected)
      // Nothing is left behind but the table.
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["table.h5"])
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
