import Artifacts
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct OneClassTests {
  @Test func goldenResult() throws {
    try Golden.check(OneClass.self, cases: ["default": "{}", "second": #"{"normal": 1, "test": 0.5}"#])
  }

  private func folds(_ labels: Labels, _ normal: Int, _ test: Double = 0.2, seed: UInt64 = 0) throws -> Folds
  {
    var parameters = OneClass.Parameters()
    (parameters.normal, parameters.test) = (normal, test)
    let input = OneClass.Input(features: Features(Matrix(rows: labels.rows, columns: 1)), labels: labels)
    return try OneClass(parameters: parameters).run(input, in: StageContext(seed: seed)).folds
  }

  @Test func fitRowsAreAShareOfTheNormalClass() throws {
    let labels = try FixtureData.digits.load().labels
    for normal in 0..<10 {
      let mask = try folds(labels, normal).mask(of: 0)
      let size = labels.indices.count { $0 == Int32(normal) }
      #expect(mask.fitRows.allSatisfy { labels.indices[$0] == Int32(normal) })
      #expect(mask.fitRows.count == size - Int((0.2 * Double(size)).rounded(.up)))
      #expect(mask.fitRows.count + mask.testRows.count == labels.rows)
    }
  }

  @Test func anotherSeedDrawsOtherRows() throws {
    let labels = Labels(integers: (0..<100).map { $0 % 2 })
    #expect(try folds(labels, 0, seed: 1) != folds(labels, 0, seed: 2))
  }

  @Test func bothSidesHaveANormalRow() throws {
    let labels = Labels(integers: [0, 0, 1])
    #expect(try folds(labels, 0, 0.001).mask(of: 0).fitRows.count == 1)
    #expect(try folds(labels, 0, 0.999).mask(of: 0).fitRows.count == 1)
  }

  private func error(_ labels: [Int], _ normal: Int) -> String {
    do { return "no error: \(try folds(Labels(integers: labels), normal))" } catch { return "\(error)" }
  }

  @Test func errorsSayWhatIsMissing() {
    #expect(
      error([0, 0, 1, 1], 2) == """
        error[outOfRange]: there is no class 2
          classes: 2, counted from 0
        """)
    #expect(
      error([5, 5, 7], 1) == """
        error[tooFewRows]: class `7` has too few rows to fit on some and hold others out
          rows:   1
          needed: at least 2
        """)
    #expect(
      error([3, 3], 0) == """
        error[tooFewClasses]: all rows are of class `3`, so there is no anomaly
          rows: 2
        """)
  }
}
