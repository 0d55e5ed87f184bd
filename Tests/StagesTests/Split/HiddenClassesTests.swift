import Artifacts
import Diagnostics
import StageKit
import Testing

@testable import Stages

@Suite struct HiddenClassesTests {
  private func folds(
    _ labels: Labels, classes: [Int]? = nil, folds: Int = 3, seed: UInt64 = 1
  ) throws -> [Int] {
    var parameters = HiddenClasses.Parameters()
    (parameters.classes, parameters.folds) = (classes, folds)
    let stage = HiddenClasses(parameters: parameters)
    let found = try stage.run(.init(labels: labels), in: StageContext(seed: seed)).folds
    #expect(found.count == stage.foldCount)
    return found.heldOutIn.map(Int.init)
  }

  @Test func goldenResult() throws {
    try Golden.check(HiddenClasses.self, cases: ["default": "{}", "named": #"{"classes": [0, 2]}"#])
  }

  @Test func keepsTheLawsWithNames() throws {
    let parameters = try JSON.parse(SourceText(file: "test", #"{"classes": [1]}"#))
    #expect(Laws.check(HiddenClasses.self, parameters: parameters) == [])
  }

  @Test func namedClassesAreHeldOutInOneFold() throws {
    let labels = Labels(integers: [3, 7, 3, 9, 7])
    #expect(try folds(labels, classes: [1]) == [-1, 0, -1, -1, 0])
    #expect(try folds(labels, classes: [2, 0]) == [0, -1, 0, 0, -1])
  }

  @Test func eachClassIsHiddenOnceAndAsAWhole() throws {
    let labels = Labels(integers: (0..<100).map { $0 % 10 })
    for seed in 1..<6 {
      let found = try folds(labels, folds: 4, seed: UInt64(seed))
      #expect((0..<100).allSatisfy { found[$0] == found[$0 % 10] })
      #expect((0..<4).map { fold in found.prefix(10).count { $0 == fold } }.sorted() == [2, 2, 3, 3])
    }
    #expect(try folds(labels, folds: 4, seed: 1) != folds(labels, folds: 4, seed: 2))
  }

  @Test func classesWithoutRowsAreNotDealtOut() throws {
    let labels = Labels(indices: [0, 2, 0, 2], names: ["a", "b", "c"])
    #expect(Set(try folds(labels, folds: 2)) == [0, 1])
  }

  private func error(_ labels: Labels, classes: [Int]? = nil) -> String {
    do { return "no error: \(try folds(labels, classes: classes))" } catch { return "\(error)" }
  }

  @Test func errorsSayWhatToDo() {
    #expect(
      error(Labels(integers: [1, 2]), classes: [5]) == """
        error[unknownName]: there is no class 5
          classes: 2, counted from 0
          hint: classes go by their place in ascending order, not by their names
        """)
    #expect(
      error(Labels(integers: [1, 2]), classes: [0, 1]) == """
        error[tooFewClasses]: all classes are hidden, so that none is left to fit on
          hint: take some out of `classes`
        """)
    #expect(
      error(Labels(indices: [0, 0], names: ["a", "b"]), classes: [1])
        == "error[emptyClass]: class `b`, which is to be hidden, has no row")
    #expect(
      error(Labels(integers: [1, 2])) == """
        error[tooFewClasses]: there are fewer classes than folds
          classes: 2
          folds:   3
          hint: lower `folds`
        """)
    #expect(error(Labels.empty) == "error[tooFewRows]: there are no rows to divide")
  }

  @Test func aClassIsNamedOnce() {
    let found = #expect(throws: Diagnostics.self) {
      try HiddenClasses.Parameters.read(.object(["classes": .array([.integer(1), .integer(1)])]))
    }
    #expect(found?.all.map(\.headline) == ["`classes` names a class twice"])
  }
}
