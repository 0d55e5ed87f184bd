import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct KFoldTests {
  private func folds(
    _ labels: [Int]? = nil, groups: [Int]? = nil, rows: Int, seed: UInt64 = 0,
    _ change: (inout KFold.Parameters) -> Void
  ) throws -> [Int] {
    var parameters = KFold.Parameters()
    change(&parameters)
    let input = KFold.Input(
      features: Features(Matrix(rows: rows, columns: 1)), labels: labels.map { Labels(integers: $0) },
      groups: groups.map { Labels(integers: $0) })
    let stage = KFold(parameters: parameters)
    let folds = try stage.run(input, in: StageContext(seed: seed)).folds
    #expect(folds.count == stage.foldCount)
    return folds.heldOutIn.map(Int.init)
  }

  @Test func inOrderTheFoldsAreThoseOfScikitLearn() throws {
    let fixture = try Fixture.json("split/splits.json")
    let labels = fixture["labels"]?.integers
    #expect(try folds(labels, rows: 178) { $0.shuffled = false } == fixture["stratified"]?.integers)
    let plain = try folds(labels, rows: 178) {
      $0.shuffled = false
      $0.stratified = false
      $0.folds = 7
    }
    #expect(plain == fixture["plain"]?.integers)
  }

  @Test func shuffledFoldsHaveTheSameSizes() throws {
    let labels = try #require(try Fixture.json("split/splits.json")["labels"]?.integers)
    let ordered = try folds(labels, rows: 178) { $0.shuffled = false }
    let shuffled = try folds(labels, rows: 178) { _ in }
    #expect(shuffled != ordered)
    for fold in 0..<5 {
      for index in 0..<3 {
        func size(_ folds: [Int]) -> Int { zip(folds, labels).count { $0 == (fold, index) } }
        #expect(size(shuffled) == size(ordered))
      }
    }
  }

  @Test func aGroupNeverStraddlesFolds() throws {
    // Groups of 1 to 12 rows, 78 rows in all.
    let groups = (1...12).flatMap { Array(repeating: $0, count: $0) }
    for seed in 0..<5 {
      let found = try folds(groups: groups, rows: 78, seed: UInt64(seed)) { $0.grouped = true }
      let pairs = Set(zip(groups, found).map { [$0, $1] })
      #expect(pairs.count == 12)
      let sizes = (0..<5).map { fold in found.count { $0 == fold } }
      #expect(sizes.allSatisfy { abs($0 - 16) <= 2 }, "\(sizes)")
    }
  }

  @Test func groupedFoldsKeepTheClassesInProportionIfTheyAreStratified() throws {
    // Forty groups of one class each, three quarters of them of class 0.
    let groups = (0..<200).map { $0 / 5 }
    let labels = groups.map { $0 % 4 == 0 ? 1 : 0 }
    let found = try folds(labels, groups: groups, rows: 200) { $0.grouped = true }
    for fold in 0..<5 {
      #expect(zip(found, labels).count { $0 == (fold, 1) } == 10)
      #expect(zip(found, labels).count { $0 == (fold, 0) } == 30)
    }
  }

  @Test func keepsItsGoldenResult() throws {
    try Golden.check(
      KFold.self,
      cases: [
        "default": "{}", "ordered": #"{ "shuffled": false, "folds": 4 }"#, "grouped": #"{ "grouped": true }"#,
        "plain groups": #"{ "grouped": true, "stratified": false, "shuffled": false }"#,
      ])
  }

  @Test func keepsTheLawsInEveryForm() throws {
    for text in [
      #"{ "grouped": true, "folds": 3 }"#, #"{ "shuffled": false }"#,
      #"{ "stratified": false, "grouped": true }"#,
    ] {
      #expect(Laws.check(KFold.self, parameters: try JSON.parse(SourceText(file: "test", text))) == [])
    }
  }

  private func error(
    _ labels: [Int]? = nil, groups: [Int]? = nil, rows: Int, _ change: (inout KFold.Parameters) -> Void
  ) -> String {
    do {
      return "no error: \(try folds(labels, groups: groups, rows: rows, change))"
    } catch {
      return "\(error)"
    }
  }

  @Test func errorsSayWhatToDo() {
    #expect(
      error(rows: 4) { _ in } == """
        error[tooFewRows]: there are fewer rows than folds
          rows:  4
          folds: 5
          hint: lower `folds`
        """)
    #expect(
      error([0, 0, 0, 0, 0, 3, 3, 3, 3], rows: 9) { _ in } == """
        error[emptyClass]: class `3` has fewer rows than there are folds
          rows of the class: 4
          folds:             5
          hint: lower `folds`, or set `stratified` to false
        """)
    #expect(
      error(rows: 9) { $0.grouped = true } == """
        error[missingPort]: the folds should be grouped, but the data have no groups
          hint: let the loader read `groups`, or set `grouped` to false
        """)
    #expect(
      error(groups: [1, 1, 1, 2, 2, 3], rows: 6) { $0.grouped = true } == """
        error[tooFewRows]: there are fewer groups than folds
          groups: 3
          folds:  5
          hint: lower `folds`
        """)
    #expect(
      error(groups: [1, 2], rows: 6) { _ in } == """
        error[lengthMismatch]: `groups` and `features` differ in their number of rows
          groups:   2 rows
          features: 6 rows
        """)
  }
}
