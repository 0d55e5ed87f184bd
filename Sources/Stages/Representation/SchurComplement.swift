import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// How diverse features are beyond what paired features explain, such as images beyond their prompts.
///
/// With the covariances C (uncentred, divided by n) of both sides' feature maps of a kernel, of trace 1, the features' own
/// C_yy is the sum of the explained part C_yx (C_xx + r I)⁻¹ C_xy and of the rest, the Schur complement. Of the part's
/// eigenvalues λ the `entropy` is −Σ λ log(λ ÷ Σ λ), `vendi` its exponential, and `trace` Σ λ. Eigenvalues below
/// 10⁻¹⁰ count as 0. `rbf` is exact, by the kernel's values among all rows; `random-features` replaces it by waves,
/// [cos ωᵢ·x, sin ωᵢ·x] ÷ √count.
///
/// - Shapes: `features` and `other` n × d and n × e → one number.
/// - Units: nats for `entropy`, else none.
/// - Fits on: nothing; measured on every row.
/// - Cost: O(n p² + p³) time and O(n p) memory for maps to p dimensions; O(n³) and O(n²) for `rbf` and where n is less
///   than p.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`; `rankDeficient` for a row of zeros under `cosine`
///   or a side without values; `outOfRange` for more than 30,000 rows and columns.
/// - Source: Ospanov, Jalali, Farnia, arXiv:2412.18645.
struct SchurComplement: MeasureStage {
  enum Part: String, PlainChoice { case unexplained, explained, whole }
  enum Amount: String, PlainChoice { case entropy, vendi, trace }
  enum PairKernel: ParameterChoice {
    case cosine
    /// Divided by the mean squared length of the rows.
    case linear
    case rbf(Kernel.Width)
    case randomFeatures(Waves)
    static let cases: [ChoiceCase<PairKernel>] = [
      .plain("cosine", .cosine), .plain("linear", .linear), .fields("rbf", PairKernel.rbf),
      .fields("random-features", PairKernel.randomFeatures),
    ]
    var chosen: ChosenCase {
      switch self {
      case .cosine: "cosine"
      case .linear: "linear"
      case .rbf(let width): ChosenCase("rbf", width)
      case .randomFeatures(let waves): ChosenCase("random-features", waves)
      }
    }
  }
  struct Waves: ParameterGroup {
    @Parameter("γ of exp(−γ ‖x − y‖²); null for 1 ÷ number of columns.", .above(0)) var gamma: Double? = nil
    @Parameter("Number of frequencies, each a cosine and a sine.", .range(1...15_000)) var count = 256
  }
  struct Parameters: StageParameters {
    @Parameter("What of the features' diversity is measured.") var part = Part.unexplained
    @Parameter("Whether it is measured as an entropy, by its exponential, or by the trace alone.")
    var amount = Amount.entropy
    @Parameter("How alike two rows of one side are.") var kernel = PairKernel.cosine
    @Parameter(
      "The ridge r, added to the variances of the other features' map, whose sum is 1.", .range(0...1))
    var ridge = 1e-12
  }
  struct Input: Ports {
    var features: Features
    var other: Features
  }

