import Diagnostics
import Testing

@testable import StageKit

private enum Solver: String, PlainChoice { case exact, quick }

private enum Kernel: ParameterChoice {
  case linear, rbf(Width)
  struct Width: ParameterGroup {
    @Parameter("Inverse width.", .above(0)) var gamma = 0.5
  }
  static let cases: [ChoiceCase<Kernel>] = [.plain("linear", .linear), .fields("rbf", Kernel.rbf)]
  var chosen: ChosenCase {
    switch self {
    case .linear: "linear"
    case .rbf(let width): ChosenCase("rbf", width)
    }
  }
}

private struct Sample: ParameterGroup {
  @Parameter("How many.", .atLeast(1)) var count = 3
  @Parameter("Share.", .range(0...1)) var share = 0.25
  @Parameter("Width.", .above(0)) var width = 2.0
  @Parameter("Angle.", .between(0, 1)) var angle = 0.5
  @Parameter("Pair.", .length(2)) var pair = [1, 2]
  @Parameter("Limit.", .atLeast(0)) var limit: Int? = nil
  @Parameter("Whether.") var isOn = false
  @Parameter("Solver.") var solver = Solver.exact
  @Parameter("Kernel.") var kernel = Kernel.rbf(.init())
  @Parameter("File.", .notEmpty) var file: Locator = "a.h5"
  var conflicts: [String] { count == 9 && isOn ? ["`count` 9 and `isOn` do not go together"] : [] }
}

@Suite struct ParameterTests {
  private func read(_ text: String) throws -> Sample {
    try Sample.read(JSON.parse(SourceText(file: "c.json", text)))
  }

  private func message(_ text: String) -> String {
    do { return "fine: \(try read(text).json.text())" } catch { return "\(error)" }
  }

