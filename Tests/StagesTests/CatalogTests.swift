import Foundation
import StageKit
import Stages
import Testing

/// One stage = one file + one test + one golden file + one line in the catalog.
@Suite struct CatalogTests {
  static let families = [
    "Load", "Split", "Normalize", "Reduce", "Cluster", "Discover", "Sample", "Space", "Prompt", "Probe",
    "Anomaly",
    "Measure",
  ]

  /// `Cluster/KMeans` for every file of a stage.
  static func stageFiles() throws -> [String] {
    try families.flatMap { family in
      let folder = TestFolder.stages.appending(path: family)
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      return try files.filter { file in
        let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
        return text.contains("static let name = \"")
      }.map { "\(family)/\($0.dropLast(".swift".count))" }
    }.sorted()
  }

  @Test func everyStageFileIsInTheCatalog() throws {
    let files = try Self.stageFiles()
    #expect(!files.isEmpty)
    let listed = Set(builtInStages.map { "\($0)" })
    #expect(files.filter { !listed.contains(String($0.split(separator: "/")[1])) } == [])
    #expect(files.count == builtInStages.count)
  }

  @Test func everyStageHasATestAndAGoldenFile() throws {
    let missing = try Self.stageFiles().filter {
      !FileManager.default.fileExists(atPath: TestFolder.root.appending(path: "\($0)Tests.swift").path)
    }
    #expect(missing == [])
    let unrecorded = builtInStages.map { $0.name }.filter {
      !FileManager.default.fileExists(atPath: TestFolder.golden.appending(path: "\($0).json").path)
    }
    #expect(unrecorded == [])
  }

  @Test func namesAreUnique() {
    #expect(StageCatalog(builtInStages).stages.count == builtInStages.count)
  }

  @Test(arguments: builtInStages.indices) func everyStageKeepsTheLaws(index: Int) {
    #expect(Laws.check(builtInStages[index]) == [])
  }
}
