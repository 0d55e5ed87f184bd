import Planning
import StageKit
import Testing

/// How a stage is run stands beside it in the config, and changes no key.
@Suite struct ConductTests {
  @Test func timeAndRetriesStandBesideTheStage() throws {
    let rest = #","cluster": ["cluster"]"#
    let plain = try Fakes.plan(#""reduce": [{ "reduce": {} }]"# + rest)
    let timed = try Fakes.plan(#""reduce": [{ "reduce": {}, "timeout": 2.5, "retries": 3 }]"# + rest)
    #expect(timed.nodes.map(\.key) == plain.nodes.map(\.key))
    let reducers = timed.nodes.filter { $0.stage.type.name == "reduce" }
    #expect(!reducers.isEmpty)
    for node in timed.nodes {
      let isReducer = node.stage.type.name == "reduce"
      #expect(node.conduct.timeout == (isReducer ? 2.5 : nil))
      #expect(node.conduct.retries == (isReducer ? 3 : 0))
    }
  }

  @Test func whatIsNoTimeOrCountIsRefused() {
    #expect(
      Fakes.errors(#""reduce": [{ "reduce": {}, "timeout": 0 }, { "reduce": {}, "retries": 1.5 }]"#) == """
        error[outOfRange]: `timeout` takes a positive number of seconds
          --> configs/test.json:4:41
           |
         4 |   "reduce": [{ "reduce": {}, "timeout": 0 }, { "reduce": {}, "retries": 1.5 }]
           |                                         ^
          given: 0

        error[outOfRange]: `retries` takes a whole number from 0 to 100
          --> configs/test.json:4:73
           |
         4 |   "reduce": [{ "reduce": {}, "timeout": 0 }, { "reduce": {}, "retries": 1.5 }]
           |                                                                         ^^^
          given: 1.5
        """)
  }
}
