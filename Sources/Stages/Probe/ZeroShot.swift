import Artifacts
import LinearAlgebra
import StageKit

/// Predicts the class whose text points most nearly where the row does; nothing is fitted.
///
/// The class of the largest product of row and text is predicted, the first of equal ones; for texts of length 1 it is
/// that of the largest cosine.
///
/// - Shapes: `features` n × d, `labels` n of c classes (their names alone count), `texts` c × d, `fitRows` n (says where
///   it is measured) → `predictions` n.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n c d).
/// - Errors: `lengthMismatch`, `badShape`, `notFinite`, `tooFewRows`.
/// - Source: Radford et al., ICML 2021 (CLIP).
///
///     "probe": [ "zero-shot" ]
struct ZeroShot: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var texts: ClassTexts
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var predictions: Predictions
  }

  static let name = "zero-shot"
  static let summary = "Predicts the class whose text points most nearly where the row does."
  static let kind = StageKind.probe
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: NoParameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels) = (input.features, input.labels)
    try requireRows(labels, features)
    try features.requireSameRows(input.fitRows, named: "fitRows")
    try features.requireSize()
    try features.requireFinite()
    let texts = try TextDirections(input.texts, labels, features)
    let model = texts.model(means: [Double](repeating: 0, count: features.columns), factor: 1)
    return Output(predictions: try model.predictions(features, names: labels.names, in: context))
  }
}
