import Diagnostics
import Foundation
import PipelineDSL
import Planning
import StageKit
import Testing

/// Whole messages for whatever can be wrong with a config.
@Suite struct ConfigErrorTests {
  @Test func everythingThatIsWrongIsReportedAtOnce() {
    #expect(
      Fakes.errors(
        """
        "seed": 1.5,
          "sedes": 3,
          "reduce": [
            { "reduze": {} },
            { "reduce": { "componets": 3, "ridge": 2, "solver": "quik", "kernel": { "rbf": { "gamma": "x" } } } },
            { "cluster": {} }
          ],
          "cluster": [{ "cluster": { "clusters": 0 } }, 7],
          "metrics": ["hit"],
          "tables": { "a/b": { "rows": ["reduc"], "metrics": ["hits"], "colour": 1 } }
        """) == """
          error[wrongType]: a number stands where a whole number should
            --> configs/test.json:4:11
             |
           4 |   "seed": 1.5,
             |           ^^^
            given: 1.5

          error[unknownKey]: there is no slot or setting `sedes`
            --> configs/test.json:5:3
             |
           5 |   "sedes": 3,
             |   ^^^^^^^
            slots:    data, split, whiten, reduce, cluster, probe
            settings: $schema, extends, title, pipeline, seeds, seed, metrics, tables, claims, zip, skip, provenance
            hint: did you mean `seeds`?

          error[unknownName]: there is no reducer `reduze`
            --> configs/test.json:7:7
             |
           7 |     { "reduze": {} },
             |       ^^^^^^^^
            allowed: reduce, none
            hint: did you mean `reduce`?

          error[unknownKey]: there is no parameter `componets`
            --> configs/test.json:8:19
             |
           8 |     { "reduce": { "componets": 3, "ridge": 2, "solver": "quik", "kernel": { "rbf": { "gamma": "x" } } } },
             |                   ^^^^^^^^^^^
            allowed: components, ridge, kernel, solver, powers
            hint: did you mean `components`?

          error[outOfRange]: `ridge` must be from 0 to 1
            --> configs/test.json:8:44
             |
           8 |     { "reduce": { "componets": 3, "ridge": 2, "solver": "quik", "kernel": { "rbf": { "gamma": "x" } } } },
             |                                            ^
            given:   2.0
            allowed: from 0 to 1

          error[unknownName]: there is no case `quik`
            --> configs/test.json:8:57
             |
           8 |     { "reduce": { "componets": 3, "ridge": 2, "solver": "quik", "kernel": { "rbf": { "gamma": "x" } } } },
             |                                                         ^^^^^^
            allowed: exact, quick
            hint: did you mean `quick`?

          error[wrongType]: a string stands where a number should
            --> configs/test.json:8:95
             |
           8 |     { "reduce": { "componets": 3, "ridge": 2, "solver": "quik", "kernel": { "rbf": { "gamma": "x" } } } },
             |                                                                                               ^^^
            given: "x"

          error[unknownName]: `cluster` is a clusterer, and the slot `reduce` takes a reducer
            --> configs/test.json:9:7
             |
           9 |     { "cluster": {} }
             |       ^^^^^^^^^
            allowed: reduce, none

          error[outOfRange]: `clusters` must be at least 1
             --> configs/test.json:11:42
              |
           11 |   "cluster": [{ "cluster": { "clusters": 0 } }, 7],
              |                                          ^
            given:   0
            allowed: at least 1

          error[wrongType]: one stage should stand here, as { "name": { parameters } }
             --> configs/test.json:11:49
              |
           11 |   "cluster": [{ "cluster": { "clusters": 0 } }, 7],
              |                                                 ^
            given: 7
            slot:  cluster

          error[unknownName]: there is no metric `hit`
             --> configs/test.json:12:15
              |
           12 |   "metrics": ["hit"],
              |               ^^^^^
            allowed: hits, spread, detail
            hint: did you mean `hits`?

          error[badConfig]: `a/b` cannot be a table's name, for it names files
             --> configs/test.json:13:15
              |
           13 |   "tables": { "a/b": { "rows": ["reduc"], "metrics": ["hits"], "colour": 1 } }
              |               ^^^^^
            hint: use letters, digits, `-`, `_` and `.`

          error[unknownName]: a table cannot be laid out by `reduc`
             --> configs/test.json:13:33
              |
           13 |   "tables": { "a/b": { "rows": ["reduc"], "metrics": ["hits"], "colour": 1 } }
              |                                 ^^^^^^^
            allowed: data, split, whiten, reduce, cluster, probe, seed
            hint: did you mean `reduce`?

          error[unknownKey]: a table has no `colour`
             --> configs/test.json:13:64
              |
           13 |   "tables": { "a/b": { "rows": ["reduc"], "metrics": ["hits"], "colour": 1 } }
              |                                                                ^^^^^^^^
            allowed: rows, columns, metrics, best, caption
          """)
  }

  @Test func theMessagesOfSingleMistakes() throws {
    func config(_ text: String) -> String {
      do {
        _ = try Fakes.plan(Config(SourceText(file: "configs/test.json", text)))
        return "fine"
      } catch { return "\(error)" }
    }
    #expect(
      config(#"{ "pipeline": "compere" }"#) == """
        error[unknownName]: there is no pipeline `compere`
          --> configs/test.json:1:15
           |
         1 | { "pipeline": "compere" }
           |               ^^^^^^^^^
          allowed: compare
          hint: did you mean `compare`?
        """)
    #expect(
      config(#"{ "data": "source" }"#) == """
        error[missingValue]: the config names no pipeline
          --> configs/test.json:1:1
           |
         1 | { "data": "source" }
           | ^^^^^^^^^^^^^^^^^^^^
          allowed: compare
          hint: write "pipeline": "compare"
        """)
    #expect(
      config(#"{ "pipeline": "compare", "pipeline": "compare" }"#) == """
        error[duplicateKey]: `pipeline` stands twice in one object
          --> configs/test.json:1:26
           |
         1 | { "pipeline": "compare", "pipeline": "compare" }
           |                          ^^^^^^^^^^
        """)
    #expect(
      config(#"{ "pipeline": "compare", }}"#) == """
        error[badSyntax]: not valid JSON: text after the end of the value
          --> configs/test.json:1:27
           |
         1 | { "pipeline": "compare", }}
           |                           ^
        """)
    #expect(
      config("[1]") == """
        error[wrongType]: a config should be an object, not a list
          --> configs/test.json:1:1
           |
         1 | [1]
           | ^^^
        """)
    #expect(
      config(#"{ "pipeline": "compare" }"#) == """
        error[missingValue]: the slot `data` is not filled
          --> configs/test.json:1:15
           |
         1 | { "pipeline": "compare" }
           |               ^^^^^^^^^
          allowed: source
          hint: write "data": { … }

        error[missingValue]: the slot `reduce` is not filled
          --> configs/test.json:1:15
           |
         1 | { "pipeline": "compare" }
           |               ^^^^^^^^^
          allowed: reduce, none
          hint: write "reduce": [ { … } ]
        """)
  }

  @Test func missingLabelsAreOneErrorWhereTheyAreNeeded() {
    #expect(
      Fakes.errors(
        """
        "reduce": [{ "reduce": { "components": { "each": [1, 2, 3] } } }],
          "probe": [{ "probe": { "k": { "each": [1, 2] } } }]
        """, changes: ["data.source.labelled=false"]) == """
          error[missingPort]: `probe` needs labels, and nothing here gives them
            --> configs/test.json:5:15
             |
           5 |   "probe": [{ "probe": { "k": { "each": [1, 2] } } }]
             |               ^^^^^^^
            slot: probe
            port: labels (labels)
            hint: name the data set in the loader, such as "labels": "…"
          """)
  }

  @Test func aProblemAboveIsNotReportedAgainBelow() {
    #expect(
      Fakes.errors(
        #""metrics": ["hits"], "reduce": ["reduce"], "cluster": ["cluster"], "probe": ["probe"]"#,
        changes: ["data.source.file=missing.h5"]) == """
          error[fileNotFound]: there is no such file
            --> configs/test.json:3:13
             |
           3 |   "data": { "source": {} },
             |             ^^^^^^^^
            path: configs/missing.h5
          """)
  }

  @Test func anExperimentThatMeasuresNothingIsRefused() {
    #expect(
      Fakes.errors(#""reduce": ["reduce"]"#) == """
        error[badConfig]: nothing in this experiment is measured, so nothing would run
          --> configs/test.json:2:15
           |
         2 |   "pipeline": "compare",
           |               ^^^^^^^^^
          slots: data (1), split (1), whiten (1), reduce (1), cluster (0), probe (0)
          hint: fill a slot whose stages give what a metric takes
        """)
    #expect(
      Fakes.errors(#""reduce": ["reduce"], "cluster": ["cluster"], "metrics": ["hits"]"#) == """
        error[missingPort]: nothing in this experiment can be measured by `hits`
          --> configs/test.json:4:61
           |
         4 |   "reduce": ["reduce"], "cluster": ["cluster"], "metrics": ["hits"]
           |                                                             ^^^^^^
          needs: predictions (predictions), labels (labels)
          hint: fill the slot whose stages give this
        """)
  }

  @Test func claimsThatCanNeverBeCheckedAreRefused() {
    #expect(
      Fakes.errors(
        """
        "reduce": [{ "reduce": { "components": { "each": [2, 4] } } }],
          "cluster": [{ "cluster": {} }],
          "claims": [
            { "say": "a", "check": { "metric": "spred", "near": 1, "within": 1 } },
            { "say": "b", "check": { "metric": "spread", "left": { "reduc": "reduce" }, "relation": ">", "right": 1 } },
            { "say": "c", "check": { "metric": "spread", "of": { "reduce.components": 3 }, "near": 1, "within": "1%" } },
            { "say": "d", "check": { "metric": "spread", "along": "cluster.clusters", "trend": "rises" } },
            { "say": "e", "check": { "metric": "spread", "near": 1 } },
            { "say": "f", "check": { "metric": "spread" } },
            { "say": "g", "check": { "metric": "spread", "order": [{}, {}], "slak": 1 } },
            { "check": {} }
          ]
        """) == """
          error[unknownName]: nothing in this experiment is measured by `spred`
            --> configs/test.json:7:40
             |
           7 |     { "say": "a", "check": { "metric": "spred", "near": 1, "within": 1 } },
             |                                        ^^^^^^^
            there are: spread, seconds
            hint: did you mean `spread`?

          error[unknownName]: there is no slot `reduc`
            --> configs/test.json:8:69
             |
           8 |     { "say": "b", "check": { "metric": "spread", "left": { "reduc": "reduce" }, "relation": ">", "right": 1 } },
             |                                                                     ^^^^^^^^
            allowed: data, split, whiten, reduce, cluster, probe
            hint: did you mean `reduce`?

          error[unknownName]: no measured cell has `reduce.components` 3
            --> configs/test.json:9:79
             |
           9 |     { "say": "c", "check": { "metric": "spread", "of": { "reduce.components": 3 }, "near": 1, "within": "1%" } },
             |                                                                               ^
            there are: 2, 4

          error[unknownName]: no cell has a number for `cluster.clusters`
             --> configs/test.json:10:59
              |
           10 |     { "say": "d", "check": { "metric": "spread", "along": "cluster.clusters", "trend": "rises" } },
              |                                                           ^^^^^^^^^^^^^^^^^^
            hint: write it as slot.parameter, such as reduce.components

          error[missingValue]: `within` is missing
             --> configs/test.json:11:28
              |
           11 |     { "say": "e", "check": { "metric": "spread", "near": 1 } },
              |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

          error[missingValue]: the check says not what is compared
             --> configs/test.json:12:28
              |
           12 |     { "say": "f", "check": { "metric": "spread" } },
              |                            ^^^^^^^^^^^^^^^^^^^^^^
            one of: near, correlates, left, order, wins, trend
            hint: write "near": 0.9, or "left": {…}, "relation": ">=", "right": {…}

          error[unknownKey]: this check has no `slak`
             --> configs/test.json:13:69
              |
           13 |     { "say": "g", "check": { "metric": "spread", "order": [{}, {}], "slak": 1 } },
              |                                                                     ^^^^^^
            allowed: metric, take, order, relation, slack
            hint: did you mean `slack`?

          error[missingValue]: `say` is missing
             --> configs/test.json:14:5
              |
           14 |     { "check": {} }
              |     ^^^^^^^^^^^^^^^
          """)
  }

  @Test func aSlotForOneStageTakesOne() {
    #expect(
      Fakes.errors(#""split": [], "reduce": ["reduce"], "cluster": ["cluster"]"#) == """
        error[missingValue]: the slot `split` is empty
          --> configs/test.json:4:12
           |
         4 |   "split": [], "reduce": ["reduce"], "cluster": ["cluster"]
           |            ^^
        """)
    #expect(
      Fakes.errors(
        #""split": ["split", { "split": { "folds": 2 } }], "reduce": ["reduce"], "cluster": ["cluster"]"#)
          == """
          error[badConfig]: the slot `split` takes one stage, not 2
            --> configs/test.json:4:12
             |
           4 |   "split": ["split", { "split": { "folds": 2 } }], "reduce": ["reduce"], "cluster": ["cluster"]
             |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          """)
    #expect(
      Fakes.errors(
        #""split": { "split": { "folds": { "each": [1, 2] } } }, "reduce": ["reduce"], "cluster": ["cluster"]"#
      )
        == """
        error[badConfig]: the slot `split` takes one stage: nothing can be swept there
          --> configs/test.json:4:12
           |
         4 |   "split": { "split": { "folds": { "each": [1, 2] } } }, "reduce": ["reduce"], "cluster": ["cluster"]
           |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """)
  }

  @Test func aFolderOrAMissingFileIsNoConfig() throws {
    let folder = NSTemporaryDirectory() + "/config-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(
      message { try Config.read(folder) } == "error[notAFile]: the config is a folder\n  path: \(folder)")
    let file = folder + "/none.json"
    #expect(
      message { try Config.read(file) } == "error[fileNotFound]: there is no such config\n  path: \(file)")
  }

  @Test func settingsOfTheCommandLineReachEveryValue() throws {
    let members = #""reduce": ["reduce", { "none": {} }], "cluster": { "cluster": {} }"#
    func set(_ changes: String...) throws -> Config { try Fakes.config(members, changes: changes) }
    #expect(try set("seeds=3").json["seeds"] == 3)
    #expect(try set("title=On digits").json["title"] == "On digits")
    #expect(
      try set("reduce.reduce.components=8").json["reduce"]?.items?.first
        == .object(["reduce": .object(["components": 8])]))
    #expect(try set("reduce.0=none").json["reduce"]?.items?.first == "none")
    #expect(try set("reduce.reduce=none").json["reduce"]?.items?.first == "none")
    #expect(
      try set("cluster.cluster.clusters={\"each\": [1, 2]}").json["cluster"]
        == .object(["cluster": .object(["clusters": .object(["each": [1, 2]])])]))
    #expect(
      try set("seeds=3", "seeds=4").origins.filter { $0.path == "seeds" }.map(\.origin) == ["command line"])
    #expect(try set().origins.first { $0.path == "pipeline" }?.origin == "test.json:2")
  }

  @Test func severalValuesOnTheCommandLineAreASweepOrAList() throws {
    let members = """
      "reduce": ["reduce", { "reduce": { "powers": [1, 2] } }], "cluster": { "cluster": {} },
      "tables": { "main": { "metrics": ["spread"] } }
      """
    func set(_ change: String) throws -> JSON { try Fakes.config(members, changes: [change]).json }
    #expect(
      try set("cluster.cluster.clusters=2,8, 32")["cluster"]
        == .object(["cluster": .object(["clusters": .object(["each": [2, 8, 32]])])]))
    #expect(
      try set("reduce.0.reduce.ridge=0.5,1e-3")["reduce"]?.items?.first
        == .object(["reduce": .object(["ridge": .object(["each": [.number(0.5), .number(0.001)]])])]))
    #expect(
      try set("reduce.reduce.solver=exact,quick")["reduce"]?.items?.first
        == .object(["reduce": .object(["solver": .object(["each": ["exact", "quick"]])])]))
    // Where a list may stand, or stands so far, it is one.
    #expect(try set("reduce=reduce,none")["reduce"] == ["reduce", "none"])
    #expect(try set("seeds=1,2,5")["seeds"] == [1, 2, 5])
    #expect(try set("metrics=spread,hits")["metrics"] == ["spread", "hits"])
    #expect(try set("metrics=spread")["metrics"] == ["spread"])
    #expect(try set("tables.main.rows=reduce")["tables"]?["main"]?["rows"] == ["reduce"])
    #expect(try set("reduce=none")["reduce"] == "none")
    #expect(try set("tables.main.rows=reduce,seed")["tables"]?["main"]?["rows"] == ["reduce", "seed"])
    #expect(
      try set("reduce.1.reduce.powers=3,4")["reduce"]?.items?.last
        == .object(["reduce": .object(["powers": [3, 4]])]))
    // In text a comma is a comma, and so it is in what is no list of plain values.
    #expect(try set("title=Two, three")["title"] == "Two, three")
    #expect(try set("tables.main.caption=a,b")["tables"]?["main"]?["caption"] == "a,b")
    #expect(
      try set("data.source.file=\"a,b.h5\"")["data"] == .object(["source": .object(["file": "a,b.h5"])]))
    for text in ["1,,2", ",", "1,[2]", "a,\"b"] {
      #expect(
        try set("cluster.cluster.clusters=\(text)")["cluster"]?["cluster"]?["clusters"] == .string(text))
    }
  }

  @Test func badSettingsAreReportedTogether() {
    #expect(
      message {
        try Fakes.config(
          #""reduce": ["reduce"], "cluster": []"#,
          changes: [
            "nonsense", "=3", "a..b=1", "reduce.pca.components=3", "reduce.7=1", "cluster.0.x=1",
            "extends=b.json",
          ])
      } == """
        error[badUsage]: `--set` takes path=value
          given: nonsense
          hint: for example --set seeds=3 or --set reduce.pca.components=8

        error[badUsage]: `--set` takes path=value
          given: =3
          hint: for example --set seeds=3 or --set reduce.pca.components=8

        error[badUsage]: `--set` takes path=value
          given: a..b=1
          hint: for example --set seeds=3 or --set reduce.pca.components=8

        error[unknownKey]: `--set reduce.pca.components=3` leads nowhere: the list has no `pca`
          allowed: 0 to 0, or the name of a stage in it

        error[unknownKey]: `--set reduce.7=1` leads nowhere: the list has no `7`
          allowed: 0 to 0, or the name of a stage in it

        error[unknownKey]: `--set cluster.0.x=1` leads nowhere: the list has no `0`
          allowed: nothing

        error[badUsage]: `--set` cannot change what a config extends
          given: extends=b.json
          hint: write a config that extends another one
        """)
  }

  private func message(_ body: () throws -> some Any) -> String {
    do {
      _ = try body()
      return "fine"
    } catch { return "\(error)" }
  }
}
