import Diagnostics
import RunRecords
import Testing

@testable import Reporting

/// Claims on a small comparison: pca with 2 and 32 components, kernel PCA, two probes, k-means.
@Suite("A claim")
struct ClaimVerdictTests {
  private func verdict(
    _ check: String, results: [MeasuredValue] = Sample.comparison, found: String? = nil
  ) throws -> ClaimVerdict {
    let claim = "{\"say\": \"s\", \"source\": \"arXiv:1\"\(found.map { ", \"found\": \"\($0)\"" } ?? ""), "
    let config = "{\"claims\": [\(claim)\"check\": \(check)}]}"
    let record = DeterministicRecord(
      name: "a", pipeline: "p", config: try JSON.parse(SourceText(file: "a.json", config)), results: results,
      metrics: Sample.metrics)
    let verdicts = ClaimVerdict.verdicts(of: Manifest(deterministic: record, volatile: Self.volatile))
    return try #require(verdicts.first)
  }

  private static let volatile = VolatileRecord(
    run: "run", started: Timestamp(milliseconds: 0), ended: Timestamp(milliseconds: 0), seconds: 0,
    host: "host", cores: 1, commandLine: [], versions: Versions(tool: "1", swift: "6"), peakMemory: 0,
    outcome: .done, nodes: [])

  private func expect(_ check: String, _ outcome: ClaimVerdict.Outcome, _ measured: String) throws {
    let verdict = try verdict(check)
    #expect(verdict.outcome == outcome)
    #expect(verdict.measured == measured)
  }

  @Test("near a number: within an amount or a share")
  func near() throws {
    let of = #""metric": "nmi", "of": { "reduce.components": 32 }"#
    try expect("{\(of), \"near\": 0.73, \"within\": 0.001}", .holds, "0.73 against 0.73 ± 0.001")
    try expect("{\(of), \"near\": 0.8, \"within\": \"5%\"}", .doesNotHold, "0.73 against 0.8 ± 0.04")
    try expect("{\(of), \"near\": 0.8, \"within\": \"10%\"}", .holds, "0.73 against 0.8 ± 0.08")
  }

  @Test("one cell against another, with slack and a factor")
  func comparison() throws {
    let pca = #""left": { "reduce": "pca", "reduce.components": 2 }"#
    let kernel = #""right": { "reduce": "kernel-pca" }"#
    try expect(
      "{\"metric\": \"nmi\", \(pca), \"relation\": \">=\", \(kernel)}", .doesNotHold, "0.41 not ≥ 0.46")
    try expect(
      "{\"metric\": \"nmi\", \(pca), \"relation\": \">=\", \(kernel), \"slack\": 0.06}", .holds,
      "0.41 ≥ 0.46 − 0.06")
    try expect(
      "{\"metric\": \"nmi\", \(pca), \"relation\": \">\", \(kernel), \"factor\": 0.5}", .holds,
      "0.41 > 0.5 × 0.46")
    try expect(
      "{\"metric\": \"nmi\", \(pca), \"relation\": \"<\", \"right\": 0.5}", .holds, "0.41 < 0.5")
  }

  @Test("the mean, the best or the worst of several cells")
  func take() throws {
    let all = #""metric": "nmi", "left": { "reduce": "pca" }, "relation": ">", "right": 0.5"#
    try expect("{\(all)}", .holds, "0.57 > 0.5")
    try expect("{\(all), \"take\": \"best\"}", .holds, "0.73 > 0.5")
    try expect("{\(all), \"take\": \"worst\"}", .doesNotHold, "0.41 not > 0.5")
  }

  @Test("an order of several")
  func order() throws {
    let order = #"{ "reduce.components": 32 }, { "reduce": "kernel-pca" }"#
    let last = #"{ "reduce": "pca", "reduce.pca.components": 2 }"#
    try expect("{\"metric\": \"nmi\", \"order\": [\(order), \(last)]}", .holds, "0.73 ≥ 0.46 ≥ 0.41")
    try expect(
      "{\"metric\": \"nmi\", \"order\": [\(last), \(order)]}", .doesNotHold, "0.41 ≥ 0.73 ≥ 0.46")
  }

  @Test("the share of cells that are won")
  func wins() throws {
    let probes = #""metric": "accuracy", "wins": { "probe": "nearest-neighbors" }"#
    try expect("{\(probes), \"share\": 1}", .holds, "3 of 3, ≥ 100 % said")
    let kernel = #""metric": ["accuracy", "nmi"], "wins": { "reduce": "kernel-pca" }"#
    try expect("{\(kernel), \"share\": 0.5}", .doesNotHold, "0 of 3, ≥ 50 % said")
    let rival = #""against": { "reduce.components": 2 }"#
    try expect("{\(kernel), \(rival), \"share\": 0.5}", .holds, "3 of 3, ≥ 50 % said")
  }

  @Test("the share of cells that are won, of some cells and at equal values of a parameter")
  func winsAmong() throws {
    let wide = #""metric": "nmi", "wins": { "reduce.components": 32 }, "share": 1"#
    try expect("{\(wide)}", .holds, "1 of 1, ≥ 100 % said")
    // At the same number of components there is nobody to beat.
    try expect("{\(wide), \"alike\": \"reduce.components\"}", .notMeasured, "0 of 0")
    let probes = #""metric": "accuracy", "wins": { "probe": "nearest-neighbors" }, "share": 1"#
    try expect("{\(probes), \"of\": { \"reduce\": \"pca\" }}", .holds, "2 of 2, ≥ 100 % said")
    try expect("{\(probes), \"alike\": [\"reduce.components\"]}", .holds, "3 of 3, ≥ 100 % said")
  }

  @Test("a trend along a sweep")
  func trend() throws {
    let pca = #""metric": "nmi", "of": { "reduce": "pca" }, "along": "reduce.components""#
    try expect("{\(pca), \"trend\": \"rises\"}", .holds, "0.41, 0.73")
    try expect("{\(pca), \"trend\": \"falls\"}", .doesNotHold, "0.41, 0.73")
    try expect("{\(pca), \"trend\": \"flat\", \"slack\": 0.4}", .holds, "0.41, 0.73")
  }

  @Test("with a missing replicate is not measured")
  func missing() throws {
    var results = Sample.comparison
    let index = try #require(results.firstIndex { $0.metric == "nmi" })
    results[index].value = nil
    let check = #"{"metric": "nmi", "near": 0.5, "within": 0.5}"#
    #expect(try verdict(check, results: results).outcome == .notMeasured)
  }

  @Test("says what was found where it does not hold, and asks to take that out where it does")
  func text() throws {
    let near = #"{"metric": "nmi", "of": { "reduce.components": 32 }, "near": 0.9, "within": 0.1}"#
    #expect(
      try verdict(near, found: "lower here").text() == """
        claim  s  does not hold (0.73 against 0.9 ± 0.1)  arXiv:1
               found: lower here
        """)
    let held = near.replacing("0.1}", with: "0.2}")
    #expect(
      try verdict(held, found: "lower here").text() == """
        claim  s  holds (0.73 against 0.9 ± 0.2)  arXiv:1
               it holds now: take `found` out of the config
        """)
  }
}
