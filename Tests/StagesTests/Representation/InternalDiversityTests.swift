import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct InternalDiversityTests {
  @Test func goldenResult() throws {
    try Golden.check(
      InternalDiversity.self,
      cases: ["default": "{}", "cubed": #"{"kernel": "rbf", "power": 3, "class": 2}"#])
  }

  @Test func isThatOfNumpy() throws {
    for item in try representationCases("diversity") {
      let (name, kernel) = (try #require(item["data"]?.string), try #require(item["kernel"]?.string))
      let features = try FixtureData.load(name).features.prefix(rows: 300)
      for (key, power) in [("int-div", 1), ("int-div 3", 3)] {
        let found = try measure(
          InternalDiversity.self, "{\"kernel\": \"\(kernel)\", \"power\": \(power)}", ["features": features])
        let expected = try #require(item[key]?.number)
        #expect(abs(found - expected) < 1e-6, "\(name) \(kernel) \(key)")
      }
    }
  }

  @Test func rowsAtRightAnglesAreAlikeToThemselvesAlone() throws {
    let axes = Features(Matrix([[2, 0, 0], [0, 3, 0], [0, 0, 1]]))
    #expect(isClose(try measure(InternalDiversity.self, "{}", ["features": axes]), 2.0 / 3, 1e-12))
    let alike = Features(Matrix([[1, 2], [2, 4]]))
    #expect(abs(try measure(InternalDiversity.self, #"{"power": 2}"#, ["features": alike])) < 1e-12)
  }

  @Test func aValueBeyondAllNumbersIsAnError() {
    let features = Features(Matrix([[1, 2], [3e38, 1]]))
    #expect(
      measureError(
        InternalDiversity.self, #"{"kernel": {"polynomial": {"degree": 60}}}"#, ["features": features]
      )
      .hasPrefix("error[outOfRange]: the kernel is not finite"))
  }
}
