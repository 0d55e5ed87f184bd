import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct GaussianDiscriminantTests {
  private static let texts = ClassTexts(Matrix([[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))

  @Test func goldenResult() throws {
    try Golden.check(
      GaussianDiscriminant.self,
      cases: [
        "default": "{}", "pseudo-inverse": #"{"precision": "pseudo-inverse"}"#,
        "ledoit-wolf": #"{"precision": "ledoit-wolf"}"#, "texts": #"{"texts": {"fixed": {"weight": 10}}}"#,
      ], inputs: ["texts": Self.texts])
  }

  private static let estimators = ["kubokawa-srivastava", "pseudo-inverse", "ledoit-wolf"]

  @Test(arguments: FixtureData.allCases, estimators) func agreesWithNumPy(
    data: FixtureData, precision: String
  ) throws {
    let table = try FewShotCase(data.rawValue)
    let expected = try #require(table.expected["gda"]?[precision])
    let found = try table.run(GaussianDiscriminant.self, #"{"precision": "\#(precision)"}"#)
    let predictions = try #require(found["predictions"] as? Predictions)
    #expect(table.tested(predictions) == expected["alone"]?.integers)
    let weights = try #require(found["weights"] as? Matrix<Float>)
    #expect(relativeError(scores(table, weights), expected["scores"]?.doubles ?? []) < 1e-5)
    let fused = try table.run(
      GaussianDiscriminant.self, #"{"precision": "\#(precision)", "texts": "chosen"}"#)
    #expect((fused["alpha"] as? Measurement)?.value == expected["alpha"]?.number)
    #expect(table.tested(try #require(fused["predictions"] as? Predictions)) == expected["fused"]?.integers)
  }

  /// Scores of the first test rows less the mean of all classes.
  private func scores(_ table: FewShotCase, _ weights: Matrix<Float>) -> [Double] {
    table.mask.testRows.prefix(12).flatMap { row in
      let values = (0..<weights.rows).map { index in
        (0..<table.features.columns).reduce(Double(weights[index, weights.columns - 1])) {
          $0 + Double(weights[index, $1]) * Double(table.features.matrix[row, $1])
        }
      }
      let mean = values.reduce(0, +) / Double(values.count)
      return values.map { $0 - mean }
    }
  }

  /// Residuals ±(1, 0) four times, so S = diag(4, 0), trace(Σ) = 4/3, P = 2 · diag(3/16, 3/4).
  @Test func theEstimateOfKubokawaAndSrivastavaIsTheirFormula() throws {
    let features = Features(Matrix([[1, 0], [-1, 0], [5, 4], [3, 4]]))
    let output = try GaussianDiscriminant(parameters: .init()).run(
      .init(features: features, labels: TinyShots.labels, texts: nil, fitRows: nil), in: StageContext())
    // Weights of the means less their mean: ∓(2, 2) P = ∓(3/4, 3).
    #expect(relativeError(output.weights.elements.prefix(2).map(Double.init), [-0.75, -3]) < 1e-6)
    #expect(output.alpha == nil)
  }

  @Test func oneRowAClassGivesTheNearestMean() throws {
    let table = try LearnerCase("digits")
    let mask = RowMask((0..<table.labels.rows).map { $0 < 10 })
    var weights: [[Float]] = []
    for precision in GaussianDiscriminant.Precision.allCases {
      var parameters = GaussianDiscriminant.Parameters()
      parameters.precision = precision
      let output = try GaussianDiscriminant(parameters: parameters).run(
        .init(features: table.features, labels: table.labels, texts: nil, fitRows: mask), in: StageContext())
      let expected = try NearestMean(parameters: .init()).run(
        .init(features: table.features, labels: table.labels, fitRows: mask), in: StageContext())
      #expect(output.predictions == expected.predictions)
      weights.append(output.weights.elements)
    }
    #expect(weights[0] == weights[1] && weights[1] == weights[2])
  }

  @Test func whatIsMissingIsSaid() throws {
    let texts = #"{"texts": "chosen"}"#
    #expect(
      try TinyShots.error(GaussianDiscriminant.self, texts) == """
        error[tooFewRows]: no row is kept for the choice of parameters
          rows:     4
          fit rows: 4
          hint: let the splitter keep some: { "few-shot": { "validation": 4 } }; or fix the parameters
        """)
    #expect(
      try TinyShots.error(GaussianDiscriminant.self, texts, without: "texts") == """
        error[missingPort]: the texts should count, but there are none
          hint: use a pipeline with texts, such as `few-shot`, or set `texts` to none
        """)
    let labels = Labels(indices: [0, 0, 1, 1], names: ["a", "b", "c"])
    let three = ClassTexts(Matrix([[1, 0], [0, 1], [-1, 0]]))
    #expect(
      try TinyShots.error(GaussianDiscriminant.self, texts, ["labels": labels, "texts": three])
        == "error[emptyClass]: class `c` has a text, but no fit row")
  }

  @Test func lawsHoldWithTexts() {
    let fixed = JSON.object(["texts": .object(["fixed": .object(["weight": .number(0.5)])])])
    #expect(Laws.check(GaussianDiscriminant.self, parameters: fixed) == [])
    for precision in Self.estimators {
      let parameters = JSON.object(["precision": .string(precision)])
      #expect(Laws.check(GaussianDiscriminant.self, parameters: parameters) == [])
    }
  }
}
