import Artifacts
import Diagnostics
import LinearAlgebra
import Testing

@testable import StageKit

private struct Inputs: Ports {
  var features: Features
  var labels: Labels?
  var fitRows: RowMask?
}

@Suite struct PortTests {
  private let features = Features(Matrix(rows: 1, columns: 2, elements: [1, 2]))

  @Test func portsAreListedInOrder() {
    let ports = Inputs.declared
    #expect(ports.map(\.name) == ["features", "labels", "fitRows"])
    #expect(ports.map { $0.type.kind } == ["features", "labels", "row mask"])
    #expect(ports.map(\.isOptional) == [false, true, true])
    #expect(NoPorts.declared.isEmpty)
  }

  @Test func portsAreFilledByName() throws {
    let filled = try Inputs.filled(from: ["features": features, "fitRows": RowMask([true])])
    #expect(filled.features == features && filled.labels == nil && filled.fitRows == RowMask([true]))
    #expect(filled.artifacts.keys.sorted() == ["features", "fitRows"])
    #expect(try Inputs.filled(from: ["features": features, "more": features]).fitRows == nil)
  }

  @Test func whatIsMissingOrDoesNotFitIsNamed() {
    let missing = #expect(throws: Diagnostic.self) { try Inputs.filled(from: ["labels": Labels.empty]) }
    #expect(
      missing?.description == "error[missingPort]: nothing is connected to the port `features` of features")
    let wrong = #expect(throws: Diagnostic.self) {
      try Inputs.filled(from: ["features": features, "labels": RowMask([])])
    }
    #expect(wrong?.description == "error[portMismatch]: the port `labels` takes labels, not row mask")
  }

  @Test func theCatalogFindsStagesByNameAndKind() throws {
    let catalog = StageCatalog([Centre.self, RandomRows.self])
    #expect(catalog.stages.map(\.name) == ["centre", "random-rows"])
    #expect(catalog["centre"]?.revision == 1 && catalog["center"] == nil)
    #expect(catalog.stages(of: .selector).map(\.name) == ["random-rows"])
    #expect(catalog.stages(of: .probe).isEmpty)
    let stage = try #require(catalog["random-rows"]).configured(.object([]))
    #expect(stage.isRandom && !stage.isSource && stage.parameters == .object([]))
    #expect(throws: Diagnostic.self) { try stage.fingerprint() }
  }
}
