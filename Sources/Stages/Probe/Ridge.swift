import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Predicts classes by ridge regression on targets of +1 for a row's own class and −1 for every other.
///
/// Minimises Σ ‖yᵢ − W xᵢ − b‖² + penalty · ‖W‖² over the fit rows, with no penalty on b; the class of the largest
/// entry of W x + b is predicted. This is scikit-learn's `RidgeClassifier`, whose `alpha` is `penalty`; of two classes
/// it keeps the weights of the second, here the first has their opposites.
///
/// Given several `penalties`, the one of the least mean squared leave-one-out error is taken, the first of equal ones.
/// The error of a row that is left out is (yᵢ − f(xᵢ)) ÷ (1 − hᵢ), with hᵢ the row's entry on the diagonal of the hat
/// matrix: no fit is repeated, and one factorisation serves all penalties. It is the choice of scikit-learn's
/// `RidgeClassifierCV`.
///
/// Of a sweep over `penalty` all values are fitted together: the products of all pairs of columns serve each of them.
///
/// - Shapes: `features` n × d, `labels` n of k classes, `fitRows` n → `predictions` n, `weights` k × (d + 1) with the
///   intercept last, `penalty` 1, `errors` p × 2: each of p `penalties` with its mean squared leave-one-out error.
/// - Units: `features` in u; `weights` in 1/u but for the intercept; `penalty` in u²; errors have none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least two classes among them.
/// - Cost: O(n d m + m³) time for m = min(n, d), with p penalties O(n (d m + p m k)) more; O(m²) memory and that of
///   some rows.
/// - Errors: `lengthMismatch`, `tooFewRows`, `tooFewClasses`, `badShape`, `notFinite`, `outOfRange`, `rankDeficient`.
/// - Source: Hoerl, Kennard, Technometrics 12 (1970) 55–67; leave-one-out: Golub, Heath, Wahba, Technometrics 21
///   (1979) 215–223.
struct Ridge: PathStage {
  struct Parameters: StageParameters {
    @Parameter("What ‖W‖² counts against the squared errors.", .above(0)) var penalty = 1.0
    @Parameter(
      "Penalties, of which the one of the least leave-one-out error is taken; where there are none, `penalty`.",
      .above(0)) var penalties: [Double] = []
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var predictions: Predictions
    var weights: Matrix<Float>
    var penalty: Measurement
    var errors: Matrix<Double>?
  }

  static let name = "ridge"
  static let summary =
    "Predicts classes by ridge regression, with the penalty given or chosen by leave-one-out."
  static let kind = StageKind.probe
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  static let pathParameter = "penalty"

  let parameters: Parameters
  var absentOutputs: Set<String> { parameters.penalties.isEmpty ? ["errors"] : [] }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try run(input, along: [parameters.penalty], in: context)[0]
  }

  func run(
    _ input: Input, along values: [Double], in context: StageContext
  ) throws(StageError) -> [Output] {
    let (features, labels) = (input.features, input.labels)
    let classes = try FitClasses(features, labels, input.fitRows, for: "ridge regression")
    let problem = try RidgeProblem(features.matrix, classes)
    let penalties = parameters.penalties
    var models: [LinearModel] = []
    var (chosen, errors) = (values, Matrix<Double>?.none)
    if penalties.isEmpty {
      models = try problem.models(values, context)
    } else {
      let path = try problem.path(penalties, context)
      models = values.map { _ in path.model }
      chosen = values.map { _ in penalties[path.best] }
      errors = Matrix(
        rows: penalties.count, columns: 2, elements: zip(penalties, path.errors).flatMap { [$0, $1] })
    }
    let predictions = try LinearModel.predictions(of: models, features, classes, labels, in: context)
    var outputs: [Output] = []
    for index in values.indices {
      outputs.append(
        Output(
          predictions: predictions[index],
          weights: try models[index].weights(of: classes, among: labels.classCount),
          penalty: Measurement(chosen[index]), errors: errors))
    }
    return outputs
  }
}
