import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Maps rows to the leading principal components of the space that a kernel stands for.
///
/// With K the kernel among the fit rows, centred to K̃ = K − 1K − K1 + 1K1 (1 the matrix of 1 ÷ n) and K̃ = V Λ Vᵀ, a
/// fit row i becomes row i of V Λ^(1/2) and any other row k̃ᵀ V Λ^(−1/2) with its centred kernel values k̃. Each
/// component's fit row of largest magnitude is positive.
///
/// `dense` computes in double throughout, the other solvers in single precision:
/// - `iterative`: block Lanczos, whose pairs have a residual ‖K̃v − λv‖ of at most `tolerance` times λ.
/// - `randomized`: a random block, multiplied by K̃ `iterations` + 1 times; with λ' the first eigenvalue behind the block
///   the error shrinks as (λ' ÷ λ)^(2 · `iterations` + 2). `residuals` holds ‖K̃v − λv‖ ÷ λ of what was found.
/// - `dual`: finds the dual variables H (n × k) that minimise ½‖H‖² + Ψ*(H) − Tr (HᵀK̃H)^(1/2), where Ψ* is 0 for the
///   `square` loss, whose components are those above; for `huber` it forbids rows (or entries) beyond κ, so that far
///   rows pull less, which matters where the kernel has no bound; for `epsilon-insensitive` it adds ε times the rows'
///   lengths (or the entries' magnitudes), so that rows (or entries) of H become 0. The square loss is minimised by
///   L-BFGS as far as rounding allows, then and for the other losses H ← prox(K̃H (HᵀK̃H)^(−1/2)) is repeated; both
///   end where that map moves H by at most `tolerance` times ‖H‖. Rows become k̃ᵀH (HᵀK̃H)^(−1/2), turned so that the
///   fit rows' scores are uncorrelated, and `spectrum` is their sums of squares. The losses other than the square have
///   local minima; the start depends on the rows' values alone, not on their order.
/// - `auto`: `iterative` from 700 fit rows on where the kernel is positive semi-definite and few components are
///   wanted, else `dense`.
///
/// Components must have an eigenvalue above 10⁻¹⁰ of the largest (10⁻⁶ in single precision, 3·10⁻⁴ by the dual): what
/// is below is rounding, or negative.
///
/// - Shapes: `features` n × d, `fitRows` n → `embedding` n × k, `spectrum` k; `randomized`: `residuals` 1 × k; `dual`:
///   `dual` n × k, rows of 0 for held-out rows.
/// - Units: `embedding` and `dual` in the square root of the kernel's unit, `spectrum` in that unit; its total is the
///   trace of K̃.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: O(m² (d + k)) time for m fit rows as a rule, O(m³) where dense; O(m²) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`, `tooManyComponents`, `notConverged`,
///   `outOfRange`.
/// - Source: Schölkopf, Smola, Müller, Neural Computation 10 (1998) 1299–1319; randomized: Halko, Martinsson, Tropp,
///   SIAM Rev. 53 (2011) 217–288; dual: Tonin, Lambert, Patrinos, Suykens, ICML 2023, arXiv:2306.05815.
struct KernelPCA: NestedStage {
  struct Parameters: StageParameters {
    @Parameter("Number of components.", .atLeast(1)) var components = 2
    @Parameter("What stands for the dot product of two rows.") var kernel = Kernel.rbf(Kernel.Width())
    @Parameter("How components are found.") var solver = Solver.auto
    var conflicts: [String] {
      guard let solver = solver.nameIfPositive, !kernel.isPositive else { return [] }
      return [
        "`solver` \(solver) needs a positive semi-definite kernel; take `dense` for this one"
      ]
    }
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var embedding: Features
    var spectrum: Spectrum
    var residuals: Matrix<Float>?
    var dual: Features?
  }

  static let name = "kernel-pca"
  static let summary = "Maps rows to the leading principal components of a kernel's space."
  static let kind = StageKind.reducer
  static let revision = 2
  static let nestedParameter = "components"
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  var isRandom: Bool { if case .randomized = parameters.solver { true } else { false } }
  /// Those of a loss other than the square depend on how many there are; those of the square are approximate.
  var isNested: Bool { if case .dual = parameters.solver { false } else { true } }
  var absentOutputs: Set<String> {
    switch parameters.solver {
    case .auto, .dense, .iterative: ["residuals", "dual"]
    case .randomized: ["dual"]
    case .dual: ["residuals"]
    }
  }

