import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct LogisticTests {
  private func run(
    _ features: Features, _ labels: Labels, _ fitRows: RowMask? = nil, c: Double = 1,
    tolerance: Double = 1e-4, iterations: Int = 1000, log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> Logistic.Output {
    var parameters = Logistic.Parameters()
    parameters.c = c
    parameters.tolerance = tolerance
    parameters.iterations = iterations
    return try Logistic(parameters: parameters).run(
      .init(features: features, labels: labels, fitRows: fitRows), in: StageContext(note: log))
  }

  @Test func goldenResult() throws {
    try Golden.check(Logistic.self, cases: ["default": "{}", "weak penalty": #"{"c": 30}"#])
  }

  @Test(arguments: FixtureData.allCases) func reachesTheOptimumOfScikitLearn(data: FixtureData) throws {
    let table = try LearnerCase(data.rawValue)
    let expected = try Fixture.json("logistic/\(data.rawValue).json")
    let output = try run(table.features, table.labels, table.fitRows)
    let optimum = try #require(expected["loss"]?.number)
    #expect(output.loss.value > optimum * (1 - 1e-6) && output.loss.value < optimum * (1 + 1e-5))
    let classes = expected["predictions"]?.integers ?? []
    let heldOut = table.fitRows.heldOutRows
    let equal = zip(heldOut, classes).count { Int(output.predictions.classes[$0]) == $1 }
    #expect(Double(equal) >= 0.995 * Double(heldOut.count))
  }

  /// The objective by its definition, of weights as they are given out.
  private func objective(_ table: LearnerCase, _ weights: Matrix<Float>, c: Double) -> Double {
    let d = table.features.columns
    let losses = table.fitRows.fitRows.map { row in
      let logits = (0..<weights.rows).map { index in
        (0..<d).reduce(Double(weights[index, d])) {
          $0 + Double(weights[index, $1]) * Double(table.features.matrix[row, $1])
        }
      }
      let top = logits.max() ?? 0
      return log(logits.reduce(0) { $0 + exp($1 - top) }) + top - logits[Int(table.labels.indices[row])]
    }
    let squares = (0..<weights.rows * d).reduce(0.0) {
      $0 + pow(Double(weights[$1 / d, $1 % d]), 2)
    }
    return c * losses.reduce(0, +) + (weights.rows == 2 ? 1 : 0.5) * squares
  }

  @Test(arguments: ["iris", "breast_cancer", "digits"]) func theLossIsThatOfTheWeights(name: String) throws {
    let table = try LearnerCase(name)
    let output = try run(table.features, table.labels, table.fitRows, c: 0.1)
    #expect(isClose(objective(table, output.weights, c: 0.1), output.loss.value, 1e-5))
  }

  @Test func scalesOfColumnsHardlyCostIterations() throws {
    let table = try LearnerCase("wine")
    var scaled = table.features.matrix
    scaled.scaleColumns(by: (0..<13).map { Float(pow(10, Double($0 % 5) - 2)) })
    let output = try run(Features(scaled), table.labels, table.fitRows, iterations: 150)
    let exact = try run(Features(scaled), table.labels, table.fitRows, tolerance: 1e-6)
    #expect(output.loss.value < exact.loss.value * (1 + 1e-5))
  }

  @Test func twoClassesHaveOppositeWeights() throws {
    let table = try LearnerCase("breast_cancer")
    let weights = try run(table.features, table.labels, table.fitRows).weights
    #expect(weights.rows == 2 && weights.columns == 31)
    #expect(relativeError(weights.row(0).map(Double.init), weights.row(1).map { -Double($0) }) < 1e-3)
  }

  @Test func anAbsentClassIsNeverPredicted() throws {
    let table = try LearnerCase("iris")
    let mask = RowMask(table.labels.indices.map { $0 != 1 })
    let output = try run(table.features, table.labels, mask)
    #expect(Set(output.predictions.classes) == [0, 2])
    #expect(output.weights.row(1).allSatisfy { $0 == 0 })
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
          hint: logistic regression needs at least two classes
        """)
  }

  @Test func aSearchThatIsFarFromItsEndIsRefused() throws {
    let table = try LearnerCase("digits").thinned(by: 8)
    let error = try #require(throws: Diagnostic.self) {
      try run(table.features, table.labels, iterations: 1)
    }
    #expect(error.code == .notConverged)
    #expect(error.headline == "logistic regression did not converge")
    #expect(error.fields.map(\.label) == ["iterations", "gradient", "needed"])
    #expect(error.hint == "raise `iterations`, or strengthen the penalty by a smaller `c`")
  }

  @Test func aSearchThatRoundingEndsIsNoted() throws {
    let table = try LearnerCase("iris")
    let lines = Lines()
    _ = try run(table.features, table.labels, tolerance: 1e-12) { lines.add($0) }
    #expect(lines.all.count == 1)
    #expect(lines.all.first?.hasPrefix("not converged after ") == true)
  }

  private final class Lines: @unchecked Sendable {
    private(set) var all: [String] = []
    func add(_ line: String) { all.append(line) }
  }
}
