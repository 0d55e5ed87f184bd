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
/// `dense` computes in double throughout, `iterative` in single precision with block Lanczos, whose pairs have a
/// residual of at most `tolerance` times their eigenvalue; `auto` takes the latter from 700 fit rows on where
/// the kernel is positive semi-definite and few components are wanted. Components must have an eigenvalue above 10⁻¹⁰ of
/// the largest (10⁻⁶ in single precision): what is below is rounding, or negative.
///
/// - Shapes: `features` n × d, `fitRows` n → `embedding` n × k, `spectrum` k.
/// - Units: `embedding` in the square root of the kernel's unit, `spectrum` in that unit; its total is the trace of K̃.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 2.
/// - Cost: O(m² (d + k)) time for m fit rows as a rule, O(m³) where dense; O(m²) memory.
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`, `tooManyComponents`, `notConverged`,
///   `outOfRange`.
/// - Source: Schölkopf, Smola, Müller, Neural Computation 10 (1998) 1299–1319.
struct KernelPCA: NestedStage {
  struct Parameters: StageParameters {
    @Parameter("Number of components.", .atLeast(1)) var components = 2
    @Parameter("What stands for the dot product of two rows.") var kernel = Kernel.rbf(Kernel.Width())
    @Parameter("How eigenvectors are found.") var solver = Solver.auto
    var conflicts: [String] {
      guard case .iterative = solver, !kernel.isPositive else { return [] }
      return ["`solver` iterative needs a positive semi-definite kernel; take `dense` for this one"]
    }
  }
  enum Solver: ParameterChoice {
    case auto, dense
    case iterative(Iterative)
    struct Iterative: ParameterGroup {
      @Parameter("Largest residual of a pair, relative to its eigenvalue.", .between(0, 1)) var tolerance =
        1e-4
    }
    static let cases: [ChoiceCase<Solver>] = [
      .plain("auto", .auto), .plain("dense", .dense), .fields("iterative", Solver.iterative),
    ]
    var chosen: ChosenCase {
      switch self {
      case .auto: "auto"
      case .dense: "dense"
      case .iterative(let iterative): ChosenCase("iterative", iterative)
      }
    }
    static func == (a: Solver, b: Solver) -> Bool { a.json == b.json }
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var embedding: Features
    var spectrum: Spectrum
  }

  static let name = "kernel-pca"
  static let summary = "Maps rows to the leading principal components of a kernel's space."
  static let kind = StageKind.reducer
  static let revision = 1
  static let nestedParameter = "components"
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func slice(_ fitted: Output) throws(StageError) -> Output {
    let count = parameters.components
    return Output(
      embedding: Features(fitted.embedding.matrix.prefix(columns: count)),
      spectrum: fitted.spectrum.prefix(count))
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
    let heldOut = input.fitRows?.heldOutRows ?? []
    if let tolerance = iterativeTolerance(rows: fitted.count) {
      return try quick(features.matrix, fitted, heldOut, tolerance, context)
    }
    return try exact(features.matrix, fitted, heldOut, context)
  }

  /// The tolerance of the iterative solver; nil for the dense one.
  private func iterativeTolerance(rows: Int) -> Double? {
    switch parameters.solver {
    case .iterative(let iterative): iterative.tolerance
    case .dense: nil
    case .auto:
      rows >= 700 && parameters.components <= rows / 8 && parameters.kernel.isPositive
        ? Solver.Iterative().tolerance : nil
    }
  }

  private func quick(
    _ matrix: Matrix<Float>, _ fitted: [Int], _ heldOut: [Int], _ tolerance: Double, _ context: StageContext
  ) throws(StageError) -> Output {
    let kernel = KernelMatrix(parameters.kernel, columns: matrix.columns, in: context)
    let (fit, rest) = parts(of: matrix, fitted, heldOut)
    var gram = try kernel.quick(fit)
    let centering = try KernelCentering(&gram, in: context)
    let pairs = try solving { () throws(LinearAlgebraError) in
      try topEigen(
        gram, count: parameters.components, tolerance: EigenTolerance(relative: tolerance),
        stoppingAt: context.arithmeticSafePoint)
    }
    try requirePositive(pairs.values.map(Double.init), relative: 1e-6)
    let projected = rest.rows > 0 ? try centering.project(kernel.quick(rest, fit), pairs) : nil
    return try output(pairs, projected, fitted, heldOut, total: centering.trace)
  }

  private func exact(
    _ matrix: Matrix<Float>, _ fitted: [Int], _ heldOut: [Int], _ context: StageContext
  ) throws(StageError) -> Output {
    let kernel = KernelMatrix(parameters.kernel, columns: matrix.columns, in: context)
    let (fit, rest) = parts(of: matrix, fitted, heldOut)
    let exactFit = fit.converted(to: Double.self)
    var gram = try kernel.exact(exactFit)
    let centering = try KernelCentering(&gram, in: context)
    var pairs = try solving { () throws(LinearAlgebraError) in
      try symmetricEigen(gram, top: parameters.components, stoppingAt: context.arithmeticSafePoint)
    }
    pairs.vectors.fixSigns()
    try requirePositive(pairs.values, relative: 1e-10)
    let projected =
      rest.rows > 0 ? try centering.project(kernel.exact(rest.converted(), exactFit), pairs) : nil
    return try output(pairs, projected, fitted, heldOut, total: centering.trace)
  }

  /// Fit rows and held-out rows; under the linear kernel about the mean, which changes nothing but rounding.
  private func parts(
    of matrix: Matrix<Float>, _ fitted: [Int], _ heldOut: [Int]
  ) -> (fit: Matrix<Float>, rest: Matrix<Float>) {
    if case .linear = parameters.kernel {
      let means = columnMeans(of: matrix, rows: fitted)
      return (centered(matrix, rows: fitted, means: means), centered(matrix, rows: heldOut, means: means))
    }
    return (matrix.selecting(rows: fitted), matrix.selecting(rows: heldOut))
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

  private func solving<Scalar>(
    _ body: () throws(LinearAlgebraError) -> EigenPairs<Scalar>
  ) throws(StageError) -> EigenPairs<Scalar> {
    do throws(LinearAlgebraError) {
      return try body()
    } catch {
      throw error.stageError
    }
  }

  /// Puts the scores of fit rows and held-out rows into the order of the rows.
  private func output<Scalar: MatrixScalar>(
    _ pairs: EigenPairs<Scalar>, _ projected: Matrix<Scalar>?, _ fitted: [Int], _ heldOut: [Int],
    total: Double
  ) throws(StageError) -> Output {
    let count = pairs.values.count
    let scales = pairs.values.map { Double($0).squareRoot() }
    let embedding = Matrix<Float>(rows: fitted.count + heldOut.count, columns: count) { target in
      pairs.vectors.withPointer { vectors in
        for component in 0..<count {
          let vector = vectors + component * fitted.count
          for (position, row) in fitted.enumerated() {
            target[row * count + component] = Float(Double(vector[position]) * scales[component])
          }
        }
      }
      projected?.withPointer { scores in
        for (position, row) in heldOut.enumerated() {
          for index in 0..<count { target[row * count + index] = Float(scores[position * count + index]) }
        }
      }
    }
    return Output(
      embedding: try embedding.finiteFeatures(),
      spectrum: Spectrum(values: pairs.values.map(Double.init), total: total))
  }
}

/// The means of a kernel matrix among fit rows, which centre other rows too.
struct KernelCentering<Scalar: MatrixScalar> {
  private let means: [Scalar]
  private let mean: Scalar
  private let safePoint: SafePoint<StageError>
  /// The trace of the centred matrix.
  let trace: Double

  /// Centres the kernel matrix among the fit rows in place.
  init(_ gram: inout Matrix<Scalar>, in context: StageContext) throws(StageError) {
    safePoint = context.safePoint
    let exact = try Self.rowMeans(gram, safePoint)
    let mean = exact.reduce(0, +) / Double(max(1, exact.count))
    guard mean.isFinite else { throw kernelNotFinite(for: "these features") }
    let (means, middle) = (exact.map { Scalar($0) }, Scalar(mean))
    try gram.mapRows(stoppingAt: safePoint) { row, number in
      // The same sum for (i, j) and (j, i): the matrix stays symmetric.
      for index in row.indices { row[index] = row[index] - (means[number] + means[index]) + middle }
    }
    trace = exact.indices.reduce(0) { $0 + Double(gram[$1, $1]) }
    (self.means, self.mean) = (means, middle)
  }

  /// The scores of other rows from their kernel values with the fit rows: m × n and k pairs → m × k.
  func project(_ values: Matrix<Scalar>, _ pairs: EigenPairs<Scalar>) throws(StageError) -> Matrix<Scalar> {
    let own = try Self.rowMeans(values, safePoint)
    guard own.allSatisfy(\.isFinite) else { throw kernelNotFinite(for: "a held-out row") }
    var centred = values
    try centred.mapRows(stoppingAt: safePoint) { row, number in
      let offset = mean - Scalar(own[number])
      for index in row.indices { row[index] = row[index] - means[index] + offset }
    }
    var scores = try product(centred, transposed: pairs.vectors, stoppingAt: safePoint)
    scores.scaleColumns(by: pairs.values.map { 1 / $0.squareRoot() })
    return scores
  }

  /// The mean of each row, in double.
  private static func rowMeans(
    _ matrix: Matrix<Scalar>, _ safePoint: SafePoint<StageError>
  ) throws(StageError) -> [Double] {
    let columns = matrix.columns
    var means = [Double](repeating: 0, count: matrix.rows)
    matrix.withPointer { base in
      for row in means.indices where !safePoint.shouldStop {
        var lanes = SIMD8<Double>()
        let values = base + row * columns
        let whole = columns & ~7
        for index in stride(from: 0, to: whole, by: 8) {
          lanes += SIMD8<Double>(UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Scalar>.self))
        }
        means[row] = (whole..<columns).reduce(lanes.sum()) { $0 + Double(values[$1]) } / Double(columns)
      }
    }
    try safePoint.check()
    return means
  }
}
