import Artifacts
import Diagnostics
import LinearAlgebra
import Testing

@testable import Stages

@Suite struct HungarianAccuracyTests {
  @Test func isThatOfScikitLearn() throws { try expectClusterMeasure(HungarianAccuracy.self) }

  @Test func theMatchingIsTheBestOfAll() {
    var state: UInt64 = 9
    func next() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % 20
    }
    for _ in 0..<50 {
      let table = (0..<3).map { _ in (0..<5).map { _ in next() } }
      var best = 0
      for a in 0..<5 {
        for b in 0..<5 where b != a {
          for c in 0..<5 where c != a && c != b { best = max(best, table[0][a] + table[1][b] + table[2][c]) }
        }
      }
      let columns = HungarianAccuracy.matching(rows: 3, columns: 5, stoppingAt: SafePoint<Never>.none) {
        table[$0][$1]
      }
      #expect(Set(columns).count == 3)
      #expect(columns.enumerated().reduce(0) { $0 + table[$1.offset][$1.element] } == best)
    }
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(HungarianAccuracy.self) }

  @Test func rowsLeftOutAsNoiseCountAsDocumented() throws {
    let inputs: [String: any Artifact] = [
      "labels": Labels(integers: [0, 0, 1, 1, 2, 2]),
      "assignment": assignment([0, 0, 1, 1, -1, -1], count: 4),
    ]
    #expect(try isClose(measure(HungarianAccuracy.self, inputs), 2.0 / 3, 1e-12))
  }

  @Test func noRowsAreAnError() {
    let inputs: [String: any Artifact] = ["labels": Labels.empty, "assignment": Assignment.empty]
    #expect(
      measureError(HungarianAccuracy.self, inputs) == "error[tooFewRows]: there are no rows to measure on")
  }

  @Test func lengthsThatDifferAreAnError() {
    let inputs: [String: any Artifact] = [
      "labels": Labels(integers: [0, 1, 2]), "assignment": assignment([0, 1]),
    ]
    #expect(
      measureError(HungarianAccuracy.self, inputs) == """
        error[lengthMismatch]: `assignment` and `labels` differ in their number of rows
          assignment: 2 rows
          labels:     3 rows
        """)
  }
}
