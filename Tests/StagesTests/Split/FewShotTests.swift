import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct FewShotTests {
  @Test func goldenResult() throws {
    let given = Folds(heldOutIn: (0..<150).map { $0 % 3 == 0 ? 0 : -1 }, count: 1)
    try Golden.check(
      FewShot.self,
      cases: [
        "default": "{}", "validation": #"{"shots": 3, "validation": 2}"#, "given": #"{"test": "given"}"#,
        "share": #"{"test": "share", "validation": 4}"#,
      ], inputs: ["given": given])
  }

  private func run(
    _ labels: Labels, shots: Int, validation: Int = 0, test: FewShot.Test = .rest, given: Folds? = nil,
    seed: UInt64 = 0
  ) throws -> FewShot.Output {
    var parameters = FewShot.Parameters()
    (parameters.shots, parameters.validation, parameters.test) = (shots, validation, test)
    let features = Features(Matrix(rows: labels.rows, columns: 1))
    return try FewShot(parameters: parameters).run(
      .init(features: features, labels: labels, given: given), in: StageContext(seed: seed))
  }

  private func counts(_ rows: [Int], _ labels: Labels) -> [Int] {
    (0..<labels.classCount).map { index in rows.count { labels.indices[$0] == Int32(index) } }
  }

  private static let half = FewShot.Test.share(FewShot.Test.Share())

  @Test func eachClassGivesAsManyRows() throws {
    let labels = try FixtureData.digits.load().labels
    let given = Folds(heldOutIn: (0..<labels.rows).map { $0 % 4 == 0 ? 0 : -1 }, count: 1)
    for test in [FewShot.Test.rest, .given, Self.half] {
      let mask = try run(labels, shots: 5, validation: 3, test: test, given: given).folds.mask(of: 0)
      #expect(counts(mask.fitRows, labels) == Array(repeating: 5, count: 10))
      #expect(counts(mask.validationRows, labels) == Array(repeating: 3, count: 10))
      switch test {
      case .rest: #expect(mask.testRows.count == labels.rows - 80)
      case .given: #expect(mask.testRows == Array(stride(from: 0, to: labels.rows, by: 4)))
      case .share:
        #expect(mask.testRows.count == 899)
        #expect(zip(counts(mask.testRows, labels), labels.rowCounts).allSatisfy { abs(2 * $0 - $1) <= 2 })
      }
    }
  }

  @Test(arguments: [FewShot.Test.rest, .given, half]) func fewerShotsAreTheFirstOfMore(test: FewShot.Test)
    throws
  {
    let labels = try FixtureData.iris.load().labels
    let given = Folds(heldOutIn: (0..<150).map { $0 % 3 == 0 ? 0 : -1 }, count: 1)
    let large = try run(labels, shots: 8, validation: 2, test: test, given: given)
    for shots in [1, 3, 8] {
      var parameters = FewShot.Parameters()
      (parameters.shots, parameters.validation, parameters.test) = (shots, 2, test)
      let slice = try FewShot(parameters: parameters).slice(large)
      let alone = try run(labels, shots: shots, validation: 2, test: test, given: given)
      #expect(slice.folds == alone.folds)
      #expect(slice.draws == alone.draws)
    }
  }

  /// 40 rows of a class, 4 drawn: each with a chance of 0.1.
  @Test func everyRowIsDrawnEquallyOften() throws {
    let labels = Labels(integers: (0..<80).map { $0 % 2 })
    var drawn = [Int](repeating: 0, count: 80)
    for seed in 0..<2000 {
      for row in try run(labels, shots: 4, seed: UInt64(seed)).folds.mask(of: 0).fitRows { drawn[row] += 1 }
    }
    // 200 expected, 13.4 the standard deviation.
    #expect(drawn.allSatisfy { abs($0 - 200) < 65 }, "\(drawn)")
  }

  @Test func lawsHoldForEveryKindOfTestRows() {
    for test in ["given", "share"] {
      let parameters = JSON.object([
        "test": .string(test), "shots": .integer(2), "validation": .integer(1),
      ])
      #expect(Laws.check(FewShot.self, parameters: parameters) == [])
    }
  }

  private func error(
    _ labels: [Int], shots: Int, validation: Int = 0, test: FewShot.Test = .rest, given: Folds? = nil
  ) -> String {
    do {
      let labels = Labels(integers: labels)
      return "no error: \(try run(labels, shots: shots, validation: validation, test: test, given: given))"
    } catch { return "\(error)" }
  }

  @Test func errorsSayWhatToDo() {
    #expect(
      error([4, 4, 4, 4, 9, 9], shots: 2, validation: 1) == """
        error[tooFewRows]: class `9` has fewer rows than are to be drawn
          rows that can be drawn: 2
          shots and validation:   3
          hint: lower `shots` or `validation`
        """)
    #expect(
      error([4, 9], shots: 1) == """
        error[tooFewRows]: no row is left to measure on
          rows: 2
          hint: lower `shots` or `validation`
        """)
    #expect(
      error([4, 9], shots: 1, test: .given) == """
        error[missingPort]: the test rows should be those of the given split, but the data have none
          hint: let the loader read `split`, or set `test` to rest or share
        """)
    #expect(
      error([4, 9], shots: 1, test: .given, given: Folds(heldOutIn: [0, 1], count: 2)) == """
        error[outOfRange]: the given split has several folds, but a single set of test rows is needed
          folds: 2
        """)
  }
}
