import Diagnostics
import PipelineDSL
import Planning
import RunRecords
import StageKit
import Testing

/// Which combinations of the alternatives are cells: zips pair sweeps, skips leave cells out.
@Suite struct CellTests {
  static let slots = """
    "reduce": [{ "reduce": { "components": { "each": [1, 2, 3] }, "ridge": { "each": [0.1, 0.2, 0.3] } } }, "none"],
    "probe": [{ "probe": { "k": { "each": [4, 5, 6] } } }]
    """

  /// The choices of the cells in words.
  private func cells(_ more: String, slots: String = CellTests.slots) throws -> [String] {
    let plan = try Fakes.plan("\(slots), \(more)")
    return plan.measured.map { measured in
      measured.choices.dropFirst(3).map { choice in
        ([choice.stage] + choice.swept.map(\.value)).joined(separator: " ")
      }.joined(separator: " | ")
    }
  }

  // MARK: Zips

  @Test func aZipPairsSweepsOfOneStage() throws {
    #expect(
      try cells(#""zip": [["reduce.reduce.components", "reduce.reduce.ridge"]]"#) == [
        "reduce 1 0.1 | probe 4", "reduce 1 0.1 | probe 5", "reduce 1 0.1 | probe 6",
        "reduce 2 0.2 | probe 4", "reduce 2 0.2 | probe 5", "reduce 2 0.2 | probe 6",
        "reduce 3 0.3 | probe 4", "reduce 3 0.3 | probe 5", "reduce 3 0.3 | probe 6",
        "none | probe 4", "none | probe 5", "none | probe 6",
      ])
  }

  @Test func aZipPairsSweepsOfSeveralSlots() throws {
    // What the zip does not reach multiplies as ever: the empty slot with every probe.
    #expect(
      try cells(#""zip": [["reduce.reduce.components", "probe.probe.k", "reduce.reduce.ridge"]]"#) == [
        "reduce 1 0.1 | probe 4", "reduce 2 0.2 | probe 5", "reduce 3 0.3 | probe 6",
        "none | probe 4", "none | probe 5", "none | probe 6",
      ])
  }

  @Test func severalZipsAreIndependent() throws {
    let slots = """
      "whiten": "none", "cluster": ["cluster"],
      "reduce": [{ "reduce": { "components": { "each": [1, 2] }, "ridge": { "each": [0.1, 0.2] },
                               "solver": { "each": ["exact", "quick"] },
                               "kernel": { "each": ["linear", { "rbf": { "gamma": { "each": [1, 2] } } }] } } }]
      """
    let found = try cells(
      #"""
      "zip": [["reduce.reduce.components", "reduce.reduce.ridge"],
              ["reduce.reduce.solver", "reduce.reduce.kernel.rbf.gamma"]]
      """#, slots: slots)
    // The width is only there for one of the kernels: the other takes both solvers.
    #expect(
      found.map { $0.replacing(" | cluster", with: "") } == [
        #"reduce 1 0.1 "exact" "linear""#, #"reduce 1 0.1 "exact" {"rbf":{"gamma":1}} 1"#,
        #"reduce 1 0.1 "quick" "linear""#, #"reduce 1 0.1 "quick" {"rbf":{"gamma":2}} 2"#,
        #"reduce 2 0.2 "exact" "linear""#, #"reduce 2 0.2 "exact" {"rbf":{"gamma":1}} 1"#,
        #"reduce 2 0.2 "quick" "linear""#, #"reduce 2 0.2 "quick" {"rbf":{"gamma":2}} 2"#,
      ])
  }

  @Test func aZippedPlanHasOnlyItsNodes() throws {
    let plan = try Fakes.plan(
      CellTests.slots + #", "zip": [["reduce.reduce.components", "probe.probe.k", "reduce.reduce.ridge"]]"#)
    #expect(plan.counts == ["source": 1, "split": 1, "fold": 1, "reduce": 3, "probe": 6, "hits": 6])
    #expect(plan.cellCount == 6)
  }

  @Test func longZipsDoNotMultiplyOnTheWay() throws {
    let plan = try Fakes.plan(
      """
      "reduce": [{ "reduce": { "components": { "range": [1, 300, 300] }, "ridge": { "range": [0, 0.5, 300] },
                               "kernel": { "rbf": { "gamma": { "range": [1, 2, 300] } } } } }],
      "probe": [{ "probe": { "k": { "range": [1, 300, 300] } } }],
      "zip": [["reduce.reduce.components", "reduce.reduce.ridge", "reduce.reduce.kernel.rbf.gamma",
               "probe.probe.k"]]
      """)
    #expect(plan.cellCount == 300 && plan.nodes.count == 903)
  }

  @Test func whatIsWrongWithAZipIsSaidAtOnce() {
    #expect(
      Fakes.errors(
        CellTests.slots + """
          ,
            "zip": [["reduce.reduce.componets", "probe.probe.k"], ["reduce.reduce.solver", "reduce.reduce.ridge"],
                    ["seeds", "prob.probe.k"], ["ridge", 3, "probe.probe.k"], ["probe.probe.k"]]
          """) == """
          error[unknownName]: no sweep is named `reduce.reduce.componets`
            --> configs/test.json:6:12
             |
           6 |   "zip": [["reduce.reduce.componets", "probe.probe.k"], ["reduce.reduce.solver", "reduce.reduce.ridge"],
             |            ^^^^^^^^^^^^^^^^^^^^^^^^^
            swept: reduce.reduce.components, reduce.reduce.ridge, probe.probe.k
            hint: did you mean `reduce.reduce.components`?

          error[badConfig]: `reduce.reduce.solver` is not swept
            --> configs/test.json:6:58
             |
           6 |   "zip": [["reduce.reduce.componets", "probe.probe.k"], ["reduce.reduce.solver", "reduce.reduce.ridge"],
             |                                                          ^^^^^^^^^^^^^^^^^^^^^^
            swept: reduce.reduce.components, reduce.reduce.ridge, probe.probe.k
            hint: give it as many values as the others have, by { "each": […] }

          error[badConfig]: seeds cannot be zipped: they are replicates of every cell
            --> configs/test.json:7:12
             |
           7 |           ["seeds", "prob.probe.k"], ["ridge", 3, "probe.probe.k"], ["probe.probe.k"]]
             |            ^^^^^^^
            hint: a table shows them side by side with "rows": ["seed"]

          error[unknownName]: there is no slot `prob`
            --> configs/test.json:7:21
             |
           7 |           ["seeds", "prob.probe.k"], ["ridge", 3, "probe.probe.k"], ["probe.probe.k"]]
             |                     ^^^^^^^^^^^^^^
            allowed: data, split, whiten, reduce, cluster, probe
            hint: did you mean `probe`?

          error[badConfig]: `ridge` is no path of a swept parameter
            --> configs/test.json:7:39
             |
           7 |           ["seeds", "prob.probe.k"], ["ridge", 3, "probe.probe.k"], ["probe.probe.k"]]
             |                                       ^^^^^^^
            hint: write it as slot.stage.parameter, such as reduce.pca.components

          error[wrongType]: a whole number stands where the path of a swept parameter should
            --> configs/test.json:7:48
             |
           7 |           ["seeds", "prob.probe.k"], ["ridge", 3, "probe.probe.k"], ["probe.probe.k"]]
             |                                                ^
            given: 3

          error[badConfig]: `probe.probe.k` stands in `zip` twice
            --> configs/test.json:7:51
             |
           7 |           ["seeds", "prob.probe.k"], ["ridge", 3, "probe.probe.k"], ["probe.probe.k"]]
             |                                                   ^^^^^^^^^^^^^^^
            hint: take one out

          error[badConfig]: a zip takes at least two swept parameters
            --> configs/test.json:7:69
             |
           7 |           ["seeds", "prob.probe.k"], ["ridge", 3, "probe.probe.k"], ["probe.probe.k"]]
             |                                                                     ^^^^^^^^^^^^^^^^^

          error[badConfig]: `probe.probe.k` stands in `zip` twice
            --> configs/test.json:7:70
             |
           7 |           ["seeds", "prob.probe.k"], ["ridge", 3, "probe.probe.k"], ["probe.probe.k"]]
             |                                                                      ^^^^^^^^^^^^^^^
            hint: take one out
          """)
  }

  @Test func sweepsOfOneZipAreEquallyLong() {
    #expect(
      Fakes.errors(
        """
        "reduce": [{ "reduce": { "components": { "each": [1, 2] } } }],
          "probe": [{ "probe": { "k": { "each": [4, 5, 6] } } }],
          "zip": [["reduce.reduce.components", "probe.probe.k"]]
        """) == """
          error[badConfig]: the sweeps of a zip have different numbers of values
            --> configs/test.json:6:11
             |
           6 |   "zip": [["reduce.reduce.components", "probe.probe.k"]]
             |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            reduce.reduce.components: 2
            probe.probe.k:            3
            hint: give each the same number: the first value goes with the first, and so on
          """)
    #expect(
      Fakes.errors(#""reduce": ["reduce"], "cluster": ["cluster"], "zip": ["a", "b"]"#) == """
        error[wrongType]: `zip` takes a list of lists of swept parameters
          --> configs/test.json:4:56
           |
         4 |   "reduce": ["reduce"], "cluster": ["cluster"], "zip": ["a", "b"]
           |                                                        ^^^^^^^^^^
          given: ["a","b"]
          hint: write "zip": [["reduce.pca.components", "probe.logistic.c"]]
        """)
  }

  // MARK: Skips

  @Test func aPatternSkipsTheCellsThatMatchAllOfIt() throws {
    let zip = #""zip": [["reduce.reduce.components", "reduce.reduce.ridge"]]"#
    #expect(
      try cells(
        #"""
        \#(zip), "skip": [{ "reduce": "none", "probe.probe.k": [4, 5] }, { "reduce.reduce.components": 2 },
                          { "reduce": "reduce", "reduce.reduce.ridge": 0.3, "probe": "probe", "probe.probe.k": 6.0 }]
        """#) == [
          "reduce 1 0.1 | probe 4", "reduce 1 0.1 | probe 5", "reduce 1 0.1 | probe 6",
          "reduce 3 0.3 | probe 4", "reduce 3 0.3 | probe 5", "none | probe 6",
        ])
  }

  @Test func whatOnlySkippedCellsNeedIsNotPlanned() throws {
    let plan = try Fakes.plan(
      """
      "reduce": [{ "reduce": { "components": { "each": [1, 2] } } }],
      "cluster": ["cluster"], "probe": ["probe"],
      "skip": [{ "reduce.reduce.components": 1, "probe": "probe" },
               { "reduce.reduce.components": 1, "cluster": "cluster" }]
      """)
    #expect(
      plan.counts == [
        "source": 1, "split": 1, "fold": 1, "reduce": 1, "cluster": 1, "spread": 1, "probe": 1, "hits": 1,
      ])
    #expect(plan.nodes.indices.allSatisfy { plan.nodes[$0].id.index == $0 })
    #expect(plan.nodes.allSatisfy { node in node.inputs.allSatisfy { $0.node < node.id } })
    #expect(plan.measured.map { plan[$0.node].stage.name } == ["spread", "hits"])
    #expect(plan.cellCount == 2)
  }

  @Test func skipsChangeNoKeys() throws {
    let all = Set(try Fakes.plan(CellTests.slots).nodes.map(\.key))
    let some = try Fakes.plan(CellTests.slots + #", "skip": [{ "reduce": "reduce", "probe.probe.k": 5 }]"#)
    #expect(some.nodes.count < all.count && some.nodes.allSatisfy { all.contains($0.key) })
  }

  @Test func aNestedParameterIsFittedAtTheLargestValueThatIsLeft() throws {
    let plan = try Fakes.plan(
      """
      "reduce": [{ "nested": { "components": { "each": [2, 4, 8] } } }], "cluster": ["cluster"],
      "skip": [{ "reduce.nested.components": 8 }]
      """, with: FakeNested.self)
    #expect(plan.nodes(of: "nested").map(\.name) == ["nested, components 4", "nested, components 2"])
    #expect(plan.nodes(of: "nested")[0].fitsFor == [2, 4])
  }

  @Test func patternsMatchCasesByNameAndByFields() throws {
    let slots = """
      "metrics": ["detail"], "whiten": "none", "reduce": [{ "reduce": { "powers": { "each": [null, [1, 2]] },
        "kernel": { "each": ["linear", { "rbf": { "gamma": 1 } }, { "rbf": { "gamma": 2 } }] } } }]
      """
    func left(_ pattern: String) throws -> Int { try cells("\"skip\": [\(pattern)]", slots: slots).count }
    #expect(try left(#"{ "reduce.reduce.kernel": "rbf" }"#) == 2)
    #expect(try left(#"{ "reduce.reduce.kernel": { "rbf": { "gamma": 2 } } }"#) == 4)
    #expect(try left(#"{ "reduce.reduce.kernel.rbf.gamma": [1.0, 2] , "reduce.reduce.powers": null }"#) == 4)
    #expect(try left(#"{ "reduce.reduce.kernel": ["linear", { "rbf": { "gamma": 1 } }] }"#) == 2)
    #expect(try left(#"{ "reduce.reduce.powers": [1, 2] }"#) == 3)
  }

  @Test func whatIsWrongWithASkipIsSaidAtOnce() {
    #expect(
      Fakes.errors(
        #"""
        "reduce": [{ "reduce": { "components": { "each": [1, 2] } } }, "none"],
          "cluster": ["cluster"], "probe": ["probe"],
          "skip": [{ "reduc": "reduce" }, { "probe": ["prob"] }, { "reduce.reduce.componets": 1 },
                   { "reduce.reduce.components": 3, "probe": 7 }, {}, { "cluster": "cluster", "probe": "probe" },
                   { "reduce.reduce": 1 }, { "reduce": "none", "reduce.reduce.components": [1, 2] }]
        """#) == """
          error[unknownName]: there is no slot `reduc`
            --> configs/test.json:6:14
             |
           6 |   "skip": [{ "reduc": "reduce" }, { "probe": ["prob"] }, { "reduce.reduce.componets": 1 },
             |              ^^^^^^^
            allowed: data, split, whiten, reduce, cluster, probe
            hint: did you mean `reduce`?

          error[unknownName]: the slot `probe` holds no `prob`
            --> configs/test.json:6:47
             |
           6 |   "skip": [{ "reduc": "reduce" }, { "probe": ["prob"] }, { "reduce.reduce.componets": 1 },
             |                                               ^^^^^^
            there are: probe
            hint: did you mean `probe`?

          error[unknownKey]: `reduce` has no parameter `componets` here
            --> configs/test.json:6:60
             |
           6 |   "skip": [{ "reduc": "reduce" }, { "probe": ["prob"] }, { "reduce.reduce.componets": 1 },
             |                                                            ^^^^^^^^^^^^^^^^^^^^^^^^^
            allowed: components, ridge, kernel, kernel.linear, solver, powers
            hint: did you mean `components`?

          error[unknownName]: `reduce.reduce.components` is never 3
            --> configs/test.json:7:42
             |
           7 |            { "reduce.reduce.components": 3, "probe": 7 }, {}, { "cluster": "cluster", "probe": "probe" },
             |                                          ^
            there are: 1, 2

          error[wrongType]: a whole number stands where the name of a stage, or a list of names, should
            --> configs/test.json:7:54
             |
           7 |            { "reduce.reduce.components": 3, "probe": 7 }, {}, { "cluster": "cluster", "probe": "probe" },
             |                                                      ^
            given: 7

          error[badConfig]: an empty pattern of `skip` would leave nothing
            --> configs/test.json:7:59
             |
           7 |            { "reduce.reduce.components": 3, "probe": 7 }, {}, { "cluster": "cluster", "probe": "probe" },
             |                                                           ^^

          error[badConfig]: this pattern of `skip` matches no cell
            --> configs/test.json:7:63
             |
           7 |            { "reduce.reduce.components": 3, "probe": 7 }, {}, { "cluster": "cluster", "probe": "probe" },
             |                                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            given: {"cluster":"cluster","probe":"probe"}
            hint: take it out, or take out a member that never goes with the others

          error[badConfig]: `reduce.reduce` is neither a slot nor the path of a parameter
            --> configs/test.json:8:14
             |
           8 |            { "reduce.reduce": 1 }, { "reduce": "none", "reduce.reduce.components": [1, 2] }]
             |              ^^^^^^^^^^^^^^^
            hint: write it as slot.stage.parameter, such as reduce.pca.components

          error[badConfig]: this pattern of `skip` matches no cell
            --> configs/test.json:8:36
             |
           8 |            { "reduce.reduce": 1 }, { "reduce": "none", "reduce.reduce.components": [1, 2] }]
             |                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            given: {"reduce":"none","reduce.reduce.components":[1,2]}
            hint: take it out, or take out a member that never goes with the others
          """)
  }

  @Test func aSkipThatLeavesNothingIsRefused() {
    #expect(
      Fakes.errors(
        #""reduce": ["reduce"], "cluster": ["cluster"], "skip": [{ "cluster": "cluster" }]"#) == """
          error[badConfig]: `skip` leaves nothing that is measured
            --> configs/test.json:4:57
             |
           4 |   "reduce": ["reduce"], "cluster": ["cluster"], "skip": [{ "cluster": "cluster" }]
             |                                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^
            hint: take a pattern out, or add a member to it, so that it matches less
          """)
    #expect(
      Fakes.errors(#""reduce": ["reduce"], "cluster": ["cluster"], "skip": { "cluster": "cluster" }"#)?
        .hasPrefix("error[wrongType]: `skip` takes a list of patterns\n") == true)
  }

  @Test func aPatternThatTheZipAlreadyRulesOutMatchesNothing() {
    #expect(
      Fakes.errors(
        CellTests.slots + #"""
          , "zip": [["reduce.reduce.components", "reduce.reduce.ridge"]],
            "skip": [{ "reduce.reduce.components": 1, "reduce.reduce.ridge": 0.2 }]
          """#)?.hasPrefix("error[badConfig]: this pattern of `skip` matches no cell\n") == true)
    #expect(
      Fakes.errors(
        CellTests.slots + #"""
          , "zip": [["reduce.reduce.components", "reduce.reduce.ridge", "probe.probe.k"]],
            "skip": [{ "reduce.reduce.components": 1, "probe.probe.k": 5 }]
          """#)?.hasPrefix("error[badConfig]: this pattern of `skip` matches no cell\n") == true)
  }

  // MARK: Size

  @Test func tooManyCellsAreRefusedAtOnce() {
    #expect(
      Fakes.errors(
        """
        "reduce": [{ "reduce": { "components": { "range": [1, 2000, 2000] } } }],
          "probe": [{ "probe": { "k": { "range": [1, 1000, 1000] } } }]
        """) == """
          error[badConfig]: this experiment has more than 1000000 combinations
            --> configs/test.json:2:15
             |
           2 |   "pipeline": "compare",
             |               ^^^^^^^^^
            slots: reduce (2000), probe (1000)
            hint: sweep fewer values, or pair sweeps by "zip"
          """)
  }

  @Test func tenThousandCellsArePlannedAtOnce() throws {
    let clock = ContinuousClock()
    let time = try clock.measure {
      let plan = try Fakes.plan(
        """
        "reduce": [{ "reduce": { "components": { "range": [1, 10, 10] }, "ridge": { "range": [0, 1, 11] } } }],
        "probe": [{ "probe": { "k": { "range": [1, 100, 100] } } }],
        "skip": [{ "reduce.reduce.ridge": 0 }]
        """)
      #expect(plan.cellCount == 10_000 && plan.nodes.count == 20_103)
      #expect(Set(plan.nodes.map(\.name)).count == plan.nodes.count)
    }
    #expect(time < .seconds(60))
  }
}
