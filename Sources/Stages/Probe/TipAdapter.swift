import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Predicts by the texts of the classes together with a cache of the fit rows.
///
/// The score of class c for a row x is 100 · x · text + α Σ exp(−β (1 − cosine(x, f))) over the fit rows f of the class. α
/// and β are fixed, or the pair of a grid that gets most of the validation rows right: rows that are neither fitted on
/// nor tested. The grid has β = 0.1 + i (`sharpness` − 0.1) ÷ `sharpnessSteps` and α likewise; of pairs that are equally
/// good the first counts, β being the outer loop. Rows should have length 1.
///
/// - Shapes: `features` n × d, `labels` n of c classes, `texts` c × d, `fitRows` n → `predictions` n, `alpha` 1, `beta` 1.
/// - Units: none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least two classes among them.
/// - Cost: O(n m (d + 1)) time for m fit rows, and O(v (m s + c s t)) for v validation rows and s × t pairs; O(m d) memory.
/// - Errors: `lengthMismatch`, `tooFewRows` (also without validation rows to choose on), `tooFewClasses`, `badShape`,
///   `notFinite`.
/// - Source: Zhang et al., Tip-Adapter, ECCV 2022, without training, and the search of its code.
///
///     "probe": [ { "tip-adapter": { "cache": "chosen" } } ]
struct TipAdapter: Stage {
  /// How much the cache counts and how near its rows must be.
  enum Cache: ParameterChoice {
    case fixed(Pair)
    case chosen(Grid)
    struct Pair: ParameterGroup {
      @Parameter("α: how much the cache counts.", .atLeast(0)) var weight = 1.0
      @Parameter("β: how near a fit row must be to count.", .atLeast(0)) var sharpness = 5.5
    }
    struct Grid: ParameterGroup {
      @Parameter("The α that the grid ends before.", .above(0.1)) var weight = 3.0
      @Parameter("How many α are tried.", .range(1...1000)) var weightSteps = 20
      @Parameter("The β that the grid ends before.", .above(0.1)) var sharpness = 7.0
      @Parameter("How many β are tried.", .range(1...1000)) var sharpnessSteps = 200
    }
    static let cases: [ChoiceCase<Cache>] = [.fields("fixed", Cache.fixed), .fields("chosen", Cache.chosen)]
    var chosen: ChosenCase {
      switch self {
      case .fixed(let pair): ChosenCase("fixed", pair)
      case .chosen(let grid): ChosenCase("chosen", grid)
      }
    }
  }
  struct Parameters: StageParameters {
    @Parameter("α and β: fixed, or chosen on validation rows.") var cache = Cache.fixed(Cache.Pair())
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var texts: ClassTexts
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var predictions: Predictions
    var alpha: Measurement
    var beta: Measurement
  }

  static let name = "tip-adapter"
  static let summary = "Predicts by the texts of the classes together with a cache of the fit rows."
  static let kind = StageKind.probe
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels) = (input.features, input.labels)
    let classes = try FitClasses(features, labels, input.fitRows, for: "Tip-Adapter")
    let model = CacheModel(
      texts: try TextDirections(input.texts, labels, features).directions,
      cache: features.matrix.selecting(rows: classes.rows).unitRows,
      classOf: classes.rows.map { Int(labels.indices[$0]) })
    let pair: (alpha: Double, beta: Double)
    switch parameters.cache {
    case .fixed(let fixed): pair = (fixed.weight, fixed.sharpness)
    case .chosen(let grid):
      let rows = try ValidationRows(features, labels, input.fitRows)
      pair = try model.best(of: grid, on: rows, context)
    }
    let predicted = try model.predictions(features.matrix, pair.alpha, pair.beta, context)
    return Output(
      predictions: Predictions(classes: predicted, names: labels.names),
      alpha: Measurement(pair.alpha), beta: Measurement(pair.beta))
  }
}

/// Texts with a cache of labelled unit rows.
private struct CacheModel {
  /// Classes × columns.
  let texts: Matrix<Double>
  /// Unit rows.
  let cache: Matrix<Double>
  /// The class of each of them.
  let classOf: [Int]

