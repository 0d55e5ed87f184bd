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

  private init(features: Features, labels: Labels) {
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
