import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Predicts classes by multinomial logistic regression with an L2 penalty.
///
/// Minimises c · Σ −log p(yᵢ | xᵢ) + ½ ‖W‖² over the fit rows, with p = softmax(W x + b) and no penalty on b. Of two
/// classes the penalty is ½ ‖w₁ − w₀‖², as of a single weight vector: both are the objectives of scikit-learn's
/// `LogisticRegression`. Features are taken as they are; the search runs in coordinates in which features and penalty
/// are white together, so their scales hardly matter for its speed.
///
/// It has converged when no entry of the gradient of the mean objective per row, in these coordinates, exceeds
/// `tolerance` times the square root of that objective, which is then within 10⁻⁵ of its least value (relative). A
/// result that has not converged is noted in the log; one that misses by more than a factor of 100 is an error. Products
/// are in single precision, whose rounding ends the search at a tolerance of about 10⁻⁵ or 10⁻⁶ in any case.
/// A class that no fit row has is never predicted; its weights are zeros.
///
/// - Shapes: `features` n × d, `labels` n of k classes, `fitRows` n → `predictions` n, `weights` k × (d + 1) with the
///   intercept last, `loss` 1.
/// - Units: `features` in u; `weights` in 1/u but for the intercept; `loss`, the whole minimised sum, has none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least two classes among them.
/// Of a sweep over `c` all values are fitted together: the rows are prepared once, and a search starts where that for
/// the next smaller value has ended.
///
/// - Cost: O(n d² + d³ + iterations · n d k) time, O(n (d + k)) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `tooFewClasses`, `badShape`, `notFinite`, `outOfRange`,
///   `notConverged`.
/// - Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., 4.4; Nocedal, Wright,
///   Numerical Optimization, 2nd ed., 7.1.
struct Logistic: PathStage {
  struct Parameters: StageParameters {
    @Parameter("Inverse strength of the penalty: what a row's loss counts against ½ ‖W‖².", .above(0)) var c =
      1.0
    @Parameter("How small the gradient must become, as described.", .above(0)) var tolerance = 1e-4
    @Parameter("Most iterations of the search.", .atLeast(1)) var iterations = 1000
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var predictions: Predictions
    var weights: Matrix<Float>
    var loss: Measurement
  }

  static let name = "logistic"
  static let summary = "Predicts classes by multinomial logistic regression with an L2 penalty."
  static let kind = StageKind.probe
  static let revision = 2
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  static let pathParameter = "c"
  /// Searches from different starts end at different points of those that are near enough.
  static let pathTolerance = 0.02

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try run(input, along: [parameters.c], in: context)[0]
  }

  /// The strongest penalty first: each search starts where the one before has ended.
  func run(
    _ input: Input, along values: [Double], in context: StageContext
  ) throws(StageError) -> [Output] {
    let (features, labels) = (input.features, input.labels)
    let classes = try FitClasses(features, labels, input.fitRows, for: "logistic regression")
    let problem = try SoftmaxProblem(features.matrix, classes, in: context)
    let objective = SoftmaxObjective(problem, in: context)
    var found: [Minimum] = []
    for c in values {
      objective.c = c
      found.append(try fit(objective, from: found.last?.point ?? problem.start, context))
    }
    let models = found.map { problem.model(at: $0.point) }
    let predictions = try LinearModel.predictions(of: models, features, classes, labels, in: context)
    var outputs: [Output] = []
    for index in values.indices {
      outputs.append(
        Output(
          predictions: predictions[index],
          weights: try models[index].weights(of: classes, among: labels.classCount),
          loss: Measurement(found[index].value * values[index] * Double(classes.rows.count))))
    }
    return outputs
  }

  /// The weights of the least objective.
  private func fit(
    _ objective: SoftmaxObjective, from start: [Double], _ context: StageContext
  ) throws(StageError) -> Minimum {
    let limit = parameters.tolerance
    var norm = Double.infinity
    let result = TruncatedNewton(maximumIterations: parameters.iterations).minimise(objective, from: start) {
      value, gradient in
      norm = objective.norm(of: gradient)
      return norm <= limit * value.squareRoot() || context.shouldStop
    }
    try context.checkCancelled()
    let bound = limit * result.value.squareRoot()
    // Below some 1e-5 rounding hides what is left, whatever is asked for.
    let worst = 100 * max(limit, 1e-4) * result.value.squareRoot()
    if result.outcome == .notFinite || norm > worst {
      throw Diagnostic(
        .notConverged, "logistic regression did not converge",
        fields: ["iterations": "\(result.iterations)", "gradient": "\(norm)", "needed": "\(bound)"],
        hint: "raise `iterations`, or strengthen the penalty by a smaller `c`")
    }
    if norm > bound {
      context.log(
        "not converged after \(result.iterations) iterations: gradient \(norm), needed \(bound)")
    }
    return result
  }
}
