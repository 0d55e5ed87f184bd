import Artifacts
import Testing

@testable import Stages

@Suite struct AveragePrecisionTests {
  @Test func isThatOfScikitLearn() throws {
    try expectScoreMeasure(AveragePrecision.self, "average-precision")
  }

  @Test func keepsItsGoldenResult() throws {
    try Golden.check(
      AveragePrecision.self, inputs: ["scores": Scores((0..<150).map { Double($0 * 37 % 41) })])
  }

  @Test func aPerfectOrderIsOne() throws {
    #expect(try measure(AveragePrecision.self, scored([3, 1, 2, 0], [1, 0, 1, 0])) == 1)
  }

  @Test func onlyHeldOutRowsCount() throws {
    var inputs = scored([9, 0, 1, 2], [0, 1, 0, 1])
    inputs["fitRows"] = RowMask([true, true, false, false])
    #expect(try measure(AveragePrecision.self, inputs) == 1)
  }

  @Test func withoutAnomaliesThereIsNothingToMeasure() {
    #expect(
      measureError(AveragePrecision.self, scored([1, 2], [0, 0])) == """
        error[tooFewClasses]: anomalies and other rows must both be held out
          anomalies: 2
          others:    0
          classes:   0
          hint: anomalies are the classes that no fit row has, or else the last one
        """)
  }
}
