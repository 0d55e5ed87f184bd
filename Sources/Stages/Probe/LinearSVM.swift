import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Predicts classes by linear support vector machines, one class against the rest.
///
/// For each class it minimises ½ ‖w‖² + ½ b² + c · Σ max(0, 1 − yᵢ (w·xᵢ + b))² over the fit rows, with yᵢ = 1 for rows of
/// the class and −1 for others; with `hinge` the sum is not squared. The class of the largest w·x + b is predicted. The
/// intercept b is penalised like a weight: these are the objectives of scikit-learn's `LinearSVC`, and of LIBLINEAR. Of
/// two classes one problem is solved, for the second; the first has its opposite weights.
///
/// All classes share the passes over the rows. Squared hinges are minimised by Newton's method with conjugate gradients
/// and an exact line search, hinges by the method of multipliers around the same search. A class is done when its
/// duality gap, or the decrease that the last Newton step of squared hinges promised, is at most `tolerance` times its
/// objective, which is then that close to its least value. A result that has not come so far is noted in the log; one
/// that misses by more than a factor of 100 is an error. Products are in single precision.
/// A class that no fit row has is never predicted; its weights are zeros.
///
/// Of a sweep over `c` all values are fitted together: the rows are prepared once, and a search starts where that for
/// the next smaller value has ended.
///
/// - Shapes: `features` n × d, `labels` n of k classes, `fitRows` n → `predictions` n, `weights` k × (d + 1) with the
///   intercept last, `loss` 1.
/// - Units: `features` in u; `weights` in 1/u but for the intercept; `loss`, the sum of all minimised objectives, has
///   none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least two classes among them.
/// - Cost: O(n d² + d³ + steps · n d k) time, O(n (d + k)) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `tooFewClasses`, `badShape`, `notFinite`, `outOfRange`,
///   `notConverged`.
/// - Source: Keerthi, DeCoste, J. Mach. Learn. Res. 6 (2005) 341–361; hinge: Yan, Li, Optim. Methods Softw.
///   35 (2020) 855–883; the objectives: Fan et al., J. Mach. Learn. Res. 9 (2008) 1871–1874.
struct LinearSVM: PathStage {
  /// What a row costs whose margin is less than 1.
  enum Loss: String, PlainChoice {
    /// The square of what the margin lacks.
    case squaredHinge = "squared-hinge"
    /// What the margin lacks.
    case hinge
  }
  struct Parameters: StageParameters {
    @Parameter("Inverse strength of the penalty: what a row's loss counts against ½ ‖w‖².", .above(0)) var c =
      1.0
    @Parameter("What a row costs for each unit that its margin lacks.") var loss = Loss.squaredHinge
    @Parameter("How far above its least value an objective may end, as a share of it.", .above(0))
    var tolerance = 1e-6
    @Parameter("Most Newton steps.", .atLeast(1)) var iterations = 500
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

  static let name = "linear-svm"
  static let summary = "Predicts classes by linear support vector machines, one class against the rest."
  static let kind = StageKind.probe
  static let revision = 1
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
    let classes = try FitClasses(features, labels, input.fitRows, for: "a support vector machine")
    let rows = try MarginRows(features.matrix, classes, context)
    // Of two classes the second alone is told from the rest.
    let wanted = classes.count == 2 ? [1] : (0..<classes.count).map { Int32($0) }
    var weights = [[Double]](repeating: [], count: values.count)
    var losses = [Double](repeating: 0, count: values.count)
    // Problems in blocks, so that scores of all rows fit memory however many classes there are.
    for first in stride(from: 0, to: wanted.count, by: 128) {
      let block = Array(wanted[first..<min(wanted.count, first + 128)])
      var start: Matrix<Double>?
      for (index, c) in values.enumerated() {
        var search = MarginSearch(rows, classes: block, from: start, settings: settings(c), context)
        try search.run()
        try requireConverged(search, context)
        weights[index] += search.weights
        losses[index] += search.values.reduce(0, +)
        start = search.point
      }
    }
    let means = columnMeans(of: features.matrix, rows: classes.rows)
    let models = weights.map { model($0, of: classes, means: means) }
    let predictions = try LinearModel.predictions(of: models, features, classes, labels, in: context)
    var outputs: [Output] = []
    for index in values.indices {
      outputs.append(
        Output(
          predictions: predictions[index],
          weights: try models[index].weights(of: classes, among: labels.classCount),
          loss: Measurement(losses[index])))
    }
    return outputs
  }

  private func settings(_ c: Double) -> MarginSearch.Settings {
    MarginSearch.Settings(
      c: c, isSquared: parameters.loss == .squaredHinge, tolerance: parameters.tolerance,
      iterations: parameters.iterations)
  }

  private func requireConverged(_ search: MarginSearch, _ context: StageContext) throws(StageError) {
    let gap = search.gaps.max() ?? 0
    if !(gap <= 100 * max(parameters.tolerance, 1e-5)) {
      throw Diagnostic(
        .notConverged, "the support vector machine did not converge",
        fields: [
          "iterations": "\(search.iterations)", "gap": "\(gap) of the objective",
          "needed": "\(parameters.tolerance)",
        ], hint: "raise `iterations`, or strengthen the penalty by a smaller `c`")
    }
    if gap > parameters.tolerance {
      context.log(
        "not converged after \(search.iterations) iterations: gap \(gap), needed \(parameters.tolerance)")
    }
  }

  /// - Parameter weights: problem after problem, each with its intercept last.
  private func model(_ weights: [Double], of classes: FitClasses, means: [Double]) -> LinearModel {
    let stride = means.count + 1
    var all = weights
    if classes.count == 2 { all = weights.map { -$0 } + weights }
    var intercepts: [Double] = []
    var elements: [Double] = []
    for start in Swift.stride(from: 0, to: all.count, by: stride) {
      let own = all[start..<start + means.count]
      elements += own
      intercepts.append(zip(own, means).reduce(all[start + means.count]) { $0 + $1.0 * $1.1 })
    }
    return LinearModel(
      means: means, weights: Matrix(rows: classes.count, columns: means.count, elements: elements),
      intercepts: intercepts)
  }
}
