import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct LinearSVMTests {
  private func run(
    _ features: Features, _ labels: Labels, _ fitRows: RowMask? = nil, c: Double = 1,
    loss: LinearSVM.Loss = .squaredHinge, tolerance: Double = 1e-6, iterations: Int = 500,
    log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> LinearSVM.Output {
    var parameters = LinearSVM.Parameters()
    parameters.c = c
    parameters.loss = loss
    parameters.tolerance = tolerance
    parameters.iterations = iterations
    return try LinearSVM(parameters: parameters).run(
      .init(features: features, labels: labels, fitRows: fitRows), in: StageContext(note: log))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      LinearSVM.self,
      cases: [
        "default": "{}", "strong penalty": #"{"c": 0.01}"#, "hinge": #"{"loss": "hinge", "c": 0.1}"#,
      ])
  }

  @Test func hingesKeepTheLaws() {
    let hinge = JSON.object([JSON.Member("loss", .string("hinge"))])
    #expect(Laws.check(LinearSVM.self, parameters: hinge) == [])
  }

  private static let problems: [(name: String, c: Double, loss: LinearSVM.Loss)] = [
    ("squared", 0.5, .squaredHinge), ("weak", 20, .squaredHinge), ("hinge", 0.05, .hinge),
  ]

  @Test(arguments: FixtureData.allCases, problems.indices) func reachesTheOptimumOfScikitLearn(
    data: FixtureData, problem: Int
  ) throws {
    let table = try LearnerCase(data.rawValue).standardized()
    let (name, c, loss) = Self.problems[problem]
    let expected = try #require(Fixture.json("linear-svm/\(data.rawValue).json")[name])
    let output = try run(table.features, table.labels, table.fitRows, c: c, loss: loss)
    let optimum = try #require(expected["loss"]?.number)
    #expect(output.loss.value < optimum * (1 + 1e-5) && output.loss.value > optimum * (1 - 1e-5))
    let classes = expected["predictions"]?.integers ?? []
    let equal = zip(table.heldOut(output.predictions), classes).count { $0 == $1 }
    #expect(Double(equal) >= 0.995 * Double(classes.count))
  }

  /// The objective by its definition, of weights as they are given out.
  private func objective(
    _ table: LearnerCase, _ weights: Matrix<Float>, c: Double, power: Double
  ) -> Double {
    let d = table.features.columns
    return (weights.rows == 2 ? [1] : Array(0..<weights.rows)).reduce(0) { total, index in
      let losses = table.fitRows.fitRows.map { row in
        let score = (0..<d).reduce(Double(weights[index, d])) {
          $0 + Double(weights[index, $1]) * Double(table.features.matrix[row, $1])
        }
        return pow(max(0, 1 - (Int(table.labels.indices[row]) == index ? score : -score)), power)
      }
      return total + c * losses.reduce(0, +)
        + (0...d).reduce(0) { $0 + pow(Double(weights[index, $1]), 2) / 2 }
    }
  }

  @Test(arguments: ["iris", "breast_cancer", "digits"]) func theLossIsThatOfTheWeights(name: String) throws {
    let table = try LearnerCase(name)
    let squared = try run(table.features, table.labels, table.fitRows, c: 0.1)
    #expect(isClose(objective(table, squared.weights, c: 0.1, power: 2), squared.loss.value, 1e-5))
    let hinge = try run(table.features, table.labels, table.fitRows, c: 0.01, loss: .hinge)
    #expect(isClose(objective(table, hinge.weights, c: 0.01, power: 1), hinge.loss.value, 1e-5))
  }

  @Test func twoRowsHaveTheWeightsOfTheFormula() throws {
    // Rows −1 and 1: b = 0 and w = 4 c ÷ (1 + 4 c), or with hinges min(1, 2 c).
    let features = Features(Matrix([[-1], [1]]))
    let labels = Labels(integers: [0, 1])
    let squared = try run(features, labels, c: 0.5)
    #expect(relativeError(squared.weights.elements.map(Double.init), [-2 / 3.0, 0, 2 / 3.0, 0]) < 1e-5)
    #expect(isClose(squared.loss.value, 1 / 3.0, 1e-5))
    let weak = try run(features, labels, c: 0.25, loss: .hinge)
    #expect(relativeError(weak.weights.elements.map(Double.init), [-0.5, 0, 0.5, 0]) < 1e-5)
    let strong = try run(features, labels, c: 3, loss: .hinge)
    #expect(relativeError(strong.weights.elements.map(Double.init), [-1, 0, 1, 0]) < 1e-3)
    #expect(isClose(strong.loss.value, 0.5, 1e-5))
  }

  @Test func moreClassesThanABlockHoldsAreAllLearned() throws {
    // 130 classes at corners of a cube of seven and a bit dimensions, five copies each.
    let rows = (0..<650).map { row in (0..<8).map { Float((row % 130) >> $0 & 1) * 2 - 1 } }
    let labels = Labels(integers: (0..<650).map { $0 % 130 })
    let output = try run(Features(Matrix(rows)), labels, c: 100)
    #expect(output.predictions.classes == labels.indices)
  }

  @Test func manyColumnsGoByTheDiagonal() throws {
    var random = RandomStream(seed: 8)
    let classes = (0..<60).map { $0 % 3 }
    let matrix = Matrix<Float>(rows: 60, columns: 2100) { target in
      for index in target.indices {
        target[index] = Float(random.normal()) + (index % 2100 % 3 == classes[index / 2100] ? 0.2 : 0)
      }
    }
    let lines = Lines()
    let output = try run(Features(matrix), Labels(integers: classes)) { lines.add($0) }
    #expect(output.predictions.classes == classes.map { Int32($0) } && lines.all.isEmpty)
  }

  @Test func anAbsentClassIsNeverPredicted() throws {
    let table = try LearnerCase("iris")
    let output = try run(table.features, table.labels, RowMask(table.labels.indices.map { $0 != 1 }))
    #expect(Set(output.predictions.classes) == [0, 2])
    #expect(output.weights.row(1).allSatisfy { $0 == 0 })
    #expect(output.weights.row(0) == output.weights.row(2).map { -$0 })
    #expect(output.predictions.names == table.labels.names)
  }

  @Test func oneClassIsRefused() throws {
    let table = try LearnerCase("iris")
    let error = try #require(throws: Diagnostic.self) {
      try run(table.features, table.labels, RowMask(table.labels.indices.map { $0 == 1 }))
    }
    #expect(
      error.description == """
        error[tooFewClasses]: all fit rows have the same class
          class:    1
          fit rows: 50 of 150
          hint: a support vector machine needs at least two classes
        """)
  }

  @Test func aSearchThatIsFarFromItsEndIsRefused() throws {
    let table = try LearnerCase("digits").thinned(by: 4)
    let error = try #require(throws: Diagnostic.self) {
      try run(table.features, table.labels, loss: .hinge, iterations: 1)
    }
    #expect(error.code == .notConverged)
    #expect(error.headline == "the support vector machine did not converge")
    #expect(error.fields.map(\.label) == ["iterations", "gap", "needed"])
    #expect(error.fields.first?.value == "1" && error.fields.last?.value == "1e-06")
    #expect(error.hint == "raise `iterations`, or strengthen the penalty by a smaller `c`")
  }

  @Test func aSearchThatDoesNotQuiteEndIsNoted() throws {
    let table = try LearnerCase("iris")
    let lines = Lines()
    _ = try run(table.features, table.labels, loss: .hinge, tolerance: 1e-15, iterations: 60) {
      lines.add($0)
    }
    #expect(lines.all.count == 1)
    #expect(lines.all.first?.hasPrefix("not converged after 60 iterations: gap ") == true)
  }

  private final class Lines: @unchecked Sendable {
    private(set) var all: [String] = []
    func add(_ line: String) { all.append(line) }
  }
}