  func slice(_ fitted: Output) throws(StageError) -> Output {
    let count = parameters.components
    return Output(
      embedding: Features(fitted.embedding.matrix.prefix(columns: count)),
      spectrum: fitted.spectrum.prefix(count), residuals: fitted.residuals?.prefix(columns: count),
      dual: fitted.dual.map { Features($0.matrix.prefix(columns: count)) })
  }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let features = input.features
    let fitted = try features.fitIndices(input.fitRows, atLeast: 2)
    try features.requireFinite()
    let count = parameters.components
    guard count < fitted.count else {
      throw tooMany(fields: ["components": "\(count)", "fit rows": "\(fitted.count) of \(features.rows)"])
    }
    guard fitted.count <= PrincipalAxes.largestOrder else {
      throw Diagnostic(
        .outOfRange, "there are too many fit rows for a matrix of all their pairs",
        fields: ["fit rows": "\(fitted.count)", "allowed": "up to \(PrincipalAxes.largestOrder)"],
        hint: "fit on fewer rows, or reduce with `pca`")
    }
    let rows = Rows(features.matrix, fitted, input.fitRows?.heldOutRows ?? [], parameters.kernel)
    switch solver(rows: fitted.count) {
    case .auto, .dense: return try exact(rows, context)
    case let solver: return try quick(rows, solver, context)
    }
  }

  /// The solver that answers for that many fit rows.
  private func solver(rows: Int) -> Solver {
    guard case .auto = parameters.solver else { return parameters.solver }
    return rows >= 700 && parameters.components <= rows / 8 && parameters.kernel.isPositive
      ? .iterative(Solver.Iterative()) : .dense
  }

  private func quick(
    _ rows: Rows, _ solver: Solver, _ context: StageContext
  ) throws(StageError) -> Output {
    let kernel = KernelMatrix(parameters.kernel, columns: rows.fit.columns, in: context)
    var gram = try kernel.quick(among: rows.fit)
    let centering = try KernelCentering(&gram.matrix, rowSums: gram.rowSums, in: context)
    var (residuals, dual): (Matrix<Float>?, Matrix<Float>?)
    let components: KernelComponents<Float>
    switch solver {
    case .dual(let settings):
      let found = try DualKernelPCA(gram.matrix, settings, parameters.components, in: context)
        .solve(startingFrom: rows.fit)
      (components, dual) = (found.components, found.dual)
      try requirePositive(components.values, relative: 1e-6)
    case .randomized(let settings):
      let width = min(rows.fitted.count, parameters.components + settings.oversampling)
      let start = scatteredNumbers(rows.fit, count: width, seed: context.seed)
      let found = try solving { () throws(LinearAlgebraError) in
        try randomizedEigen(
          gram.matrix, start: start.transposed, count: parameters.components,
          powerIterations: settings.iterations, stoppingAt: context.arithmeticSafePoint)
      }
      components = try positive(found.pairs)
      residuals = Matrix(
        rows: 1, columns: found.residuals.count, elements: found.residuals.map { Float($0) })
    case .auto, .dense, .iterative:
      let tolerance = if case .iterative(let settings) = solver { settings.tolerance } else { 1e-4 }
      components = try positive(
        solving { () throws(LinearAlgebraError) in
          try topEigen(
            gram.matrix, count: parameters.components, tolerance: EigenTolerance(relative: tolerance),
            stoppingAt: context.arithmeticSafePoint)
        })
    }
    var output = try output(components, rows, centering) { block throws(StageError) in
      try kernel.quick(block, rows.fit)
    }
    output.residuals = residuals
    output.dual = dual.map { Features($0.spread(to: rows.fitted, of: rows.count)) }
    return output
  }

  private func exact(_ rows: Rows, _ context: StageContext) throws(StageError) -> Output {
    let kernel = KernelMatrix(parameters.kernel, columns: rows.fit.columns, in: context)
    let fit = rows.fit.converted(to: Double.self)
    var gram = try kernel.exact(fit)
    let centering = try KernelCentering(&gram, in: context)
    var pairs = try solving { () throws(LinearAlgebraError) in
      try symmetricEigen(gram, top: parameters.components, stoppingAt: context.arithmeticSafePoint)
    }
    pairs.vectors.fixSigns()
    try requirePositive(pairs.values, relative: 1e-10)
    return try output(KernelComponents(pairs), rows, centering) { block throws(StageError) in
      try kernel.exact(block.converted(), fit)
    }
  }

  private func positive(_ pairs: EigenPairs<Float>) throws(StageError) -> KernelComponents<Float> {
    try requirePositive(pairs.values.map(Double.init), relative: 1e-6)
    return KernelComponents(pairs)
  }

  private func requirePositive(_ values: [Double], relative: Double) throws(StageError) {
    let positive = values.count { $0 > relative * max(0, values.first ?? 0) }
    if positive == values.count { return }
    throw tooMany(
      fields: ["components": "\(parameters.components)", "positive eigenvalues": "\(positive)"])
  }

  private func tooMany(fields: KeyValuePairs<String, String>) -> Diagnostic {
    Diagnostic(
      .tooManyComponents, "kernel PCA has fewer components than asked for", fields: fields,
      hint: "lower `components`")
  }

  private func solving<Result>(
    _ body: () throws(LinearAlgebraError) -> Result
  ) throws(StageError) -> Result {
    do throws(LinearAlgebraError) {
      return try body()
    } catch {
      throw error.stageError
    }
  }
}

