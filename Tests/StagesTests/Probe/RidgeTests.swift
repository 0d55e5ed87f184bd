import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct RidgeTests {
  private static let penalties = [0.01, 0.3, 10, 300, 10_000]

  private func run(
    _ features: Features, _ labels: Labels, _ fitRows: RowMask? = nil, penalty: Double = 1,
    penalties: [Double] = []
  ) throws -> Ridge.Output {
    var parameters = Ridge.Parameters()
    parameters.penalty = penalty
    parameters.penalties = penalties
    return try Ridge(parameters: parameters).run(
      .init(features: features, labels: labels, fitRows: fitRows), in: StageContext())
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Ridge.self,
      cases: [
        "default": "{}", "strong penalty": #"{"penalty": 100}"#,
        "chosen penalty": #"{"penalties": [0.1, 1, 10, 100]}"#,
      ])
  }

  @Test func aPathOfPenaltiesKeepsTheLaws() {
    let path = JSON.object([JSON.Member("penalties", .array([.number(0.1), .number(10)]))])
    #expect(Laws.check(Ridge.self, parameters: path) == [])
  }

  @Test(arguments: LearnerCase.linearProbeNames) func agreesWithScikitLearn(name: String) throws {
    let table = try LearnerCase.linearProbe(name)
    let expected = try Fixture.json("ridge/\(name).json")
    let output = try run(table.features, table.labels, table.fitRows, penalty: 2.5)
    #expect(relativeError(table.edges(of: output.weights), expected["weights"]?.doubles ?? []) < 1e-5)
    #expect(table.heldOut(output.predictions) == expected["predictions"]?.integers)
    #expect(output.penalty.value == 2.5)
    #expect(output.errors == nil)
  }

  @Test(arguments: LearnerCase.linearProbeNames) func choosesThePenaltyThatScikitLearnChooses(
    name: String
  ) throws {
    let table = try LearnerCase.linearProbe(name)
    let expected = try Fixture.json("ridge/\(name).json")
    let output = try run(table.features, table.labels, table.fitRows, penalties: Self.penalties)
    let errors = try #require(output.errors)
    #expect((0..<errors.rows).map { errors[$0, 0] } == Self.penalties)
    #expect(relativeError((0..<errors.rows).map { errors[$0, 1] }, expected["errors"]?.doubles ?? []) < 1e-5)
    #expect(output.penalty.value == expected["penalty"]?.number)
    #expect(relativeError(table.edges(of: output.weights), expected["chosenWeights"]?.doubles ?? []) < 1e-5)
    #expect(table.heldOut(output.predictions) == expected["chosenPredictions"]?.integers)
  }

  @Test func oneColumnHasTheWeightOfTheFormula() throws {
    // Centred: x = −1, −1, 2 and targets y = −2/3, −2/3, 4/3 of class b: Σxy = 4, Σx² = 6.
    let features = Features(Matrix([[1], [1], [4]]))
    let labels = Labels(strings: ["a", "a", "b"])
    let output = try run(features, labels, penalty: 2)
    #expect(relativeError(output.weights.elements.map(Double.init), [-0.5, 4 / 3.0, 0.5, -4 / 3.0]) < 1e-6)
    #expect(output.predictions.classes == [0, 0, 1])
  }

  @Test func leaveOneOutIsWhatLeavingRowsOutGives() throws {
    let table = try LearnerCase("iris").thinned(by: 6)
    let output = try run(table.features, table.labels, penalties: [3])
    var sum = 0.0
    for row in 0..<table.features.rows {
      let mask = RowMask((0..<table.features.rows).map { $0 != row })
      let weights = try run(table.features, table.labels, mask, penalty: 3).weights
      for index in 0..<3 {
        let score = (0..<4).reduce(Double(weights[index, 4])) {
          $0 + Double(weights[index, $1]) * Double(table.features.matrix[row, $1])
        }
        let target = table.labels.indices[row] == Int32(index) ? 1.0 : -1
        sum += (target - score) * (target - score)
      }
    }
    let error = try #require(output.errors)[0, 1]
    #expect(isClose(error, sum / Double(3 * table.features.rows), 1e-5))
  }

  @Test(arguments: [false, true]) func manyRowsInSinglePrecisionAgreeWithDouble(isWide: Bool) throws {
    let (rows, columns) = isWide ? (1000, 1100) : (3000, 600)
    var random = RandomStream(seed: 5)
    let classes = (0..<rows).map { $0 % 3 }
    let matrix = Matrix<Float>(rows: rows, columns: columns) { target in
      for index in target.indices {
        target[index] = Float(random.normal()) + (index % columns % 7 == classes[index / columns] ? 0.3 : 0)
      }
    }
    let (features, labels) = (Features(matrix), Labels(integers: classes))
    let chosen = try run(features, labels, penalties: [100, 1e4])
    let alone = try run(features, labels, penalty: chosen.penalty.value)
    #expect(relativeError(chosen.weights, alone.weights) < 1e-4)
    // A penalty that single precision would lose sends the whole path through double.
    let exact = try run(features, labels, penalties: [100, 1e4, 1e-9])
    let (quick, slow) = (try #require(chosen.errors), try #require(exact.errors))
    #expect(isClose(quick[0, 1], slow[0, 1], 1e-5) && isClose(quick[1, 1], slow[1, 1], 1e-5))
  }

  @Test func aPathIsChosenAlikeInAnyOrder() throws {
    let table = try LearnerCase("wine")
    let output = try run(table.features, table.labels, penalties: Self.penalties)
    let reversed = try run(table.features, table.labels, penalties: Self.penalties.reversed())
    #expect(output.penalty == reversed.penalty && output.weights == reversed.weights)
  }

  @Test func anAbsentClassIsNeverPredicted() throws {
    let table = try LearnerCase("iris")
    let output = try run(table.features, table.labels, RowMask(table.labels.indices.map { $0 != 1 }))
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
          hint: ridge regression needs at least two classes
        """)
  }

  @Test func aPenaltyThatRoundingLosesIsRefused() throws {
    let features = Features(Matrix([[1, 1], [2, 2], [3, 3]]))
    let labels = Labels(integers: [0, 1, 1])
    for penalties in [[], [1e-30]] {
      let error = try #require(throws: Diagnostic.self) {
        try run(features, labels, penalty: 1e-30, penalties: penalties)
      }
      #expect(
        error.description == """
          error[rankDeficient]: the penalty is lost in rounding beside the variances of the features
            penalty: 1e-30
            hint: take a larger penalty, or scale the features down first
          """)
    }
  }

  @Test func weightsBeyondSinglePrecisionAreRefused() throws {
    let features = Features(Matrix<Float>([[.leastNonzeroMagnitude], [0], [.leastNonzeroMagnitude]]))
    let error = try #require(throws: Diagnostic.self) {
      try run(features, Labels(integers: [0, 1, 1]), penalty: 1e-90)
    }
    #expect(
      error.description == """
        error[outOfRange]: the result goes beyond the largest Float32, about 3.4e38
          hint: scale the features down first
        """)
  }
}
