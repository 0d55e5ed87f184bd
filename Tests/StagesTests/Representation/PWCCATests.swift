import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct PWCCATests {
  @Test func goldenResult() throws {
    let iris = try FixtureData.load("iris").features
    try Golden.check(
      PWCCA.self, cases: ["default": "{}", "one": #"{"keep": {"count": {"directions": 1}}}"#],
      inputs: ["features": iris.columns(0..<3), "other": iris.columns(2..<4)])
  }

  @Test func isThatOfNumpy() throws {
    for (inputs, item) in try pairCases() {
      for (label, keep) in keptDirections {
        let found = try measure(PWCCA.self, "{\"keep\": \(keep)}", inputs)
        let expected = try #require(item["pwcca \(label)"]?.number)
        #expect(isClose(found, expected, 1e-6), "\(label): \(found) for \(expected)")
      }
    }
  }

  @Test func weighsWhatMattersToTheFirst() throws {
    // The strong column of a is in b, the weak one is not.
    let a = Features(Matrix([[9, 1], [-9, 1], [9, -1], [-9, -1]]))
    let b = Features(Matrix([[1, 1], [-1, -1], [1, -1], [-1, 1]]))
    #expect(isClose(try measure(PWCCA.self, "{}", ["features": a, "other": b]), 0.9, 1e-9))
    #expect(isClose(try measure(PWCCA.self, "{}", ["features": b, "other": a]), 0.5, 1e-9))
  }
}
