import Artifacts
import Diagnostics
import StageKit
import Testing

@testable import Stages

@Suite struct ClassBalanceTests {
  @Test func goldenResult() throws {
    try Golden.check(ClassBalance.self, inputs: ["sample": RowMask((0..<150).map { $0 < 70 || $0 > 120 })])
  }

  @Test func itIsTheRarestClassBesideTheMostFrequent() throws {
    let labels = Labels(integers: [0, 0, 0, 0, 1, 1, 2, 2])
    #expect(try measure(ClassBalance.self, ["labels": labels]) == 0.5)
    func sampled(_ rows: [Bool]) throws -> Double {
      try measure(ClassBalance.self, ["labels": labels, "sample": RowMask(rows)])
    }
    #expect(try sampled([true, true, false, false, true, true, true, true]) == 1)
    #expect(try sampled([true, true, true, true, true, true, true, false]) == 0.25)
    #expect(try sampled([true, true, true, true, true, true, false, false]) == 0)
  }

  @Test func aClassWithoutRowsIsNone() throws {
    let labels = Labels(indices: [0, 0, 2], names: ["a", "b", "c"])
    #expect(try measure(ClassBalance.self, ["labels": labels]) == 0.5)
  }

  @Test func noRowsAreRefused() {
    let labels = Labels(integers: [1, 1])
    #expect(
      measureError(ClassBalance.self, ["labels": labels, "sample": RowMask([false, false])])
        == "error[tooFewRows]: there are no rows to measure on")
    #expect(
      measureError(ClassBalance.self, ["labels": labels, "sample": RowMask([true])]) == """
        error[lengthMismatch]: `sample` and `labels` differ in their number of rows
          sample: 1 rows
          labels: 2 rows
        """)
  }
}
