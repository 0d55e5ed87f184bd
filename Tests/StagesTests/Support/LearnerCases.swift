import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

@testable import Stages

/// A data set with every fifth row held out, as the fixtures of the learners have it.
struct LearnerCase {
  let features: Features
  let labels: Labels
  let fitRows: RowMask

  init(_ name: String) throws {
    (features, labels) = try FixtureData.load(name)
    fitRows = RowMask((0..<features.rows).map { $0 % 5 != 4 })
  }

  init(features: Features, labels: Labels) {
    (self.features, self.labels) = (features, labels)
    fitRows = RowMask((0..<features.rows).map { $0 % 5 != 4 })
  }

  /// With columns of mean 0 and standard deviation 1 over all rows.
  func standardized() throws -> LearnerCase {
    let stage = Standardize(parameters: NoParameters())
    let output = try stage.run(.init(features: features, fitRows: nil), in: StageContext())
    return LearnerCase(features: output.features, labels: labels)
  }

  /// Every `step`-th row from the first.
  func thinned(by step: Int) -> LearnerCase {
    let rows = Array(stride(from: 0, to: features.rows, by: step))
    return LearnerCase(
      features: Features(features.matrix.selecting(rows: rows)),
      labels: Labels(indices: rows.map { labels.indices[$0] }, names: labels.names))
  }

  /// The leading principal components over all rows.
  func reduced(to components: Int) throws -> LearnerCase {
    var parameters = PCA.Parameters()
    parameters.components = components
    let output = try PCA(parameters: parameters).run(
      .init(features: features, fitRows: nil), in: StageContext())
    return LearnerCase(features: output.embedding, labels: labels)
  }
}

extension LearnerCase {
  /// The names of the data sets of the linear probes' fixtures.
  static let linearProbeNames = ["iris", "wine", "breast_cancer", "digits", "wide"]

  /// A data set of those fixtures: "wide" has fewer fit rows than columns.
  static func linearProbe(_ name: String) throws -> LearnerCase {
    name == "wide" ? try LearnerCase("digits").thinned(by: 40) : try LearnerCase(name)
  }

  /// What the fixtures hold of weights: the first three columns and the intercepts, row after row.
  func edges(of weights: Matrix<Float>) -> [Double] {
    (0..<weights.rows).flatMap { row in
      [0, 1, 2, weights.columns - 1].map { Double(weights[row, $0]) }
    }
  }

  /// The predictions of the rows that are held out.
  func heldOut(_ predictions: Predictions) -> [Int] {
    fitRows.heldOutRows.map { Int(predictions.classes[$0]) }
  }
}