  @Test func nothingGivenIsComplete() throws {
    #expect(
      try read("{}").json.text() == """
        {"count":3,"share":0.25,"width":2.0,"angle":0.5,"pair":[1,2],"limit":null,"isOn":false,\
        "solver":"exact","kernel":{"rbf":{"gamma":0.5}},"file":"a.h5"}
        """)
  }

  @Test func everyWayToWriteAValueHasOneCanonicalForm() throws {
    let plain = try read(#"{ "kernel": "rbf", "width": 2, "count": 3.0, "pair": [1.0, 2], "share": 2.5e-1 }"#)
    #expect(plain.json == (try read("{}")).json)
    #expect(plain.json.text() == (try read("{}")).json.text())
    #expect(try read(#"{ "kernel": "linear" }"#).json["kernel"] == .object(["linear": .object([])]))
    #expect(try read(#"{ "kernel": { "linear": {} } }"#).kernel == .linear)
    #expect(try read(#"{ "share": -0.0 }"#).json["share"]?.text() == "0.0")
    let canonical = try read(#"{ "limit": 4, "isOn": true, "solver": "quick", "kernel": { "rbf": {} } }"#)
      .json
    #expect(try Sample.read(canonical).json == canonical)
  }

  @Test func whereContentIsDoesNotEnterTheKey() throws {
    let json = try read(#"{ "file": "b.h5" }"#)
    #expect(json.keyJSON["file"] == nil)
    #expect(json.keyJSON == (try read("{}")).keyJSON)
    #expect(json.json["file"] == "b.h5")
  }

  @Test func everyProblemIsReportedAtItsPlace() {
    #expect(
      message(
        """
        { "cuont": 1, "count": 0, "share": 1.5,
          "width": 0, "angle": 1, "pair": [1, "x", 2.5],
          "limit": -1, "isOn": "yes", "solver": "fast",
          "kernel": { "rbf": { "gama": 1, "gamma": 0 } }, "file": "" }
        """) == """
          error[unknownKey]: there is no parameter `cuont`
            --> c.json:1:3
             |
           1 | { "cuont": 1, "count": 0, "share": 1.5,
             |   ^^^^^^^
            allowed: count, share, width, angle, pair, limit, isOn, solver, kernel, file
            hint: did you mean `count`?

          error[outOfRange]: `count` must be at least 1
            --> c.json:1:24
             |
           1 | { "cuont": 1, "count": 0, "share": 1.5,
             |                        ^
            given:   0
            allowed: at least 1

          error[outOfRange]: `share` must be from 0 to 1
            --> c.json:1:36
             |
           1 | { "cuont": 1, "count": 0, "share": 1.5,
             |                                    ^^^
            given:   1.5
            allowed: from 0 to 1

          error[outOfRange]: `width` must be more than 0
            --> c.json:2:12
             |
           2 |   "width": 0, "angle": 1, "pair": [1, "x", 2.5],
             |            ^
            given:   0.0
            allowed: more than 0

          error[outOfRange]: `angle` must be more than 0 and less than 1
            --> c.json:2:24
             |
           2 |   "width": 0, "angle": 1, "pair": [1, "x", 2.5],
             |                        ^
            given:   1.0
            allowed: more than 0 and less than 1

          error[wrongType]: a string stands where a whole number should
            --> c.json:2:39
             |
           2 |   "width": 0, "angle": 1, "pair": [1, "x", 2.5],
             |                                       ^^^
            given: "x"

          error[wrongType]: a number stands where a whole number should
            --> c.json:2:44
             |
           2 |   "width": 0, "angle": 1, "pair": [1, "x", 2.5],
             |                                            ^^^
            given: 2.5

          error[outOfRange]: `limit` must be at least 0
            --> c.json:3:12
             |
           3 |   "limit": -1, "isOn": "yes", "solver": "fast",
             |            ^^
            given:   -1
            allowed: at least 0

          error[wrongType]: a string stands where true or false should
            --> c.json:3:24
             |
           3 |   "limit": -1, "isOn": "yes", "solver": "fast",
             |                        ^^^^^
            given: "yes"

          error[unknownName]: there is no case `fast`
            --> c.json:3:41
             |
           3 |   "limit": -1, "isOn": "yes", "solver": "fast",
             |                                         ^^^^^^
            allowed: exact, quick

          error[unknownKey]: there is no parameter `gama`
            --> c.json:4:24
             |
           4 |   "kernel": { "rbf": { "gama": 1, "gamma": 0 } }, "file": "" }
             |                        ^^^^^^
            allowed: gamma
            hint: did you mean `gamma`?

          error[outOfRange]: `gamma` must be more than 0
            --> c.json:4:44
             |
           4 |   "kernel": { "rbf": { "gama": 1, "gamma": 0 } }, "file": "" }
             |                                            ^
            given:   0.0
            allowed: more than 0

          error[outOfRange]: `file` must be not empty
            --> c.json:4:59
             |
           4 |   "kernel": { "rbf": { "gama": 1, "gamma": 0 } }, "file": "" }
             |                                                           ^^
            given:   ""
            allowed: not empty
          """)
  }

  @Test func otherMistakesAreNamed() {
    #expect(
      message(#"{ "pair": [1, 2, 3] }"#) == """
        error[outOfRange]: `pair` must be 2 values
          --> c.json:1:11
           |
         1 | { "pair": [1, 2, 3] }
           |           ^^^^^^^^^
          given:   [1,2,3]
          allowed: 2 values
        """)
    #expect(
      message(#"{ "kernel": { "rbf": {}, "linear": {} } }"#) == """
        error[wrongType]: one case should stand here, as "name" or { "name": { fields } }
          --> c.json:1:13
           |
         1 | { "kernel": { "rbf": {}, "linear": {} } }
           |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^
          given:   {"rbf":{},"linear":{}}
          allowed: linear, rbf
        """)
    #expect(
      message(#"{ "kernel": { "rbff": {} } }"#) == """
        error[unknownName]: there is no case `rbff`
          --> c.json:1:15
           |
         1 | { "kernel": { "rbff": {} } }
           |               ^^^^^^
          allowed: linear, rbf
          hint: did you mean `rbf`?
        """)
    #expect(
      message(#"{ "kernel": { "linear": { "gamma": 1 } } }"#) == """
        error[unknownKey]: there is no parameter `gamma`
          --> c.json:1:27
           |
         1 | { "kernel": { "linear": { "gamma": 1 } } }
           |                           ^^^^^^^
          allowed: none
        """)
    #expect(
      message("[]") == """
        error[wrongType]: parameters should be an object, not a list
          --> c.json:1:1
           |
         1 | []
           | ^^
          allowed: count, share, width, angle, pair, limit, isOn, solver, kernel, file
        """)
    #expect(
      message(#"{ "count": null }"#) == """
        error[wrongType]: null stands where a whole number should
          --> c.json:1:12
           |
         1 | { "count": null }
           |            ^^^^
          given: null
        """)
    #expect(
      message(#"{ "count": 9, "isOn": true }"#) == """
        error[outOfRange]: `count` 9 and `isOn` do not go together
          --> c.json:1:1
           |
         1 | { "count": 9, "isOn": true }
           | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """)
  }

  @Test func everyLimitRefusesItsBadValues() {
    for schema in Sample.schema {
      for limit in schema.limits {
        for bad in limit.badValues(for: schema.shape) {
          let report = message(JSON.object([JSON.Member(schema.name, bad)]).text())
          #expect(report.hasPrefix("error[outOfRange]: `\(schema.name)` must be"), "\(report)")
        }
      }
    }
  }

  @Test func theSchemaSaysWhatIsDeclared() {
    #expect(Sample.schema.map(\.name).count == 10)
    #expect(Sample.schema[0].help == "How many." && Sample.schema[0].limits == [.atLeast(1)])
    #expect(
      Sample.schema.map(\.shape.words) == [
        "a whole number", "a number", "a number", "a number", "a list, each a whole number",
        "a whole number or null", "true or false", "exact, quick", "linear, rbf", "a string",
      ])
  }
}
