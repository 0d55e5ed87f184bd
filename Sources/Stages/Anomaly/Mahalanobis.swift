import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Scores a row by its Mahalanobis distance from the mean of the fit rows.
///
/// The score is √((x − μ)ᵀ Σ⁻¹ (x − μ)) with mean μ and covariance Σ (divided by the number of fit rows). Σ is shrunk
/// towards a multiple of the identity, by Ledoit and Wolf's amount or by a fixed one; or it is not shrunk (`empirical`), or
/// holds the variances of the columns alone (`diagonal`, the standardised distance, to which a constant column gives its
/// difference as it is), or is left out (`identity`, the Euclidean distance). Before that, rows may be projected onto
/// principal components of the fit rows: the `leading` ones that explain a share of the variance, or the `trailing` ones
/// that are left beyond it (the component that crosses the share and the one before it belong to both). For Gaussian
/// rows the squared score follows χ² with as many degrees of freedom as `dimensions`, but for `identity`.
///
/// - Shapes: `features` n × d, `fitRows` n → `scores` n, `dimensions` 1 (the components that are used).
/// - Units: none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: O(m d² + d³ + n d²) time for m fit rows, O(n d + d²) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`, `outOfRange`; `rankDeficient` for a covariance
///   without an inverse.
/// - Source: Rippel, Mertens, Merhof, ICPR 2020; Ledoit, Wolf, J. Multivariate Analysis 88 (2004) 365–411.
struct Mahalanobis: Stage {
  enum Covariance: ParameterChoice {
    case ledoitWolf, empirical, diagonal, identity
    case shrunk(Fixed)
    struct Fixed: ParameterGroup {
      @Parameter("How much of the covariance is replaced, from 0 to 1.", .range(0...1)) var amount = 0.1
    }
    static let cases: [ChoiceCase<Covariance>] = [
      .plain("ledoit-wolf", .ledoitWolf), .plain("empirical", .empirical), .plain("diagonal", .diagonal),
      .plain("identity", .identity), .fields("shrunk", Covariance.shrunk),
    ]
    var chosen: ChosenCase {
      switch self {
      case .ledoitWolf: "ledoit-wolf"
      case .empirical: "empirical"
      case .diagonal: "diagonal"
      case .identity: "identity"
      case .shrunk(let fixed): ChosenCase("shrunk", fixed)
      }
    }
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
  }
  struct Parameters: StageParameters {
    @Parameter("What is taken for the covariance of the fit rows.") var covariance = Covariance.ledoitWolf
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
    let table: Matrix<Double>
    let scales: [Double]
    if let plain = try uncorrelated(input.features, rows, context) {
      (table, scales) = plain
    } else {
      let fit = try PrincipalAxes.byCovariance(
        of: input.features, rows: rows, count: input.features.columns, in: context)
      let range = used(of: fit.axes.variances)
      let axes = fit.axes.vectors.selecting(rows: Array(range))
      let centred = LinearAlgebra.centered(input.features.matrix, means: fit.means)
      table = try product(
        centred.converted(to: Double.self), transposed: axes, stoppingAt: context.safePoint)
      // Variances by the number of fit rows, as the estimators of the shrinkage have it.
      let ratio = Double(rows.count - 1) / Double(rows.count)
      scales = try estimated(
        range.map { fit.axes.variances[$0] * ratio }, table.selecting(rows: rows), context)
    }
    let values = (0..<table.rows).map { row in
      scales.indices.reduce(0.0) { $0 + table[row, $1] * table[row, $1] / scales[$1] }.squareRoot()
    }
    return Output(scores: Scores(values), dimensions: Measurement(Double(scales.count)))
  }

  /// The centred rows with a variance for each column, where columns count as uncorrelated; nil where they do not.
  private func uncorrelated(
    _ features: Features, _ rows: [Int], _ context: StageContext
  ) throws(StageError) -> (Matrix<Double>, [Double])? {
    guard case .all = parameters.components else { return nil }
    let matrix = features.matrix
    let means = columnMeans(of: matrix, rows: rows)
    let scales: [Double]
    switch parameters.covariance {
    case .identity: scales = [Double](repeating: 1, count: matrix.columns)
    case .diagonal: scales = Self.positive(columnVariances(of: matrix, rows: rows, means: means), means, rows)
    case .ledoitWolf, .empirical, .shrunk: return nil
    }
    try context.checkCancelled()
    return (LinearAlgebra.centered(matrix, means: means).converted(), scales)
  }

  /// Variances, 1 in place of one that is mere rounding.
  private static func positive(_ variances: [Double], _ means: [Double], _ rows: [Int]) -> [Double] {
    zip(variances, means).map { variance, mean in
      let rounding = Double(rows.count) * mean * .ulpOfOne
      return variance <= rounding * rounding ? 1 : variance
    }
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

  /// The variances of the components that are used, by the estimator.
  private func estimated(
    _ variances: [Double], _ rows: Matrix<Double>, _ context: StageContext
  ) throws(StageError) -> [Double] {
    let level = variances.reduce(0, +) / Double(variances.count)
    let amount: Double
    switch parameters.covariance {
    case .identity: return variances.map { _ in 1 }
    // Components are uncorrelated.
    case .empirical, .diagonal: amount = 0
    case .shrunk(let fixed): amount = fixed.amount
    case .ledoitWolf:
      guard let estimate = LedoitWolf(rows, context) else { throw StageContext.interruption }
      amount = estimate.amount
    }
    let scales = variances.map { (1 - amount) * $0 + amount * level }
    let rounding = (variances.first ?? 0) * Double(rows.rows + 100) * Double.ulpOfOne
    guard let least = scales.min(), least > rounding else {
      throw Diagnostic(
        .rankDeficient, "the covariance of the fit rows has no inverse",
        fields: ["fit rows": "\(rows.rows)", "components": "\(variances.count)"],
        hint: "shrink it: { \"covariance\": \"ledoit-wolf\" }, or use `leading` components")
    }
    return scales
  }
}
