import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct TipAdapterTests {
  @Test func goldenResult() throws {
    try Golden.check(
      TipAdapter.self, cases: ["default": "{}", "cache": #"{"cache": {"fixed": {"weight": 50}}}"#],
      inputs: ["texts": ClassTexts(Matrix([[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))])
  }

  @Test(arguments: FixtureData.allCases) func agreesWithNumPy(data: FixtureData) throws {
    let table = try FewShotCase(data.rawValue)
    let expected = try #require(table.expected["tip"])
    let fixed = try table.run(TipAdapter.self)
    #expect(table.tested(try #require(fixed["predictions"] as? Predictions)) == expected["fixed"]?.integers)
    let chosen = try table.run(TipAdapter.self, #"{"cache": {"chosen": {"sharpnessSteps": 20}}}"#)
    #expect(
      isClose(try #require(chosen["alpha"] as? Measurement).value, expected["alpha"]?.number ?? 0, 1e-12))
    #expect(isClose(try #require(chosen["beta"] as? Measurement).value, expected["beta"]?.number ?? 0, 1e-12))
    #expect(table.tested(try #require(chosen["predictions"] as? Predictions)) == expected["chosen"]?.integers)
  }

  /// Where the cache counts for nothing the texts decide; where it alone counts, the nearest fit row.
  @Test func theCacheCountsAsMuchAsItsWeight() throws {
    let table = try FewShotCase("digits")
    let none = try table.run(TipAdapter.self, #"{"cache": {"fixed": {"weight": 0}}}"#)
    let texts = try table.run(ZeroShot.self)
    #expect(none["predictions"]?.digest == texts["predictions"]?.digest)
    let all = try table.run(TipAdapter.self, #"{"cache": {"fixed": {"weight": 1e300, "sharpness": 600}}}"#)
    let nearest = try table.run(NearestNeighbors.self, #"{"k": 1, "metric": "cosine", "predict": "all"}"#)
    #expect(all["predictions"]?.digest == nearest["predictions"]?.digest)
  }

  @Test func aChoiceNeedsValidationRows() throws {
    #expect(
      try TinyShots.error(TipAdapter.self, #"{"cache": "chosen"}"#)
        .hasPrefix("error[tooFewRows]: no row is kept for the choice of parameters"))
  }
}
