import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// The directions of classes, checked, and the scores that they give.
struct TextDirections {
  /// What the product of a row and a direction counts in the scores: the scale of CLIP's logits.
  static let scale = 100.0

  /// Classes × columns.
  let directions: Matrix<Double>

  /// Checks that the directions are those of the classes and of the columns.
  ///
  /// - Throws: `lengthMismatch`, `badShape`, `notFinite`.
  init(_ texts: ClassTexts, _ labels: Labels, _ features: Features) throws(StageError) {
    let texts = texts.directions
    guard texts.rows == labels.classCount else {
      throw Diagnostic(
        .lengthMismatch, "there must be a text for each class",
        fields: ["texts": "\(texts.rows)", "classes": "\(labels.classCount)"])
    }
    guard texts.columns == features.columns else {
      throw Diagnostic(
        .badShape, "texts and features differ in their number of columns",
        fields: ["texts": "\(texts.columns) columns", "features": "\(features.columns) columns"],
        hint: "take texts of the same encoder, and leave out what changes the columns of the features")
    }
    try Features(texts).requireFinite()
    directions = texts.converted()
  }

  /// The linear model of scores `scale` · x · text, of rows less some means.
  func model(means: [Double], factor: Double = TextDirections.scale) -> LinearModel {
    var weights = directions
    weights.scaleRows(by: [Double](repeating: factor, count: weights.rows))
    let intercepts = (0..<weights.rows).map { index in
      (0..<weights.columns).reduce(0.0) { $0 + weights[index, $1] * means[$1] }
    }
    return LinearModel(means: means, weights: weights, intercepts: intercepts)
  }
}

/// The rows that parameters are chosen on.
struct ValidationRows {
  let features: Features
  /// The class of each.
  let classes: [Int32]

  /// - Throws: `tooFewRows` if the splitter keeps none for it.
  init(_ features: Features, _ labels: Labels, _ mask: RowMask?) throws(StageError) {
    let rows = mask?.validationRows ?? []
    guard !rows.isEmpty else {
      throw Diagnostic(
        .tooFewRows, "no row is kept for the choice of parameters",
        fields: ["rows": "\(features.rows)", "fit rows": "\(mask?.fitRows.count ?? features.rows)"],
        hint: "let the splitter keep some: { \"few-shot\": { \"validation\": 4 } }; or fix the parameters")
    }
    self.features = Features(features.matrix.selecting(rows: rows))
    classes = rows.map { labels.indices[$0] }
  }

  /// How many rows a prediction for these rows gets right.
  func correct(_ predictions: Predictions) -> Int {
    zip(predictions.classes, classes).count { $0 == $1 }
  }
}
