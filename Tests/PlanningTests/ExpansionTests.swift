import Artifacts
import Diagnostics
import PipelineDSL
import Planning
import RunRecords
import StageKit
import Testing

@Suite struct ExpansionTests {
  /// The keys of everything stored so far hang on this encoding: a change makes all of it worthless.
  @Test func keysAreFrozen() throws {
    let plan = try Fakes.plan(
      """
      "seed": 7, "reduce": [{ "reduce": { "kernel": { "rbf": { "gamma": 0.25 } }, "powers": [1, 2] } }],
      "cluster": ["cluster"]
      """)
    let keys = Dictionary(plan.nodes.map { ($0.stage.type.name, $0.key.description) }) { first, _ in first }
    #expect(
      keys == [
        "source": "621663b0cbdaa0c858125da1694b11f01b091de68f281b3a469658d5b32840a1",
        "split": "3e619a775baab167007c59eb3cb670d7e3e2d7ecf417854b6ee6681d4d7f8ee6",
        "fold": "1f5258d26bf8b8f99a44ff155b6eb53bf32fa048cdba7b85ffdc417a1b6bc5d5",
        "reduce": "e63bdd5d5768c6d1ce53278bb2a313633f022944d5cea0f659793c7a037c2eaa",
        "cluster": "ad18ef5787bd7689cf43d236864d03f661802fc45a94382ddb04b0b009607700",
        "spread": "f5211a6c84bdb74805bc6e1a338e0e14b074e2c77b10cb120d711d95906fb6ec",
      ])
    #expect(plan.nodes(of: "cluster").map(\.seed) == [15_021_448_271_073_134_909])
  }

  @Test func whatAKeyIsMadeOfCanBeRead() throws {
    let plan = try Fakes.plan(#""reduce": ["reduce"], "cluster": ["cluster"]"#)
    let reduce = plan.nodes(of: "reduce")[0]
    #expect(
      reduce.components.records.map { "\($0.tag.rawValue) \($0.name) \($0.value)" } == [
        "format key 1", "stage stage reduce", "revision revision 1", "parameter components 2",
        "parameter ridge 0.5", "parameter kernel.linear {}", #"parameter solver "exact""#,
        "parameter powers null", "input features \(plan.nodes(of: "source")[0].key) features",
        "input fitRows \(plan.nodes(of: "fold")[0].key) fitRows",
      ])
    #expect(KeyComponents(reduce.components.json) == reduce.components)
    #expect(KeyComponents(.array([.array(["nonsense", "a", "b"])])) == nil)
  }

  @Test func theNamesOfFilesAreNotInTheKey() throws {
    let members = #""reduce": ["reduce"], "cluster": ["cluster"]"#
    let here = try Fakes.plan(members)
    let there = try Fakes.plan(members, changes: ["data.source.file=b/c.h5"])
    #expect(here.nodes.map(\.key) == there.nodes.map(\.key))
    #expect(there.nodes[0].stage.parameters["file"] == "b/c.h5")
  }

  @Test func sharedPrefixesAreThereOnce() throws {
    let plan = try Fakes.plan(
      """
      "seeds": 3,
      "reduce": [{ "reduce": { "components": { "each": [2, 4] } } }],
      "cluster": [{ "cluster": { "clusters": { "each": [2, 3, 4] } } }],
      "probe": ["probe"]
      """)
    // Clusters and what measures them are repeated for 3 seeds, nothing else is.
    #expect(
      plan.counts == [
        "source": 1, "split": 1, "fold": 1, "reduce": 2, "cluster": 18, "spread": 18, "probe": 2, "hits": 2,
      ])
    #expect(plan.measured.count == 20)
    #expect(plan.cellCount == 8)
    for node in plan.nodes { #expect(node.inputs.allSatisfy { $0.node < node.id }) }
    #expect(Set(plan.nodes.map(\.key)).count == plan.nodes.count)
    #expect(Set(plan.nodes.map(\.name)).count == plan.nodes.count)
  }

  @Test func namesAreMadeOfWhatVaries() throws {
    let plan = try Fakes.plan(
      """
      "seeds": [5, 9], "split": { "split": { "folds": 2 } },
      "reduce": [
        { "reduce": { "kernel": { "rbf": { "gamma": { "each": [0.5, 2] } } } } },
        { "reduce": { "kernel": { "each": ["linear"] } } }
      ],
      "cluster": ["cluster"]
      """)
    #expect(plan.nodes(of: "reduce").first?.name == "reduce, rbf gamma 0.5 · fold 0")
    #expect(plan.nodes(of: "reduce").last?.name == "reduce, kernel linear · fold 1")
    #expect(plan.nodes(of: "cluster").first?.name == "cluster · reduce, rbf gamma 0.5 · fold 0 · seed 5")
    #expect(plan.nodes(of: "spread").last?.name == "spread · reduce, kernel linear · fold 1 · seed 9")
  }

  @Test func foldsFanOut() throws {
    let plan = try Fakes.plan(
      """
      "split": { "split": { "folds": 4 } }, "reduce": ["reduce"], "probe": ["probe"]
      """)
    #expect(
      plan.counts == ["source": 1, "split": 1, "fold": 4, "reduce": 4, "probe": 4, "hits": 4])
    #expect(plan.measured.map(\.fold) == [0, 1, 2, 3])
    #expect(plan.measured.map(\.seed) == [nil, nil, nil, nil])
    // The probe of each fold stands on the reduction of the same fold.
    for (fold, probe) in plan.nodes(of: "probe").enumerated() {
      let fit = probe.inputs.first { $0.port == "fitRows" }
      #expect(fit.map { plan[$0.node].stage.parameters } == .object(["fold": .integer(fold)]))
      let reduce = probe.inputs.first { $0.port == "features" }.map { plan[$0.node] }
      #expect(reduce?.inputs.first { $0.port == "fitRows" }?.node == fit?.node)
    }
  }

  @Test func aRandomSplitRepeatsEverythingBelow() throws {
    let plan = try Fakes.plan(
      """
      "seeds": 2, "split": { "split": { "folds": 3, "shuffled": true } }, "reduce": ["reduce"],
      "probe": ["probe"]
      """)
    #expect(
      plan.counts == ["source": 1, "split": 2, "fold": 6, "reduce": 6, "probe": 6, "hits": 6])
    #expect(
      plan.measured.map { [$0.fold, $0.seed] } == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]])
  }

  @Test func nothingAddedChangesAnotherKeyOrSeed() throws {
    let small = try Fakes.plan(
      """
      "seeds": 2, "reduce": [{ "reduce": { "components": 3 } }], "cluster": ["cluster"]
      """)
    let large = try Fakes.plan(
      """
      "seeds": [4, 1, 0], "title": "More",
      "probe": ["probe"],
      "cluster": [{ "cluster": { "clusters": 9 } }, "cluster"],
      "reduce": [{ "reduce": { "components": { "each": [5, 3, 1] } } }]
      """)
    let known = Dictionary(uniqueKeysWithValues: large.nodes.map { ($0.key, $0) })
    for node in small.nodes {
      #expect(known[node.key]?.seed == node.seed)
      #expect(known[node.key]?.stage.parameters == node.stage.parameters)
    }
    let seeds = large.nodes.compactMap(\.seed)
    // Two alternatives of one stage on the same inputs start from the same seed; replicates and inputs differ.
    #expect(seeds.count == 18 && Set(seeds).count == 9)
    #expect(
      try Fakes.plan(#""seed": 1, "reduce": ["reduce"], "cluster": ["cluster"]"#).nodes.compactMap(\.seed)
        != Fakes.plan(#""reduce": ["reduce"], "cluster": ["cluster"]"#).nodes.compactMap(\.seed))
  }

  @Test func aRaisedRevisionChangesKeysButNoSeeds() throws {
    let members = #""seeds": 2, "reduce": ["reduce"], "cluster": ["cluster"]"#
    let before = try Fakes.plan(members, with: FakeReduce.self)
    let after = try Fakes.plan(members, with: FakeMendedReduce.self)
    #expect(after.nodes.map(\.name) == before.nodes.map(\.name))
    #expect(after.nodes.map(\.seed) == before.nodes.map(\.seed))
    #expect(Set(before.nodes.compactMap(\.seed)).count == 2)
    let changed = zip(before.nodes, after.nodes).filter { $0.key != $1.key }.map { $0.0.stage.type.name }
    #expect(changed == ["reduce", "cluster", "cluster", "spread", "spread"])
    let other = try Fakes.plan(
      #""seeds": 2, "reduce": [{ "reduce": { "components": 3 } }], "cluster": ["cluster"]"#,
      with: FakeReduce.self)
    #expect(Set(other.nodes.compactMap(\.seed)).isDisjoint(with: before.nodes.compactMap(\.seed)))
  }

  @Test func whatIsRandomAboveChangesTheSeedsBelow() throws {
    let members = #""split": { "split": { "shuffled": true } }, "reduce": ["reduce"], "cluster": ["cluster"]"#
    let plan = try Fakes.plan(members)
    let other = try Fakes.plan(members, changes: ["seed=1"])
    #expect(plan.nodes(of: "cluster")[0].seed != plan.nodes(of: "split")[0].seed)
    #expect(Set(other.nodes.compactMap(\.seed)).isDisjoint(with: plan.nodes.compactMap(\.seed)))
  }

  @Test func aKeyCanBeTakenWithOtherInputs() throws {
    let members = #""reduce": ["reduce"], "cluster": ["cluster"]"#
    let before = try Fakes.plan(members, with: FakeReduce.self)
    let after = try Fakes.plan(members, with: FakeMendedReduce.self)
    for (old, new) in zip(before.nodes, after.nodes) {
      #expect(new.key(withInputKeys: { after[$0].key }) == new.key)
      // With the inputs' earlier keys, everything but the stage that was mended has its earlier key.
      #expect((new.key(withInputKeys: { before[$0].key }) == old.key) == (new.stage.type.name != "reduce"))
    }
  }

  @Test func anEmptySlotPassesOnWhatComesIn() throws {
    let plan = try Fakes.plan(#""whiten": "none", "reduce": ["none", "reduce"], "cluster": ["cluster"]"#)
    #expect(plan.counts == ["source": 1, "split": 1, "fold": 1, "reduce": 1, "cluster": 2, "spread": 2])
    #expect(plan.nodes(of: "cluster")[0].inputs.map(\.output) == ["features"])
    #expect(plan.nodes(of: "cluster")[1].inputs.map(\.output) == ["embedding"])
    #expect(
      plan.measured[0].choices.map(\.stage) == ["source", "split", "none", "none", "cluster"])
    #expect(plan.slots.first { $0.name == "reduce" }?.alternatives.first == "none")
  }

  @Test func metricsAreThoseAskedForOrAllThatAreCheap() throws {
    let slots = #""reduce": ["reduce"], "cluster": ["cluster"], "probe": ["probe"]"#
    func metrics(_ more: String) throws -> [String] { try Fakes.plan(slots + more).measured.map(\.metric) }
    #expect(try metrics("") == ["spread", "hits"])
    #expect(try metrics(#", "metrics": ["detail"]"#) == ["detail"])
    #expect(try metrics(#", "metrics": ["hits", "detail", "hits"]"#) == ["detail", "hits"])
    #expect(try metrics(#", "tables": { "a": { "metrics": ["hits"] } }"#) == ["hits"])
  }

  @Test func metricsTakeParameters() throws {
    let slots = #""reduce": ["reduce"], "cluster": ["cluster"]"#
    let plan = try Fakes.plan(slots + #", "metrics": ["spread", { "detail": { "grain": 3 } }]"#)
    #expect(Set(plan.measured.map(\.metric)) == ["spread", "detail"])
    let grain = JSON.object(["grain": .integer(3)])
    #expect(plan.nodes(of: "detail").map(\.stage.parameters) == [grain])
    // A table names metrics only.
    let shown = try Fakes.plan(
      slots + #", "metrics": [{ "detail": { "grain": 3 } }], "tables": { "a": { "metrics": ["detail"] } }"#)
    #expect(shown.nodes(of: "detail").map(\.stage.parameters) == [grain])
    let plain = try Fakes.plan(slots + #", "metrics": ["detail"]"#)
    #expect(plain.nodes(of: "detail")[0].key != plan.nodes(of: "detail")[0].key)
    #expect(
      Fakes.errors(slots + #", "metrics": [{ "detail": { "grain": 0 } }]"#)?.contains("`grain` must be")
        == true)
    #expect(
      Fakes.errors(slots + #", "metrics": [{ "detial": { "grain": 1 } }]"#)?
        .contains("there is no metric `detial`") == true)
    #expect(
      Fakes.errors(slots + #", "metrics": ["detail", { "detail": { "grain": 2 } }]"#)?
        .contains("the metric `detail` is named twice") == true)
    #expect(
      Fakes.errors(slots + #", "metrics": [{ "detail": { "grain": 1 }, "spread": {} }]"#)?
        .contains("one metric with its parameters") == true)
  }

  @Test func aClaimCanBeAboutCellsWithoutASlot() throws {
    let slots = #""reduce": ["reduce"], "cluster": ["cluster"], "metrics": ["detail", "spread"]"#
    func claim(_ metric: String, _ cell: String) -> String {
      #", "claims": [{ "say": "x", "check": { "metric": "\#(metric)", "of": \#(cell), "near": 0, "within": 1 } }]"#
    }
    #expect(try Fakes.plan(slots + claim("detail", #"{ "cluster": null }"#)).claims.count == 1)
    #expect(
      Fakes.errors(slots + claim("detail", #"{ "split": null }"#))?
        .contains("no measured cell has `split` null") == true)
  }

  @Test func alternativesWrittenOneByOneAreToldApart() throws {
    let plan = try Fakes.plan(
      """
      "reduce": [{ "reduce": { "components": 3 } }, { "reduce": { "components": 4, "ridge": 0.25 } }, "none"],
      "cluster": ["cluster"]
      """)
    #expect(
      plan.measured.map { $0.choices[3] } == [
        Choice(
          slot: "reduce", stage: "reduce",
          swept: [.init(path: "components", value: "3"), .init(path: "ridge", value: "0.5")]),
        Choice(
          slot: "reduce", stage: "reduce",
          swept: [.init(path: "components", value: "4"), .init(path: "ridge", value: "0.25")]),
        Choice(slot: "reduce", stage: "none"),
      ])
  }
}