  static let name = "schur-complement"
  static let summary = "How diverse features are beyond what paired features explain."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .neither)

  let parameters: Parameters
  var isRandom: Bool { if case .randomFeatures = parameters.kernel { true } else { false } }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    try requireEqualRows(input.other.rows, of: "other", toBe: input.features.rows, as: "features")
    let values: [Double]
    if case .rbf(let width) = parameters.kernel {
      let own = try kernel(input.features, width, context)
      values = try eigenvalues(own, explainedBy: kernel(input.other, width, context), context)
    } else {
      let (own, other) = (try map(input.features, context), try map(input.other, context))
      if own.rows < max(own.columns, other.columns) {
        let table = try gram(own, stoppingAt: context.safePoint)
        values = try eigenvalues(
          table, explainedBy: gram(other, stoppingAt: context.safePoint), context)
      } else {
        values = try eigenvalues(byColumnsOf: own, other, context)
      }
    }
    return MeasureOutput(amount(values))
  }

  private func amount(_ eigenvalues: [Double]) -> Double {
    let values = eigenvalues.filter { $0 > 1e-10 }
    let total = values.reduce(0, +)
    if parameters.amount == .trace { return eigenvalues.reduce(0, +) }
    let entropy = -values.reduce(0) { $0 + $1 * log($1 / total) }
    return parameters.amount == .vendi ? exp(entropy) : entropy
  }

  // MARK: Feature maps

  /// The values of the kernel among all rows of one side.
  private func kernel(
    _ features: Features, _ width: Kernel.Width, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    try features.requireSize()
    try features.requireFinite()
    try requireOrder(features.rows, of: "rows")
    let rows = RowBlocks(matrix: features.matrix, means: columnMeans(of: features.matrix)).whole
    return try KernelMatrix(.rbf(width), columns: features.columns, in: context).exact(rows)
  }

  /// The rows as the kernel maps them; their squared lengths are 1 on average.
  private func map(_ features: Features, _ context: StageContext) throws(StageError) -> Matrix<Double> {
    let (matrix, _) = try features.measuredRows(ofClass: nil, nil)
    switch parameters.kernel {
    case .cosine, .linear, .rbf:
      let scale = parameters.kernel == .cosine ? SimilarityScale.unit : .trace
      return try Similarities(matrix, rows: Array(0..<matrix.rows), .linear, scale, context).mapped
    case .randomFeatures(let waves): return try waves.map(matrix, context)
    }
  }

  // MARK: The two ways to the eigenvalues

  /// By the covariances of the maps' columns.
  private func eigenvalues(
    byColumnsOf own: Matrix<Double>, _ other: Matrix<Double>, _ context: StageContext
  ) throws(StageError) -> [Double] {
    try requireOrder(max(own.columns, other.columns), of: "columns")
    let share = 1 / Double(own.rows)
    var covariance = try crossProduct(own, stoppingAt: context.safePoint)
    covariance.multiply(by: share)
    if parameters.part != .whole {
      var otherCovariance = try crossProduct(other, stoppingAt: context.safePoint)
      otherCovariance.multiply(by: share)
      var cross = try crossProduct(other, own, stoppingAt: context.safePoint)
      cross.multiply(by: share)
      let pairs = try positiveEigenpairs(of: otherCovariance, size: own.rows, context)
      var images = try product(pairs.vectors, cross, stoppingAt: context.safePoint)
      images.scaleRows(
        by: pairs.values.map { $0 > 0 ? 1 / ($0 + parameters.ridge).squareRoot() : 0 })
      var explained = try crossProduct(images, stoppingAt: context.safePoint)
      if parameters.part == .explained {
        covariance = explained
      } else {
        explained.multiply(by: -1)
        covariance.add(explained)
      }
    }
    return try positiveEigenvalues(of: covariance, size: own.rows, context)
  }

  /// By the products of all pairs of rows, which have the same eigenvalues but for zeros.
  private func eigenvalues(
    _ own: Matrix<Double>, explainedBy other: Matrix<Double>, _ context: StageContext
  ) throws(StageError) -> [Double] {
    let rows = own.rows
    try requireOrder(rows, of: "rows")
    var table = own
    if parameters.part != .whole {
      let pairs = try positiveEigenpairs(of: other, size: rows, context)
      let shares = pairs.values.map { value in
        value > 0 ? value / (value + Double(rows) * parameters.ridge) : 0
      }
      let half = try product(pairs.vectors, own, stoppingAt: context.safePoint)
      table = try product(half, transposed: pairs.vectors, stoppingAt: context.safePoint)
      let weights = shares.map { (parameters.part == .explained ? $0 : 1 - $0).squareRoot() }
      table.scaleRows(by: weights)
      table.scaleColumns(by: weights)
    }
    table.multiply(by: 1 / Double(rows))
    return try positiveEigenvalues(of: table, size: rows, context)
  }
}

extension SchurComplement.Waves {
  /// [cos ωᵢ·x, sin ωᵢ·x] ÷ √count of each row x, with frequencies that depend on the seed and the number of columns.
  fileprivate func map(_ matrix: Matrix<Float>, _ context: StageContext) throws(StageError) -> Matrix<Double>
  {
    let gamma = gamma ?? 1 / Double(matrix.columns)
    let random = RandomStream(seed: context.seed)
    var frequencies = Matrix<Double>(rows: count, columns: matrix.columns)
    for wave in 0..<count {
      if wave % 256 == 0 { try context.checkCancelled() }
      var stream = random.substream(UInt64(wave))
      for column in 0..<matrix.columns {
        frequencies[wave, column] = (2 * gamma).squareRoot() * stream.normal()
      }
    }
    let phases = try product(
      RowBlocks(matrix: matrix).whole, transposed: frequencies, stoppingAt: context.safePoint)
    let (count, scale) = (count, 1 / Double(count).squareRoot())
    var mapped = Matrix<Double>(rows: matrix.rows, columns: 2 * count)
    try phases.withPointer { phases throws(StageError) in
      try mapped.mapRows(stoppingAt: context.safePoint) { row, number in
        for wave in 0..<count {
          row[wave] = scale * cos(phases[number * count + wave])
          row[count + wave] = scale * sin(phases[number * count + wave])
        }
      }
    }
    return mapped
  }
}

extension Matrix where Scalar == Double {
  /// Multiplies each element by a number.
  mutating func multiply(by factor: Double) {
    let count = count
    withMutablePointer { base in for index in 0..<count { base[index] *= factor } }
  }
}
