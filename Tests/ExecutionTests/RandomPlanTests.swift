import Artifacts
import Execution
import LinearAlgebra
import StageKit
import Store
import Testing

/// Random plans with injected failures and damage, against a few lines that say what must come out.
@Suite(.timeLimit(.minutes(4))) struct RandomPlanTests {
  /// A layered plan: what each node takes stands in a layer above; a third of the nodes is measured.
  struct Layered {
    var inputs: [[Int]] = []
    var isMeasured: [Bool] = []
    var fails: [Bool] = []

    init(_ random: inout RandomStream) {
      var above: [Int] = []
      for _ in 0..<(1 + random.below(5)) {
        let width = 1 + random.below(6)
        let layer = Array(inputs.count..<inputs.count + width)
        for _ in layer {
          inputs.append(
            (0..<random.below(4)).compactMap { _ in above.isEmpty ? nil : above[random.below(above.count)] })
          isMeasured.append(random.below(3) == 0)
          fails.append(random.below(8) == 0)
        }
        above += layer
      }
      isMeasured[inputs.count - 1] = true
    }

    func bench(_ lab: Lab = .make()) throws -> Bench {
      var bench = try Bench(lab)
      for node in inputs.indices {
        try bench.mix(inputs[node], size: node % 3 == 0 ? 1500 : 0, measured: isMeasured[node])
      }
      return bench
    }

    /// What must come out of an empty store.
    func oracle() -> [(end: String, value: Int?)] {
      var needed = isMeasured
      for node in inputs.indices.reversed() where needed[node] {
        for input in inputs[node] { needed[input] = true }
      }
      var results: [(end: String, value: Int?)] = []
      for (node, inputs) in inputs.enumerated() {
        let values = inputs.compactMap { results[$0].value }
        let end =
          !needed[node] ? "cached" : values.count < inputs.count ? "blocked" : fails[node] ? "failed" : "ran"
        results.append((end, end == "ran" ? Mix.mixed(node, values) : nil))
      }
      return results
    }
  }

  @Test(arguments: 0..<100) func randomPlansComeOutAsTheyMust(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed))
    let layered = Layered(&random)
    let bench = try layered.bench()
    for node in layered.inputs.indices where layered.fails[node] { bench.lab.fail(node) }
    let report = try bench.run(jobs: 1 + seed % 4)
    check(report, layered)
    #expect(bench.lab.runs.values.allSatisfy { $0 == 1 })

    // Nothing fails any more, and some results are damaged: the rest is computed, to the same bytes.
    for node in layered.inputs.indices { bench.lab.on(node, nil) }
    for object in bench.folder.objects where random.below(3) == 0 { try bench.folder.damage(object) }
    var whole = layered
    whole.fails = whole.fails.map { _ in false }
    let again = try bench.run(jobs: 1 + seed % 3)
    for (node, expected) in whole.oracle().enumerated() where whole.isMeasured[node] {
      #expect(["ran", "cached"].contains(again.ends[node]))
      #expect(again.outputs[node].first?.digest == digest(expected.value, node, bench))
    }
    #expect(again.failedCount == 0 && again.blockedCount == 0)
    bench.lab.forgetRuns()
    try bench.run(jobs: 2)
    #expect(bench.lab.runs.isEmpty)
  }

  private func check(_ report: RunReport, _ layered: Layered) {
    let oracle = layered.oracle()
    let ends = report.ends.map { String($0.prefix { $0 != " " && $0 != ":" }) }
    #expect(ends == oracle.map(\.end))
    for (node, outputs) in report.outputs.enumerated() {
      #expect(outputs.isEmpty == (oracle[node].value == nil))
    }
  }

  private func digest(_ value: Int?, _ node: Int, _ bench: Bench) -> Digest? {
    value.map { Grain($0, size: node % 3 == 0 ? 1500 : 0, lab: bench.lab.number).digest }
  }
}
