import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct SVCCATests {
  @Test func goldenResult() throws {
    let iris = try FixtureData.load("iris").features
    try Golden.check(
      SVCCA.self, cases: ["default": "{}", "truncated": #"{"keep": "all", "mean": "truncated"}"#],
      inputs: ["features": iris.columns(0..<2), "other": iris.columns(1..<4)])
  }

  @Test func isThatOfNumpy() throws {
    let cases = try pairCases()
    #expect(cases.count == 4)
    for (inputs, item) in cases {
      for (label, keep) in keptDirections {
        for (mean, name) in [("all", "svcca"), ("truncated", "truncated")] {
          let found = try measure(SVCCA.self, "{\"keep\": \(keep), \"mean\": \"\(mean)\"}", inputs)
          let expected = try #require(item["\(name) \(label)"]?.number)
          #expect(isClose(found, expected, 1e-6), "\(name) \(label): \(found) for \(expected)")
        }
      }
    }
  }

  @Test func linearMapsAndShiftsChangeNothing() throws {
    let features = normalFeatures(rows: 300, columns: 12, seed: 1)
    let map = normalFeatures(rows: 12, columns: 12, seed: 2)
    var mapped = product(features.matrix, map.matrix)
    for row in 0..<300 { for column in 0..<12 { mapped[row, column] += Float(column) } }
    let found = try measure(
      SVCCA.self, #"{"keep": "all"}"#, ["features": features, "other": Features(mapped)])
    #expect(abs(found - 1) < 1e-6)
    let other = normalFeatures(rows: 300, columns: 9, seed: 3)
    let before = try measure(SVCCA.self, #"{"keep": "all"}"#, ["features": features, "other": other])
    let after = try measure(SVCCA.self, #"{"keep": "all"}"#, ["features": Features(mapped), "other": other])
    #expect(abs(before - after) < 1e-6)
  }

  @Test func asManyDirectionsAsAskedForAreKept() throws {
    let (a, b) = (
      Features(Matrix([[1, 0], [-1, 0], [0, 0.1], [0, -0.1]])), Features(Matrix([[2], [-2], [0], [0]]))
    )
    // The first direction of a is b, the second has nothing in common with it.
    for keep in [#"{"count": {"directions": 1}}"#, #"{"variance": {"share": 0.9}}"#, "\"all\""] {
      #expect(isClose(try measure(SVCCA.self, "{\"keep\": \(keep)}", ["features": a, "other": b]), 1, 1e-9))
    }
    let c = Features(Matrix([[0], [0], [1], [-1]]))
    #expect(
      try measure(SVCCA.self, #"{"keep": {"count": {"directions": 1}}}"#, ["features": a, "other": c]) < 1e-9)
  }

  @Test func equalRowsAreAnError() {
    let (a, b) = (Features(Matrix([[1, 2], [1, 2]])), Features(Matrix([[0], [1]])))
    #expect(
      measureError(SVCCA.self, "{}", ["features": a, "other": b]) == """
        error[rankDeficient]: all rows are equal, so nothing correlates
          of: `features`
        """)
  }
}
