import Artifacts
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct PromptedPairsTests {
  private func run(
    seed: UInt64 = 1, _ side: PromptedPairs.Side,
    _ change: (inout PromptedPairs.Parameters) -> Void = { _ in }
  ) throws -> PromptedPairs.Output {
    var parameters = PromptedPairs.Parameters()
    parameters.side = side
    change(&parameters)
    return try PromptedPairs(parameters: parameters).run(NoPorts(), in: StageContext(seed: seed))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      PromptedPairs.self,
      cases: [
        "default": #"{"rows": 40}"#,
        "prompts": #"{"rows": 40, "side": "prompts", "prompts": 3, "styles": 2, "jitter": 0.5}"#,
      ])
  }

  @Test func bothSidesBelongTogether() throws {
    let (images, prompts) = (try run(.images), try run(.prompts))
    #expect(images.labels == prompts.labels)
    #expect(images.features.columns == 14 && prompts.features.columns == 10)
    for row in 0..<1000 {
      #expect(images.features.matrix.row(row).prefix(10).elementsEqual(prompts.features.matrix.row(row)))
      #expect(images.features.matrix.row(row).suffix(4).reduce(0, +) == 1)
      #expect(prompts.features.matrix[row, Int(prompts.labels.indices[row])] == 1)
    }
  }

  @Test func noiseIsTheOwnOfEachSide() throws {
    let (images, prompts) = (
      try run(.images) { $0.jitter = 0.1 }, try run(.prompts) { $0.jitter = 0.1 }
    )
    var product = 0.0
    for row in 0..<1000 {
      let label = Int(prompts.labels.indices[row])
      product +=
        Double(images.features.matrix[row, label] - 1) * Double(prompts.features.matrix[row, label] - 1)
    }
    // Of independent noise the mean product is 0, ± 0.01 ÷ √1000.
    #expect(abs(product / 1000) < 0.0015)
  }
}
