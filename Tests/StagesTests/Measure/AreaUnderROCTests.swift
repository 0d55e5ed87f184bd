import Artifacts
import Testing

@testable import Stages

@Suite struct AreaUnderROCTests {
  @Test func isThatOfScikitLearn() throws { try expectScoreMeasure(AreaUnderROC.self, "auroc") }

  @Test func keepsItsGoldenResult() throws {
    try Golden.check(AreaUnderROC.self, inputs: ["scores": Scores((0..<150).map { Double($0 * 37 % 41) })])
  }

  @Test func aPerfectOrderIsOne() throws {
    #expect(try measure(AreaUnderROC.self, scored([3, 1, 2, 0], [1, 0, 1, 0])) == 1)
  }

  @Test func onlyHeldOutRowsCount() throws {
    var inputs = scored([9, 0, 1, 2], [0, 1, 0, 1])
    inputs["fitRows"] = RowMask([true, true, false, false])
    #expect(try measure(AreaUnderROC.self, inputs) == 1)
  }

  /// Classes 0 and 2 are not among the fit rows; the last class is, and is normal.
  @Test func classesThatNoFitRowHasAreTheAnomalies() throws {
    var inputs = scored([0, 0, 5, 7, 6, 1], [1, 3, 0, 2, 3, 1])
    inputs["fitRows"] = RowMask([true, true, false, false, false, false])
    #expect(try measure(AreaUnderROC.self, inputs) == 0.75)
    inputs["fitRows"] = RowMask([Bool](repeating: false, count: 6))
    #expect(try measure(AreaUnderROC.self, inputs) == 0.4375)
  }

  @Test func rowsThatAreKeptBackDoNotCount() throws {
    var inputs = scored([9, 0, 1, 2, 0, 0], [0, 1, 0, 1, 1, 1])
    inputs["fitRows"] = RowMask(roles: [.fit, .fit, .test, .test, .validation, .unused])
    #expect(try measure(AreaUnderROC.self, inputs) == 1)
  }

  @Test func withoutAnomaliesThereIsNothingToMeasure() {
    #expect(
      measureError(AreaUnderROC.self, scored([1, 2], [0, 0])) == """
        error[tooFewClasses]: anomalies and other rows must both be held out
          anomalies: 2
          others:    0
          classes:   0
          hint: anomalies are the classes that no fit row has, or else the last one
        """)
  }
}
