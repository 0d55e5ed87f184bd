import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct LinearDiscriminantTests {
  private static func fixed(_ amount: Double) -> LinearDiscriminant.Shrinkage {
    var fixed = LinearDiscriminant.Shrinkage.Fixed()
    fixed.amount = amount
    return .fixed(fixed)
  }

  private func run(
    _ features: Features, _ labels: Labels, _ fitRows: RowMask? = nil,
    shrinkage: LinearDiscriminant.Shrinkage = .auto
  ) throws -> LinearDiscriminant.Output {
    var parameters = LinearDiscriminant.Parameters()
    parameters.shrinkage = shrinkage
    return try LinearDiscriminant(parameters: parameters).run(
      .init(features: features, labels: labels, fitRows: fitRows), in: StageContext())
  }

  @Test func goldenResult() throws {
    try Golden.check(
      LinearDiscriminant.self,
      cases: [
        "default": "{}", "fixed": #"{"shrinkage": "fixed"}"#,
        "none": #"{"shrinkage": {"fixed": {"amount": 0}}}"#,
      ])
  }

  /// Scores of the first held-out rows: of two classes their difference, else less the mean of all classes.
  private func scores(_ table: LearnerCase, _ weights: Matrix<Float>) -> [Double] {
    table.fitRows.heldOutRows.prefix(12).flatMap { row in
      let values = (0..<weights.rows).map { index in
        (0..<table.features.columns).reduce(Double(weights[index, weights.columns - 1])) {
          $0 + Double(weights[index, $1]) * Double(table.features.matrix[row, $1])
        }
      }
      let mean = values.reduce(0, +) / Double(values.count)
      return values.count == 2 ? [values[1] - values[0]] : values.map { $0 - mean }
    }
  }

  @Test(arguments: LearnerCase.linearProbeNames, ["auto", "fixed"]) func agreesWithScikitLearn(
    name: String, shrinkage: String
  ) throws {
    let table = try LearnerCase.linearProbe(name)
    let expected = try #require(Fixture.json("lda-probe/\(name).json")[shrinkage])
    let output = try run(
      table.features, table.labels, table.fitRows,
      shrinkage: shrinkage == "auto" ? .auto : Self.fixed(0.1))
    #expect(relativeError(scores(table, output.weights), expected["values"]?.doubles ?? []) < 1e-5)
    #expect(table.heldOut(output.predictions) == expected["predictions"]?.integers)
  }

  @Test func oneColumnHasTheWeightsOfTheFormula() throws {
    // Means 1 and 5, variance (2 · 1 + 2 · 1 + 2 · 0) ÷ 6 = 2/3 within classes, mean of all rows 7/3.
    let features = Features(Matrix([[0], [2], [0], [2], [5], [5]]))
    let output = try run(features, Labels(strings: ["a", "a", "a", "a", "b", "b"]), shrinkage: Self.fixed(0))
    let (a, b) = ((1 - 7 / 3.0) * 1.5, (5 - 7 / 3.0) * 1.5)
    let expected = [
      a, Foundation.log(4 / 6.0) - a * (1 - 7 / 3.0) / 2 - a * 7 / 3, b,
      Foundation.log(2 / 6.0) - b * (5 - 7 / 3.0) / 2 - b * 7 / 3,
    ]
    #expect(relativeError(output.weights.elements.map(Double.init), expected) < 1e-6)
    #expect(output.predictions.classes == [0, 0, 0, 0, 1, 1])
  }

  @Test func shrunkWhollyTheNearestMeanWinsButForTheShares() throws {
    let table = try LearnerCase("iris")
    let output = try run(table.features, table.labels, shrinkage: Self.fixed(1))
    let matrix = table.features.matrix
    let means = (0..<3).map { index in
      columnMeans(of: matrix, rows: (0..<150).filter { table.labels.indices[$0] == Int32(index) })
    }
    let nearest = (0..<150).map { row in
      let distances = means.map { mean in
        mean.indices.reduce(0) { $0 + pow(Double(matrix[row, $1]) - mean[$1], 2) }
      }
      return Int32(distances.indices.min { distances[$0] < distances[$1] } ?? 0)
    }
    #expect(output.predictions.classes == nearest)
  }

  @Test(arguments: [2, 40]) func manyRowsInSinglePrecisionAgreeWithDouble(classCount: Int) throws {
    var random = RandomStream(seed: 6)
    let (rows, columns) = (8000, 400)
    let classes = (0..<rows).map { $0 % classCount }
    var matrix = Matrix<Float>(rows: rows, columns: columns) { target in
      for index in target.indices {
        target[index] = Float(random.normal()) + Float(classes[index / columns] * (index % columns) % 5) / 4
      }
    }
    let labels = Labels(integers: classes)
    for shrinkage in [LinearDiscriminant.Shrinkage.auto, Self.fixed(0.01)] {
      let quick = try run(Features(matrix), labels, shrinkage: shrinkage)
      let scatter = ClassScatter(matrix, try FitClasses(Features(matrix), labels, nil, for: "this"))
      #expect(!scatter.isSmall)
      let context = StageContext()
      let (single, double) =
        switch shrinkage {
        case .auto:
          try (
            scatter.shrunkByLedoitWolf(in: Float.self, context),
            scatter.shrunkByLedoitWolf(in: Double.self, context)
          )
        case .fixed:
          try (
            scatter.shrunk(by: 0.01, in: Float.self, context),
            scatter.shrunk(by: 0.01, in: Double.self, context)
          )
        }
      #expect(relativeError(single.elements, double.elements) < 1e-5)
      #expect(quick.predictions.classes.count == rows)
    }
    // A column beside its near copy is beyond single precision, not beyond double.
    for row in 0..<rows { matrix[row, 1] = matrix[row, 0] + 1e-4 * Float(random.normal()) }
    #expect(try run(Features(matrix), labels, shrinkage: Self.fixed(0)).weights.isFinite)
  }

  @Test func anAbsentClassIsNeverPredicted() throws {
    let table = try LearnerCase("iris")
    let output = try run(table.features, table.labels, RowMask(table.labels.indices.map { $0 != 1 }))
    #expect(Set(output.predictions.classes) == [0, 2])
    #expect(output.weights.row(1).allSatisfy { $0 == 0 })
    #expect(output.predictions.names == table.labels.names)
  }

  @Test func classesOfOneRowHaveNoScatter() throws {
    let features = Features(Matrix([[0, 0], [1, 2], [3, 1], [9, 9]]))
    let output = try run(features, Labels(integers: [0, 0, 0, 1]))
    #expect(output.predictions.classes == [0, 0, 0, 1])
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
          hint: discriminant analysis needs at least two classes
        """)
  }

  @Test func aCovarianceWithoutInverseIsRefused() throws {
    let features = Features(Matrix([[0, 1], [1, 1], [3, 1], [4, 1]]))
    let labels = Labels(integers: [0, 0, 1, 1])
    let error = try #require(throws: Diagnostic.self) {
      try run(features, labels, shrinkage: Self.fixed(0))
    }
    #expect(
      error.description == """
        error[rankDeficient]: the covariance within classes has no inverse: a column is constant or made of others
          shrinkage: 0.0
          hint: raise `shrinkage`, or let it be auto, or reduce with `pca` first
        """)
    let single = Features(Matrix<Float>([[0], [0], [3], [3]]))
    let other = try #require(throws: Diagnostic.self) { try run(single, labels) }
    #expect(
      other.description == """
        error[rankDeficient]: the covariance within classes has no inverse: a column is constant or made of others
          shrinkage: auto
          hint: set a fixed amount of `shrinkage`, or reduce with `pca` first
        """)
  }
}