extension KernelPCA {
  /// Fit rows and held-out rows; under the linear kernel about the mean, which changes nothing but rounding.
  struct Rows {
    let fitted: [Int]
    let heldOut: [Int]
    /// The features of the fit rows.
    let fit: Matrix<Float>
    private let matrix: Matrix<Float>
    private let means: [Double]?

    init(_ matrix: Matrix<Float>, _ fitted: [Int], _ heldOut: [Int], _ kernel: Kernel) {
      (self.matrix, self.fitted, self.heldOut) = (matrix, fitted, heldOut)
      if case .linear = kernel { means = columnMeans(of: matrix, rows: fitted) } else { means = nil }
      fit = Self.selected(matrix, fitted, means)
    }

    var count: Int { fitted.count + heldOut.count }

    /// Held-out rows in blocks whose kernel values with the fit rows are about 8 million.
    var blocks: [ArraySlice<Int>] {
      let size = max(512, (8 << 20) / fitted.count)
      return stride(from: 0, to: heldOut.count, by: size).map { heldOut[$0..<min(heldOut.count, $0 + size)] }
    }

    func features(of rows: ArraySlice<Int>) -> Matrix<Float> { Self.selected(matrix, Array(rows), means) }

    private static func selected(_ matrix: Matrix<Float>, _ rows: [Int], _ means: [Double]?) -> Matrix<Float>
    {
      if let means { return centered(matrix, rows: rows, means: means) }
      return rows.count == matrix.rows ? matrix : matrix.selecting(rows: rows)
    }
  }

  /// Puts the scores of fit rows and held-out rows into the order of the rows; those of held-out rows are computed
  /// in blocks.
  ///
  /// - Parameter values: the kernel of some rows with each fit row.
  private func output<Scalar: MatrixScalar>(
    _ components: KernelComponents<Scalar>, _ rows: Rows, _ centering: KernelCentering<Scalar>,
    values: (Matrix<Float>) throws(StageError) -> Matrix<Scalar>
  ) throws(StageError) -> Output {
    let count = components.values.count
    var embedding = components.scores.transposed.converted(to: Float.self).spread(
      to: rows.fitted, of: rows.count)
    for block in rows.blocks {
      let scores = try centering.scores(of: values(rows.features(of: block)), along: components.directions)
      embedding.withMutablePointer { target in
        scores.withPointer { scores in
          for (position, row) in block.enumerated() {
            for index in 0..<count { target[row * count + index] = Float(scores[position * count + index]) }
          }
        }
      }
    }
    return Output(
      embedding: try embedding.finiteFeatures(),
      spectrum: Spectrum(values: components.values, total: centering.trace))
  }
}

extension Matrix<Float> {
  /// Its rows as these rows of a matrix of `count` rows; the others are 0.
  fileprivate func spread(to rows: [Int], of count: Int) -> Matrix {
    if rows.count == count { return self }
    var result = Matrix(rows: count, columns: columns)
    result.withMutablePointer { target in
      withPointer { source in
        for (position, row) in rows.enumerated() {
          (target + row * columns).update(from: source + position * columns, count: columns)
        }
      }
    }
    return result
  }
}
