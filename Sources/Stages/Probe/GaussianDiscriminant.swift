import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Predicts classes by Gaussians of one covariance, estimated from few rows, alone or together with texts of the classes.
///
/// Of class c with mean μ among the fit rows, a row x has the score xᵀ P μ − ½ μᵀ P μ; all classes count as equally
/// likely. With the N rows less the means of their classes, their scatter S and their covariance Σ = S ÷ (N − 1), the
/// precision P is
///
/// - `kubokawa-srivastava`: d · (S + trace(Σ) I)⁻¹;
/// - `pseudo-inverse`: the inverse of Σ where it varies, zero elsewhere;
/// - `ledoit-wolf`: the inverse of S ÷ N, shrunk towards a multiple of the identity by Ledoit and Wolf's amount.
///
/// Where no row differs from its class's mean (one row a class) there is no covariance: P is the identity, and the nearest
/// mean is predicted.
///
/// With texts the score is 100 · x · text + α (score by the Gaussians). α is fixed, or the first of some `weights` that
/// gets most of the validation rows right: rows that are neither fitted on nor tested. Rows should have length 1 then.
///
/// - Shapes: `features` n × d, `labels` n of c classes, `texts` c × d, `fitRows` n → `predictions` n, `weights` c × (d + 1)
///   with the intercept last (scores but for a term that is the same for every class), `alpha` 1 (with texts).
/// - Units: those of `features` cancel out, but for `texts`.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least two classes among them; with texts all.
/// - Cost: O(m d² + d³ + n c d) time for m fit rows, O(d² + m d) memory.
/// - Errors: `lengthMismatch`, `tooFewRows` (also without validation rows to choose α on), `tooFewClasses`, `emptyClass`,
///   `badShape`, `notFinite`, `outOfRange`, `rankDeficient`, `missingPort` without texts to fuse.
/// - Source: Wang et al., A Hard-to-Beat Baseline for Training-Free CLIP-Based Adaptation, ICLR 2024; Kubokawa,
///   Srivastava, J. Multivariate Analysis 99 (2008) 1906–1928.
///
///     "probe": [ { "gda": { "precision": "kubokawa-srivastava", "texts": "chosen" } } ]
struct GaussianDiscriminant: Stage {
  enum Precision: String, PlainChoice {
    case kubokawaSrivastava = "kubokawa-srivastava"
    case pseudoInverse = "pseudo-inverse"
    case ledoitWolf = "ledoit-wolf"
  }
  /// What becomes of the texts.
  enum Texts: ParameterChoice {
    case none
    case chosen(Grid)
    case fixed(Weight)
    struct Grid: ParameterGroup {
      @Parameter("The values of α that are tried on the validation rows.", .notEmpty, .above(0))
      var weights = [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100]
    }
    struct Weight: ParameterGroup {
      @Parameter(
        "α: how much the score by the Gaussians counts beside 100 times the product with the text.", .above(0)
      )
      var weight = 1.0
    }
    static let cases: [ChoiceCase<Texts>] = [
      .plain("none", .none), .fields("chosen", Texts.chosen), .fields("fixed", Texts.fixed),
    ]
    var chosen: ChosenCase {
      switch self {
      case .none: "none"
      case .chosen(let grid): ChosenCase("chosen", grid)
      case .fixed(let weight): ChosenCase("fixed", weight)
      }
    }
  }
  struct Parameters: StageParameters {
    @Parameter("How the inverse of the covariance is estimated.") var precision = Precision.kubokawaSrivastava
    @Parameter(
      "What becomes of the texts: nothing, or they count with α chosen on validation rows, or fixed.")
    var texts = Texts.none
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var texts: ClassTexts?
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var predictions: Predictions
    var weights: Matrix<Float>
    var alpha: Measurement?
  }

