import Diagnostics
import PipelineDSL
import Planning
import RunRecords
import StageKit
import Testing

@Suite struct SweepTests {
  /// The values that a parameter of the reducer takes.
  func values(_ parameters: String, _ path: String...) throws -> [JSON?] {
    let plan = try Fakes.plan(#""metrics": ["detail"], "reduce": [{ "reduce": \#(parameters) }]"#)
    return plan.nodes(of: "reduce").map { node in path.reduce(node.stage.parameters) { $0?[$1] } }
  }

  @Test func eachTakesItsValuesInOrder() throws {
    #expect(try values(#"{ "components": { "each": [8, 2] } }"#, "components") == [8, 2])
    #expect(try values(#"{ "solver": { "each": ["quick", "exact"] } }"#, "solver") == ["quick", "exact"])
    #expect(try values(#"{ "powers": { "each": [[1, 2], null] } }"#, "powers") == [[1, 2], .null])
  }

  @Test func rangesAreLinearLogarithmicOrOfWholeNumbers() throws {
    #expect(try values(#"{ "components": { "range": [1, 9, 5] } }"#, "components") == [1, 3, 5, 7, 9])
    #expect(
      try values(#"{ "ridge": { "range": [0, 0.3, 4] } }"#, "ridge")
        == [.number(0), .number(0.1), .number(0.2), .number(0.3)])
    #expect(
      try values(#"{ "ridge": { "range": [0.001, 1, 4], "scale": "log" } }"#, "ridge")
        == [.number(0.001), .number(0.01), .number(0.1), .number(1)])
    #expect(
      try values(#"{ "components": { "range": [1, 100, 3], "scale": "log" } }"#, "components") == [
        1, 10, 100,
      ])
  }

  @Test func sweepsMultiplyAlsoInsideOfCases() throws {
    let parameters = #"""
      { "components": { "each": [1, 2] },
        "kernel": { "each": ["linear", { "rbf": { "gamma": { "each": [0.5, 4] } } }] } }
      """#
    #expect(try values(parameters, "components") == [1, 1, 1, 2, 2, 2])
    let kernels: [JSON] = [
      .object(["linear": .object([])]), .object(["rbf": .object(["gamma": .number(0.5)])]),
      .object(["rbf": .object(["gamma": .number(4)])]),
    ]
    #expect(try values(parameters, "kernel") == kernels + kernels)
    let plan = try Fakes.plan(#""metrics": ["detail"], "reduce": [{ "reduce": \#(parameters) }]"#)
    #expect(
      plan.measured[2].choices[3].swept.map { "\($0.path) = \($0.value)" } == [
        "components = 1", #"kernel = {"rbf":{"gamma":4}}"#, "kernel.rbf.gamma = 4",
      ])
  }

  @Test func badSweepsAreNamed() throws {
    func message(_ parameters: String) -> String? {
      Fakes.errors(#""metrics": ["detail"], "reduce": [{ "reduce": \#(parameters) }]"#)
    }
    #expect(
      message(#"{ "ridge": { "range": [0, 1, 1] } }"#) == """
        error[badConfig]: `range` takes [from, to, count] with a count of at least 2, and a scale, linear or log
          --> configs/test.json:4:60
           |
         4 |   "metrics": ["detail"], "reduce": [{ "reduce": { "ridge": { "range": [0, 1, 1] } } }]
           |                                                            ^^^^^^^^^^^^^^^^^^^^^^
          hint: write { "range": [0.001, 1, 4], "scale": "log" }
        """)
    for bad in [
      #"[0, 1]"#, #"[0, 1, 3], "scale": "log""#, #"[1, 2, 3], "scale": "cubic""#, #"[1, 2, 3], "more": 1"#,
      #"["a", 2, 3]"#, #"[1, 2, 1.5]"#, #"[1, 2, 10000000]"#, "3",
    ] {
      #expect(
        message(#"{ "ridge": { "range": \#(bad) } }"#)?.hasPrefix("error[badConfig]: `range` takes") == true)
    }
    #expect(
      message(#"{ "ridge": { "each": [] } }"#)?.hasPrefix("error[badConfig]: `each` takes a list") == true)
    #expect(
      message(#"{ "each": [{ "ridge": 0.1 }, { "ridge": 0.2 }] }"#)?.hasPrefix(
        "error[badConfig]: a sweep stands in place of one value, not of all parameters") == true)
    #expect(
      message(#"{ "ridge": { "each": [0.1, 0.1] } }"#)?.hasPrefix(
        "error[badConfig]: `reduce` stands twice in the slot `reduce` with the same parameters") == true)
  }
}
