import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Predicts classes by linear discriminant analysis with a shrunk covariance.
///
/// Of class c with share p and mean μ among the fit rows, a row x has the score xᵀ Σ⁻¹ μ − ½ μᵀ Σ⁻¹ μ + log p, and the
/// class of the largest score is predicted. Σ is the mean of the classes' covariances (divided by n), weighted by p, each
/// shrunk towards a multiple of the identity of the same trace: (1 − a) C + a · trace(C) ÷ d · I. With `auto` the amount
/// is that of Ledoit and Wolf, for each class by itself and of its standardised columns, so that their scales do not
/// matter. It is scikit-learn's `LinearDiscriminantAnalysis` with the solvers `lsqr` and `eigen`.
///
/// `weights` and intercepts are those of the rows less the mean of all fit rows: scores differ from the above by a term
/// that is the same for every class.
///
/// - Shapes: `features` n × d, `labels` n of k classes, `fitRows` n → `predictions` n, `weights` k × (d + 1) with the
///   intercept last.
/// - Units: `features` in u; `weights` in 1/u but for the intercept.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least two classes among them.
/// - Cost: O(n d² + d³) time; `auto` takes O(n d m) more for classes of m rows, at most O(n d²); O(d²) memory and that
///   of some rows.
/// - Errors: `lengthMismatch`, `tooFewRows`, `tooFewClasses`, `badShape`, `notFinite`, `outOfRange`, `rankDeficient`.
/// - Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., 4.3; Ledoit, Wolf, J.
///   Multivar. Anal. 88 (2004) 365–411.
struct LinearDiscriminant: Stage {
  /// How much covariances are shrunk.
  enum Shrinkage: ParameterChoice {
    case auto
    case fixed(Fixed)
    struct Fixed: ParameterGroup {
      @Parameter("How much of the covariance is replaced, from 0 to 1.", .range(0...1)) var amount = 0.1
    }
    static let cases: [ChoiceCase<Shrinkage>] = [.plain("auto", .auto), .fields("fixed", Shrinkage.fixed)]
    var chosen: ChosenCase {
      switch self {
      case .auto: "auto"
      case .fixed(let fixed): ChosenCase("fixed", fixed)
      }
    }
  }
  struct Parameters: StageParameters {
    @Parameter("How much the covariance of a class is shrunk: auto by Ledoit and Wolf, or a fixed amount.")
    var shrinkage = Shrinkage.auto
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var predictions: Predictions
    var weights: Matrix<Float>
  }

  static let name = "lda-probe"
  static let summary = "Predicts classes by linear discriminant analysis with a shrunk covariance."
  static let kind = StageKind.probe
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels) = (input.features, input.labels)
    let classes = try FitClasses(features, labels, input.fitRows, for: "discriminant analysis")
    try requireOrder(features.columns, of: "columns")
    let scatter = ClassScatter(features.matrix, classes)
    let factor = try factor(of: scatter, context)
    let model = model(of: scatter, factor)
    return Output(
      predictions: try model.predictions(features, classes, labels, in: context),
      weights: try model.weights(of: classes, among: labels.classCount))
  }

  /// The Cholesky factor of the shrunk covariance.
  private func factor(
    of scatter: ClassScatter, _ context: StageContext
  ) throws(StageError) -> Cholesky<Double> {
    if !scatter.isSmall {
      let quick = try covariance(of: scatter, in: Float.self, context)
      // Single precision must be exact to a thousandth of what is left of any column beside the others.
      if quick.isFinite, let factor = try quick.cholesky(leastPivot: 1e-4, context) { return factor }
    }
    let exact = try covariance(of: scatter, in: Double.self, context)
    if let factor = try exact.cholesky(leastPivot: 1e-12, context) { return factor }
    throw noInverse
  }

  private func covariance<Scalar: MatrixScalar>(
    of scatter: ClassScatter, in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    switch parameters.shrinkage {
    case .auto: try scatter.shrunkByLedoitWolf(in: type, context)
    case .fixed(let fixed): try scatter.shrunk(by: fixed.amount, in: type, context)
    }
  }

  private var noInverse: Diagnostic {
    let amount: String
    let hint: String
    switch parameters.shrinkage {
    case .auto: (amount, hint) = ("auto", "set a fixed amount of `shrinkage`, or reduce with `pca` first")
    case .fixed(let fixed):
      (amount, hint) = ("\(fixed.amount)", "raise `shrinkage`, or let it be auto, or reduce with `pca` first")
    }
    return Diagnostic(
      .rankDeficient, "the covariance within classes has no inverse: a column is constant or made of others",
      fields: ["shrinkage": amount], hint: hint)
  }

  private func model(of scatter: ClassScatter, _ factor: Cholesky<Double>) -> LinearModel {
    let means = scatter.means.weightedMeanRow(scatter.shares)
    let centres = centered(scatter.means, means: means)
    let weights = factor.solve(centres.transposed).transposed
    let intercepts = scatter.shares.indices.map { index in
      log(scatter.shares[index])
        - (0..<means.count).reduce(0) { $0 + weights[index, $1] * centres[index, $1] } / 2
    }
    return LinearModel(means: means, weights: weights, intercepts: intercepts)
  }
}
