import Artifacts
import Diagnostics
import Foundation
import RunRecords
import StageKit
import Testing

@testable import Execution
@testable import Planning

/// Which node of an earlier run a node is compared with.
@Suite struct PairingTests {
  /// The names of the earlier nodes that the nodes of a plan are paired with.
  private func pairs(_ bench: Bench, after old: Bench) throws -> [String] {
    let nodes = ManifestBuilder(old.plan, try old.run()).deterministic.nodes
    return zip(bench.plan.nodes, Pairing(bench.plan, nodes).partners).map { node, partner in
      "\(node.name) < \(partner.map { nodes[$0].name } ?? "none")"
    }
  }

  /// Mixers on a source with names of their own.
  private func bench(_ like: Bench? = nil, _ nodes: KeyValuePairs<String, Double>) throws -> Bench {
    var bench = try (like ?? Bench()).again()
    try bench.place(Well.self, name: "well")
    for (name, tuning) in nodes {
      try bench.place(Mix.self, ["tuning": .number(tuning)], on: [0], name: name)
    }
    for (index, node) in nodes.enumerated() {
      try bench.place(Weigh.self, on: [index + 1], name: "weigh · \(node.key)")
    }
    return bench
  }

  @Test func theSameKeyComesFirst() throws {
    let old = try bench(nil, ["mix, tuning 1": 1, "mix, tuning 2": 2])
    let new = try bench(old, ["mix, tuning 2": 1, "mix, tuning 3": 2])
    #expect(
      try pairs(new, after: old)[1...2] == ["mix, tuning 2 < mix, tuning 1", "mix, tuning 3 < mix, tuning 2"])
  }

  @Test func thenTheSameName() throws {
    let old = try bench(nil, ["mix · one": 1, "mix · two": 2])
    let new = try bench(old, ["mix · two": 3, "mix · one": 4])
    #expect(
      try pairs(new, after: old) == [
        "well < well", "mix · two < mix · two", "mix · one < mix · one",
        "weigh · mix · two < weigh · mix · two",
        "weigh · mix · one < weigh · mix · one",
      ])
  }

  @Test func thenTheLikestOfTheSameReplicate() throws {
    let old = try bench(nil, ["mix, tuning 1 · seed 0": 1, "mix, tuning 1 · seed 1": 1.5])
    let new = try bench(
      old, ["mix, tuning 2 · seed 1": 2, "mix, tuning 2 · seed 0": 2.5, "mix, tuning 3 · seed 0": 3])
    #expect(
      try pairs(new, after: old).dropFirst() == [
        "mix, tuning 2 · seed 1 < mix, tuning 1 · seed 1", "mix, tuning 2 · seed 0 < mix, tuning 1 · seed 0",
        // Each earlier node is taken once; what is left over is new, and so is what stands below it.
        "mix, tuning 3 · seed 0 < none", "weigh · mix, tuning 2 · seed 1 < weigh · mix, tuning 1 · seed 1",
        "weigh · mix, tuning 2 · seed 0 < weigh · mix, tuning 1 · seed 0",
        "weigh · mix, tuning 3 · seed 0 < none",
      ])
  }

  @Test func fewerOtherParametersAreLiker() throws {
    func bench(_ like: Bench?, _ nodes: [(name: String, number: Int, size: Int)]) throws -> Bench {
      var bench = try (like ?? Bench()).again()
      for node in nodes {
        try bench.place(
          Mix.self, ["number": .integer(node.number), "size": .integer(node.size)], name: node.name)
        try bench.place(Weigh.self, on: [bench.plan.nodes.count - 1], name: "weigh · \(node.name)")
      }
      return bench
    }
    let old = try bench(nil, [("mix, 1 1", 1, 1), ("mix, 1 2", 1, 2), ("mix, 2 2", 2, 2)])
    let new = try bench(old, [("mix, 3 2", 3, 2), ("mix, 4 4", 4, 4)])
    let found = try pairs(new, after: old)
    #expect(found[0] == "mix, 3 2 < mix, 1 2")
    #expect(found[2] == "mix, 4 4 < mix, 1 1")
  }

  @Test func whatIsRepeatedNowWasOneNodeThen() throws {
    let old = try bench(nil, ["mix": 1])
    let new = try bench(old, ["mix · fold 0 · seed 0": 2, "mix · fold 1 · seed 0": 3])
    #expect(
      try pairs(new, after: old)[1...2] == ["mix · fold 0 · seed 0 < mix", "mix · fold 1 · seed 0 < mix"])
    #expect(try pairs(try bench(old, ["mix": 5]), after: new)[1] == "mix < mix · fold 0 · seed 0")
  }

  @Test func namesAreTakenApart() {
    let name = NodeName("k-means · pca, components 8 · fold 10 · seed 2")
    #expect(String(Substring(name.choices)) == "k-means · pca, components 8")
    #expect(name.fold.map { String(Substring($0)) } == "fold 10")
    #expect(name.seed.map { String(Substring($0)) } == "seed 2")
    for plain in ["pca", "", " · ", "pca · seedling", "seed 3"] {
      #expect(String(Substring(NodeName(plain).choices)) == plain)
      #expect(NodeName(plain).seed == nil)
    }
    #expect(NodeName.parts(of: "a · b, c · seed 2") == ["a", "b, c", "seed 2"])
    #expect(NodeName.parts(of: "a") == ["a"])
  }

  /// The time must not grow with the square of the number of nodes: then this would not end within the suite's limit.
  @Test func manyNodesThatAllChangedArePaired() throws {
    func bench(_ like: Bench?, _ tuning: Double, count: Int) throws -> Bench {
      var bench = try (like ?? Bench()).again()
      for index in 0..<count {
        try bench.place(
          Mix.self, ["number": .integer(index), "tuning": .number(tuning)],
          name: "mix, tuning \(tuning), \(index)")
      }
      return bench
    }
    let old = try bench(nil, 1, count: 4_000)
    let nodes = old.plan.nodes.map { node in
      NodeRecord(
        id: node.id.index, name: node.name, stage: node.stage.name, revision: 1,
        parameters: node.stage.parameters, key: node.key)
    }
    let new = try bench(old, 2, count: 4_000)
    let pairing = Pairing(new.plan, nodes)
    #expect(pairing.partners == (0..<4_000).map { $0 })
  }
}
