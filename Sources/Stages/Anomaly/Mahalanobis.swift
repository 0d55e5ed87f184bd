import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Scores a row by its Mahalanobis distance from the mean of the fit rows.
///
/// The score is √((x − μ)ᵀ Σ⁻¹ (x − μ)) with mean μ and covariance Σ (divided by the number of fit rows), shrunk towards
/// a multiple of the identity: by Ledoit and Wolf's amount, by a fixed one, or not at all. Before that, rows may be
/// projected onto principal components of the fit rows: the `leading` ones that explain a share of the variance, or the
/// `trailing` ones that are left beyond it (the component that crosses the share and the one before it belong to both).
/// For Gaussian rows the squared score follows χ² with as many degrees of freedom as `dimensions`.
///
/// - Shapes: `features` n × d, `fitRows` n → `scores` n, `dimensions` 1 (the components that are used).
/// - Units: none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: O(m d² + d³ + n d²) time for m fit rows, O(n d + d²) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`, `outOfRange`; `rankDeficient` for a covariance
///   without an inverse.
/// - Source: Rippel, Mertens, Merhof, ICPR 2020; Ledoit, Wolf, J. Multivariate Analysis 88 (2004) 365–411.
struct Mahalanobis: Stage {
  enum Shrinkage: ParameterChoice {
    case none, auto
    case fixed(Fixed)
    struct Fixed: ParameterGroup {
      @Parameter("How much of the covariance is replaced, from 0 to 1.", .range(0...1)) var amount = 0.1
    }
    static let cases: [ChoiceCase<Shrinkage>] = [
      .plain("none", .none), .plain("auto", .auto), .fields("fixed", Shrinkage.fixed),
    ]
    var chosen: ChosenCase {
      switch self {
      case .none: "none"
      case .auto: "auto"
      case .fixed(let fixed): ChosenCase("fixed", fixed)
      }
    }
    static func == (a: Shrinkage, b: Shrinkage) -> Bool { a.json == b.json }
  }
  enum Components: ParameterChoice {
    case all
    case leading(Share)
    case trailing(Share)
    struct Share: ParameterGroup {
      @Parameter("The share of the variance that the leading components explain.", .between(0, 1)) var share =
        0.95
    }
    static let cases: [ChoiceCase<Components>] = [
      .plain("all", .all), .fields("leading", Components.leading), .fields("trailing", Components.trailing),
    ]
    var chosen: ChosenCase {
      switch self {
      case .all: "all"
      case .leading(let share): ChosenCase("leading", share)
      case .trailing(let share): ChosenCase("trailing", share)
      }
    }
    static func == (a: Components, b: Components) -> Bool { a.json == b.json }
  }
  struct Parameters: StageParameters {
    @Parameter("How the covariance is shrunk: auto by Ledoit and Wolf.") var shrinkage = Shrinkage.auto
    @Parameter("Which principal components of the fit rows are used.") var components = Components.all
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var scores: Scores
    var dimensions: Measurement
  }

  static let name = "mahalanobis"
  static let summary = "Scores a row by its Mahalanobis distance from the mean of the fit rows."
  static let kind = StageKind.detector
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let rows = try input.features.fitIndices(input.fitRows, atLeast: 2)
    try input.features.requireFinite()
    let fit = try PrincipalAxes.byCovariance(
      of: input.features, rows: rows, count: input.features.columns, in: context)
    let range = used(of: fit.axes.variances)
    let axes = fit.axes.vectors.selecting(rows: Array(range))
    let centred = LinearAlgebra.centered(input.features.matrix, means: fit.means)
    let table = try product(
      centred.converted(to: Double.self), transposed: axes, stoppingAt: context.safePoint)
    // Variances by the number of fit rows, as the estimators of the shrinkage have it.
    let ratio = Double(rows.count - 1) / Double(rows.count)
    let scales = try shrunk(
      range.map { fit.axes.variances[$0] * ratio }, table.selecting(rows: rows), context)
    let values = (0..<table.rows).map { row in
      range.indices.reduce(0.0) { sum, place in
        let value = table[row, place - range.lowerBound]
        return sum + value * value / scales[place - range.lowerBound]
      }.squareRoot()
    }
    return Output(scores: Scores(values), dimensions: Measurement(Double(range.count)))
  }

  /// Which components are used, by their variances in falling order.
  private func used(of variances: [Double]) -> Range<Int> {
    let total = variances.reduce(0, +)
    func crossing(_ share: Double) -> Int {
      var sum = 0.0
      for (place, variance) in variances.enumerated() {
        sum += variance
        if sum > share * total { return place }
      }
      return variances.count - 1
    }
    switch parameters.components {
    case .all: return 0..<variances.count
    case .leading(let share): return 0..<crossing(share.share) + 1
    case .trailing(let share): return max(0, crossing(share.share) - 1)..<variances.count
    }
  }

  /// The variances of the components that are used, shrunk.
  private func shrunk(
    _ variances: [Double], _ rows: Matrix<Double>, _ context: StageContext
  ) throws(StageError) -> [Double] {
    let level = variances.reduce(0, +) / Double(variances.count)
    let amount: Double
    switch parameters.shrinkage {
    case .none: amount = 0
    case .fixed(let fixed): amount = fixed.amount
    case .auto:
      guard let estimate = LedoitWolf(rows, context) else { throw StageContext.interruption }
      amount = estimate.amount
    }
    let scales = variances.map { (1 - amount) * $0 + amount * level }
    let rounding = (variances.first ?? 0) * Double(rows.rows + 100) * Double.ulpOfOne
    guard let least = scales.min(), least > rounding else {
      throw Diagnostic(
        .rankDeficient, "the covariance of the fit rows has no inverse",
        fields: ["fit rows": "\(rows.rows)", "components": "\(variances.count)"],
        hint: "shrink it: { \"shrinkage\": \"auto\" }, or use `leading` components")
    }
    return scales
  }
}
