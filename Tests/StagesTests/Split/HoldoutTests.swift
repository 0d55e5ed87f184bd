import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct HoldoutTests {
  private func heldOut(
    _ labels: [Int]?, rows: Int, test: Double = 0.2, stratified: Bool = true, seed: UInt64 = 0
  ) throws -> [Int] {
    var parameters = Holdout.Parameters()
    parameters.test = test
    parameters.stratified = stratified
    let input = Holdout.Input(
      features: Features(Matrix(rows: rows, columns: 1)), labels: labels.map { Labels(integers: $0) })
    let folds = try Holdout(parameters: parameters).run(input, in: StageContext(seed: seed)).folds
    #expect(folds.count == 1)
    return folds.mask(of: 0).heldOutRows
  }

  @Test func classesAreHeldOutInTheProportionsOfScikitLearn() throws {
    let cases = try Fixture.json("split/splits.json")["holdout"]?.items ?? []
    #expect(cases.count == 20)
    for item in cases {
      let sizes = item["sizes"]?.integers ?? []
      let test = try #require(item["test"]?.number)
      let expected = item["counts"]?.integers ?? []
      let labels = sizes.enumerated().flatMap { Array(repeating: $0, count: $1) }
      let rows = try heldOut(labels, rows: labels.count, test: test)
      let counts = sizes.indices.map { index in rows.count { labels[$0] == index } }
      #expect(counts.reduce(0, +) == expected.reduce(0, +))
      // Where scikit-learn leaves a class out, one row of it is held out all the same.
      if !expected.contains(0) { #expect(counts == expected, "\(sizes) \(test)") }
      #expect(zip(counts, sizes).allSatisfy { $0 >= 1 && $0 < $1 })
    }
  }

  @Test func equalRemaindersGoToTheFirstClasses() {
    #expect(Holdout.counts(of: [10, 10, 10, 10], heldOut: 6) == [2, 2, 1, 1])
    #expect(Holdout.counts(of: [2, 2, 96], heldOut: 10) == [1, 1, 8])
    #expect(Holdout.counts(of: [2, 2, 6], heldOut: 7) == [1, 1, 5])
  }

  @Test func theTotalIsRoundedUpButNotByRounding() throws {
    #expect(try heldOut(nil, rows: 1795).count == 359)
    #expect(try heldOut(nil, rows: 1797).count == 360)
    #expect(try heldOut([0, 1] + Array(repeating: 0, count: 8), rows: 10, stratified: false).count == 2)
  }

  @Test func everyRowIsHeldOutEquallyOften() throws {
    var counts = [Int](repeating: 0, count: 10)
    for seed in 0..<2000 {
      let labels = (0..<10).map { $0 % 2 }
      for row in try heldOut(labels, rows: 10, test: 0.4, seed: UInt64(seed)) { counts[row] += 1 }
    }
    // 800 expected, 22 the standard deviation.
    #expect(counts.allSatisfy { abs($0 - 800) < 110 }, "\(counts)")
  }

  @Test func keepsItsGoldenResult() throws {
    try Golden.check(
      Holdout.self, cases: ["default": "{}", "plain": #"{ "stratified": false, "test": 0.5 }"#])
  }

  private func error(_ labels: [Int]?, rows: Int, test: Double = 0.2) -> String {
    do {
      return "no error: \(try heldOut(labels, rows: rows, test: test))"
    } catch {
      return "\(error)"
    }
  }

  @Test func errorsSayWhatToDo() {
    #expect(
      error(nil, rows: 1) == """
        error[tooFewRows]: there are too few rows to hold some out and fit on others
          rows:     1
          held out: 1
        """)
    #expect(
      error([5, 5, 5, 5, 7], rows: 5) == """
        error[emptyClass]: class `7` has a single row and cannot be on both sides of a split
          hint: leave the row out, or set `stratified` to false
        """)
    #expect(
      error([0, 0, 1, 1, 2, 2], rows: 6) == """
        error[tooFewRows]: a side of the split has fewer rows than there are classes
          held out:  2
          fitted on: 4
          classes:   3
          hint: change `test`, or set `stratified` to false
        """)
    #expect(
      error([0, 0, 1, 1], rows: 6) == """
        error[lengthMismatch]: `labels` and `features` differ in their number of rows
          labels:   4 rows
          features: 6 rows
        """)
  }
}