  static let name = "gda"
  static let summary = "Predicts classes by Gaussians of one covariance from few rows, alone or with texts."
  static let kind = StageKind.probe
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters
  var absentOutputs: Set<String> { parameters.texts == .none ? ["alpha"] : [] }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels) = (input.features, input.labels)
    let classes = try FitClasses(features, labels, input.fitRows, for: "discriminant analysis")
    try requireOrder(features.columns, of: "columns")
    let means = classes.means(of: features.matrix)
    let rows = ShiftedRows(
      features.matrix, rows: classes.rows, groupOf: classes.classOf, means: means,
      factors: [Double](repeating: 1, count: classes.count))
    let estimate = PrecisionEstimate(rows, context)
    let centre = columnMeans(of: means)
    let centred = LinearAlgebra.centered(means, means: centre)
    let weights = try estimate.times(centred, parameters.precision)
    let halves = (0..<means.rows).map { index in
      -(0..<means.columns).reduce(0) { $0 + weights[index, $1] * centred[index, $1] } / 2
    }
    let model = LinearModel(means: centre, weights: weights, intercepts: halves)
    let (fused, alpha) = try fused(model, input, classes, context)
    return Output(
      predictions: try fused.predictions(features, classes, labels, in: context),
      weights: try fused.weights(of: classes, among: labels.classCount), alpha: alpha.map { Measurement($0) })
  }

  /// The model together with the texts, and α.
  private func fused(
    _ model: LinearModel, _ input: Input, _ classes: FitClasses, _ context: StageContext
  ) throws(StageError) -> (LinearModel, Double?) {
    let weights: [Double]
    switch parameters.texts {
    case .none: return (model, nil)
    case .chosen(let grid): weights = grid.weights
    case .fixed(let fixed): weights = [fixed.weight]
    }
    guard let texts = input.texts else {
      throw Diagnostic(
        .missingPort, "the texts should count, but there are none",
        hint: "use a pipeline with texts, such as `few-shot`, or set `texts` to none")
    }
    let directions = try TextDirections(texts, input.labels, input.features)
    let names = input.labels.names
    guard classes.count == names.count else {
      let lone = names.indices.first { !classes.present.contains(Int32($0)) } ?? 0
      throw Diagnostic(.emptyClass, "class `\(names[lone])` has a text, but no fit row")
    }
    let textModel = directions.model(means: model.means)
    let candidates = weights.map { textModel.adding(model, times: $0) }
    guard case .chosen = parameters.texts else { return (candidates[0], weights[0]) }
    let rows = try ValidationRows(input.features, input.labels, input.fitRows)
    let found = try LinearModel.predictions(of: candidates, rows.features, classes, input.labels, in: context)
    let correct = found.map(rows.correct)
    let best = correct.firstIndex(of: correct.max() ?? 0) ?? 0
    return (candidates[best], weights[best])
  }
}

extension LinearModel {
  /// The sum of the scores of two models that subtract the same means, the other's times a factor.
  fileprivate func adding(_ other: LinearModel, times factor: Double) -> LinearModel {
    var sum = other.weights
    sum.scaleRows(by: [Double](repeating: factor, count: sum.rows))
    sum.add(weights)
    return LinearModel(
      means: means, weights: sum, intercepts: zip(intercepts, other.intercepts).map { $0 + factor * $1 })
  }
}

/// What the inverse of the covariance of rows within their classes makes of other rows.
private struct PrecisionEstimate {
  private let rows: ShiftedRows
  private let context: StageContext

  init(_ rows: ShiftedRows, _ context: StageContext) { (self.rows, self.context) = (rows, context) }

  /// The product of some rows and the precision.
  ///
  /// - Throws: `outOfRange`, `rankDeficient`, `cancelled`.
  func times(
    _ others: Matrix<Double>, _ estimator: GaussianDiscriminant.Precision
  ) throws(StageError) -> Matrix<Double> {
    var scatter = try rows.scatter(in: Double.self, context)
    let count = Double(rows.rows.count)
    let trace = scatter.trace
    if trace == 0 {
      context.log("every row is the mean of its class, so there is no covariance: the nearest mean is taken")
      return others
    }
    switch estimator {
    case .kubokawaSrivastava:
      scatter.addToDiagonal(trace / (count - 1))
      return try divided(others, by: scatter, times: Double(scatter.rows))
    case .ledoitWolf:
      guard let shrinkage = LedoitWolf(rows.block(0..<rows.rows.count, as: Double.self), context) else {
        throw StageContext.interruption
      }
      scatter.scaleRows(by: [Double](repeating: (1 - shrinkage.amount) / count, count: scatter.rows))
      scatter.addToDiagonal(shrinkage.amount * shrinkage.level)
      return try divided(others, by: scatter, times: 1)
    case .pseudoInverse: return try pseudoDivided(others, by: scatter, times: count - 1)
    }
  }

  private func divided(
    _ others: Matrix<Double>, by matrix: Matrix<Double>, times factor: Double
  ) throws(StageError) -> Matrix<Double> {
    guard let root = try matrix.cholesky(leastPivot: 1e-14, context) else {
      throw Diagnostic(
        .rankDeficient, "the covariance within classes has no inverse",
        hint: "choose another `precision`, or reduce with `pca` first")
    }
    var solved = root.solve(others.transposed).transposed
    solved.scaleRows(by: [Double](repeating: factor, count: solved.rows))
    return solved
  }

  private func pseudoDivided(
    _ others: Matrix<Double>, by matrix: Matrix<Double>, times factor: Double
  ) throws(StageError) -> Matrix<Double> {
    let pairs: EigenPairs<Double>
    do throws(LinearAlgebraError) {
      pairs = try symmetricEigen(matrix, stoppingAt: context.arithmeticSafePoint)
    } catch { throw error.stageError }
    let largest = pairs.values.max() ?? 0
    let rounding = largest * Double(max(rows.rows.count, matrix.rows) + 100) * .ulpOfOne
    var parts = try product(others, transposed: pairs.vectors, stoppingAt: context.safePoint)
    parts.scaleColumns(by: pairs.values.map { $0 > rounding ? factor / $0 : 0 })
    return try product(parts, pairs.vectors, stoppingAt: context.safePoint)
  }
}
