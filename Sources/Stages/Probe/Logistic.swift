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
/// - Cost: O(n d² + d³ + iterations · n d k) time, O(n d) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `tooFewClasses`, `badShape`, `notFinite`, `outOfRange`,
///   `notConverged`.
/// - Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., 4.4; Nocedal, Math. Comp. 35
///   (1980) 773–782.
struct Logistic: Stage {
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
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels) = (input.features, input.labels)
    try requireRows(labels, features)
    let fitted = try features.fitIndices(input.fitRows)
    try features.requireFinite()
    let present = Set(fitted.map { labels.indices[$0] }).sorted()
    guard present.count > 1 else {
      throw Diagnostic(
        .tooFewClasses, "all fit rows have the same class",
        fields: ["class": labels.names[Int(present[0])], "fit rows": "\(fitted.count) of \(features.rows)"],
        hint: "logistic regression needs at least two classes")
    }
    let positions = Dictionary(uniqueKeysWithValues: present.enumerated().map { ($1, Int32($0)) })
    let classes = fitted.map { positions[labels.indices[$0], default: 0] }
    let problem = try SoftmaxProblem(
      features.matrix, rows: fitted, classes: classes, classCount: present.count, c: parameters.c,
      in: context)
    let model = try fit(problem, context)
    let found = try model.largest(features.matrix, in: context)
    return Output(
      predictions: Predictions(classes: found.map { present[Int($0)] }, names: labels.names),
      weights: model.weights(of: present.map(Int.init), among: labels.classCount),
      loss: Measurement(model.loss))
  }

  /// The weights of the least objective.
  private func fit(_ problem: SoftmaxProblem, _ context: StageContext) throws(StageError) -> SoftmaxModel {
    var last = (value: Double.infinity, gradient: Double.infinity)
    // The search itself would compare the gradient with a number that does not know the objective.
    let search = LBFGS(gradientTolerance: 0, maximumIterations: parameters.iterations)
    let limit = parameters.tolerance
    func hasConverged(_ value: Double) -> Bool {
      value == last.value && last.gradient <= limit * value.squareRoot()
    }
    let result = search.minimise(
      from: [Double](repeating: 0, count: problem.unknowns),
      shouldStop: { _, value in hasConverged(value) || context.shouldStop }
    ) { point, gradient in
      let value = problem.evaluate(point, gradient)
      last = (value, gradient.reduce(0) { max($0, abs($1)) })
      return value
    }
    try context.checkCancelled()
    let bound = limit * result.value.squareRoot()
    // Below some 1e-5 rounding hides what is left, whatever is asked for.
    let worst = 100 * max(limit, 1e-4) * result.value.squareRoot()
    if result.outcome == .notFinite || result.gradientNorm > worst {
      throw Diagnostic(
        .notConverged, "logistic regression did not converge",
        fields: [
          "iterations": "\(result.iterations)", "gradient": "\(result.gradientNorm)", "needed": "\(bound)",
        ], hint: "raise `iterations`, or strengthen the penalty by a smaller `c`")
    }
    if result.gradientNorm > bound {
      context.log(
        "not converged after \(result.iterations) iterations: gradient \(result.gradientNorm), needed \(bound)"
      )
    }
    return problem.model(at: result.point, value: result.value)
  }
}
