import Artifacts
import LinearAlgebra
import StageKit

/// Predicts the class whose mean is nearest.
///
/// Under `cosine` it is the mean with the smallest angle to the row; a mean of zero is at a right angle to every row. Of
/// equally near means the first class's counts. Classes without fit rows are never predicted.
///
/// - Shapes: `features` n × d, `labels` n of c classes, `fitRows` n → `predictions` n, `means` c × d (zeros for a class
///   without fit rows).
/// - Units: `means` in those of the features.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least two classes among them.
/// - Cost: O(n c d) time, O(c d) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `tooFewClasses`, `badShape`, `notFinite`, `outOfRange`.
/// - Source: Tibshirani, Hastie, Narasimhan, Chu, PNAS 99 (2002), without shrinkage; scikit-learn's `NearestCentroid`.
///
///     "probe": [ { "nearest-mean": { "metric": "cosine" } } ]
struct NearestMean: Stage {
  struct Parameters: StageParameters {
    @Parameter("How far a row and a mean are apart.") var metric = RowMetric.euclidean
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var predictions: Predictions
    var means: Matrix<Float>
  }

  static let name = "nearest-mean"
  static let summary = "Predicts the class whose mean is nearest."
  static let kind = StageKind.probe
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels) = (input.features, input.labels)
    let classes = try FitClasses(features, labels, input.fitRows, for: "the nearest mean")
    let means = classes.means(of: features.matrix)
    var all = Matrix<Float>(rows: labels.classCount, columns: features.columns)
    for (position, index) in classes.present.enumerated() {
      for column in 0..<features.columns { all[Int(index), column] = Float(means[position, column]) }
    }
    let model = Self.model(of: means, parameters.metric)
    return Output(
      predictions: try model.predictions(features, classes, labels, in: context),
      means: try all.finiteFeatures().matrix)
  }

  /// The linear scores that are largest for the nearest of some means.
  static func model(of means: Matrix<Double>, _ metric: RowMetric) -> LinearModel {
    let centre = columnMeans(of: means)
    switch metric {
    case .euclidean:
      let weights = LinearAlgebra.centered(means, means: centre)
      let halves = (0..<means.rows).map { index in
        -weights.row(index).reduce(0) { $0 + $1 * $1 } / 2
      }
      return LinearModel(means: centre, weights: weights, intercepts: halves)
    case .cosine:
      var weights = means
      weights.scaleRows(
        by: (0..<means.rows).map { index in
          let length = means.row(index).reduce(0) { $0 + $1 * $1 }.squareRoot()
          return length > 0 ? 1 / length : 0
        })
      return LinearModel(
        means: [Double](repeating: 0, count: means.columns), weights: weights,
        intercepts: [Double](repeating: 0, count: means.rows))
    }
  }
}