  /// 100 times the products with the texts, and the cosines with the cache's rows.
  private func parts(
    of rows: Matrix<Float>, _ context: StageContext
  ) throws(StageError) -> (texts: Matrix<Double>, cosines: Matrix<Double>) {
    var products = try product(rows.converted(), transposed: texts, stoppingAt: context.safePoint)
    products.scaleRows(by: [Double](repeating: TextDirections.scale, count: products.rows))
    return (products, try product(rows.unitRows, transposed: cache, stoppingAt: context.safePoint))
  }

  /// Σ exp(−β (1 − cosine)) of each class for one row, added to `sums`.
  private func collect(_ cosines: Matrix<Double>, row: Int, beta: Double, into sums: inout [Double]) {
    for index in sums.indices { sums[index] = 0 }
    for (place, index) in classOf.enumerated() {
      sums[index] += exp(-beta * (1 - cosines[row, place]))
    }
  }

  /// The class of the largest score, the first of equal ones.
  private func largest(_ texts: Matrix<Double>, _ sums: [Double], row: Int, alpha: Double) -> Int {
    var (best, value) = (0, -Double.infinity)
    for index in sums.indices {
      let score = texts[row, index] + alpha * sums[index]
      if score > value { (best, value) = (index, score) }
    }
    return best
  }

  /// The predicted class of each row.
  func predictions(
    _ matrix: Matrix<Float>, _ alpha: Double, _ beta: Double, _ context: StageContext
  ) throws(StageError) -> [Int32] {
    var classes = [Int32](repeating: 0, count: matrix.rows)
    let block = max(64, (4 << 20) / max(1, cache.rows))
    for start in stride(from: 0, to: matrix.rows, by: block) {
      let rows = start..<min(matrix.rows, start + block)
      let (products, cosines) = try parts(of: matrix.selecting(rows: Array(rows)), context)
      let found = Buffer<Int32>(uninitialized: rows.count)
      try parallelFor((rows.count + 31) / 32, stoppingAt: context.safePoint) { tile in
        var sums = [Double](repeating: 0, count: texts.rows)
        for row in tile * 32..<min(rows.count, (tile + 1) * 32) {
          collect(cosines, row: row, beta: beta, into: &sums)
          found.base[row] = Int32(largest(products, sums, row: row, alpha: alpha))
        }
      }
      for row in rows { classes[row] = found.base[row - start] }
    }
    return classes
  }

  /// The first pair of the grid that gets most rows right.
  func best(
    of grid: TipAdapter.Cache.Grid, on rows: ValidationRows, _ context: StageContext
  ) throws(StageError) -> (alpha: Double, beta: Double) {
    let (products, cosines) = try parts(of: rows.features.matrix, context)
    let alphas = Self.steps(to: grid.weight, grid.weightSteps)
    let betas = Self.steps(to: grid.sharpness, grid.sharpnessSteps)
    let correct = Buffer<Int32>(repeating: 0, count: alphas.count * betas.count)
    try parallelFor(betas.count, stoppingAt: context.safePoint) { place in
      var sums = [Double](repeating: 0, count: texts.rows)
      for (row, truth) in rows.classes.enumerated() {
        if row % 64 == 0, context.shouldStop { return }
        collect(cosines, row: row, beta: betas[place], into: &sums)
        for (position, alpha) in alphas.enumerated()
        where largest(products, sums, row: row, alpha: alpha) == Int(truth) {
          correct.base[place * alphas.count + position] += 1
        }
      }
    }
    var best = 0
    for place in 0..<alphas.count * betas.count where correct.base[place] > correct.base[best] {
      best = place
    }
    return (alphas[best % alphas.count], betas[best / alphas.count])
  }

  private static func steps(to end: Double, _ count: Int) -> [Double] {
    (0..<count).map { 0.1 + Double($0) * (end - 0.1) / Double(count) }
  }
}

extension Matrix where Scalar == Float {
  /// The rows scaled to length 1 in double; a row of zeros stays one.
  fileprivate var unitRows: Matrix<Double> {
    var rows: Matrix<Double> = converted()
    rows.scaleRows(
      by: (0..<rows.rows).map { index in
        let square = withPointer { RowSums.squares($0 + index * columns, columns) }
        return square > 0 ? 1 / square.squareRoot() : 0
      })
    return rows
  }
}
