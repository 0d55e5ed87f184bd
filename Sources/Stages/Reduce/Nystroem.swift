import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Maps rows so that their dot products are about the values of a kernel, by its values with a few landmarks.
///
/// With K the kernel among m landmarks and k(x) that of a row with each of them, `features` are
/// z(x) = K^(−1/2) k(x), so that z(x)·z(y) ≈ k(x, y), exact where x or y is a landmark. `components` are the leading
/// principal components of z: about those of `kernel-pca`, and the same where every fit row is a landmark. They are
/// centred about the mean of z over all fit rows, not over the landmarks; each has its fit row of largest magnitude
/// positive. The linear kernel is taken about the mean of the fit rows for them. Eigenvalues of K of 10⁻⁶ of the largest
/// and less are left out.
///
/// Landmarks are fit rows that are drawn evenly, each once, or the centres of five iterations of k-means from such rows,
/// over at most 20 fit rows a landmark.
///
/// - Shapes: `features` n × d, `fitRows` n → `embedding` n × k, `landmarks` m × d; for components `spectrum` k, for
///   features k = m.
/// - Units: `embedding` in the square root of the kernel's unit, `spectrum` in that unit, its total is the trace of the
///   centred approximation over the fit rows; `landmarks` in the features' u.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least as many as landmarks.
/// - Cost: O(n m (d + k) + m³) time and O(m² + n k) memory; components O(f m²) more time for f fit rows, and f m numbers
///   that are computed twice where they do not fit into the memory budget (4 GB if there is none).
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`, `tooManyComponents`, `rankDeficient`,
///   `outOfRange`.
/// - Source: Williams, Seeger, NIPS 13 (2001); centres as landmarks: Zhang, Tsang, Kwok, ICML 2008.
struct Nystroem: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of columns of the result.", .atLeast(1)) var components = 32
    @Parameter("What stands for the dot product of two rows.") var kernel = Kernel.rbf(Kernel.Width())
    @Parameter("What the columns are: features of the kernel, or their leading principal components.")
    var form = Form.features
    @Parameter("What the landmarks are: fit rows drawn evenly, or centres of k-means.")
    var selection = Selection.uniform

    var conflicts: [String] {
      var found: [String] = []
      if !kernel.isPositive {
        found.append("`kernel` must be positive semi-definite: no real features have others as dot products")
      }
      if let landmarks = form.landmarks, landmarks < components {
        found.append("`landmarks` (\(landmarks)) must not be fewer than `components` (\(components))")
      }
      return found
    }
  }
  enum Form: ParameterChoice {
    case features
    case components(Components)
    struct Components: ParameterGroup {
      @Parameter(
        "Number of landmarks; null for ten times the components, at least 300, as far as there are fit rows.",
        .atLeast(1)) var landmarks: Int? = nil
    }
    static let cases: [ChoiceCase<Form>] = [
      .plain("features", .features), .fields("components", Form.components),
    ]
    var chosen: ChosenCase {
      switch self {
      case .features: "features"
      case .components(let components): ChosenCase("components", components)
      }
    }
    /// The number of landmarks if it was given.
    var landmarks: Int? {
      if case .components(let components) = self { components.landmarks } else { nil }
    }
  }
  enum Selection: String, PlainChoice {
    case uniform
    case kMeans = "k-means"
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var embedding: Features
    var landmarks: Matrix<Float>
    var spectrum: Spectrum?
  }

  static let name = "nystroem"
  static let summary =
    "Maps rows so that their dot products are about a kernel, by its values with landmarks."
  static let kind = StageKind.reducer
  static let revision = 1
  static let traits: Set<StageTrait> = [.fitsOnFitRows]

  let parameters: Parameters
  var isRandom: Bool { true }
  var absentOutputs: Set<String> { if case .features = parameters.form { ["spectrum"] } else { [] } }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let fitted = try input.features.fitIndices(input.fitRows)
    try input.features.requireFinite()
    let count = landmarkCount(fitRows: fitted.count)
    try require(count, landmarksAmong: fitted.count, of: input.features.rows)
    let matrix = input.features.matrix
    let landmarks = try Landmarks(matrix, fitted, context).choose(count, parameters.selection)
    return try output(matrix, fitted, input.fitRows?.heldOutRows ?? [], landmarks, context)
  }

  /// The result for these landmarks.
  func output(
    _ matrix: Matrix<Float>, _ fitted: [Int], _ heldOut: [Int], _ landmarks: Matrix<Float>,
    _ context: StageContext
  ) throws(StageError) -> Output {
    switch parameters.form {
    case .features:
      let map = try LandmarkMap(parameters.kernel, landmarks: landmarks, in: context)
      return Output(embedding: try features(matrix, map, context), landmarks: landmarks)
    case .components:
      let components = try NystroemComponents(
        parameters.kernel, count: parameters.components, matrix, fitted, landmarks, context)
      let (embedding, spectrum) = try components.embed(heldOut)
      return Output(embedding: try embedding.finiteFeatures(), landmarks: landmarks, spectrum: spectrum)
    }
  }

  private func landmarkCount(fitRows: Int) -> Int {
    switch parameters.form {
    case .features: parameters.components
    case .components(let form):
      form.landmarks ?? max(parameters.components, min(fitRows, max(300, 10 * parameters.components)))
    }
  }

  private func require(_ count: Int, landmarksAmong fitRows: Int, of rows: Int) throws(StageError) {
    guard count <= fitRows else {
      throw Diagnostic(
        .tooFewRows, "there are fewer fit rows than landmarks",
        fields: ["fit rows": "\(fitRows) of \(rows)", "landmarks": "\(count)"],
        hint: "lower `\(parameters.form.landmarks == nil ? "components" : "landmarks")`")
    }
    guard count <= PrincipalAxes.largestOrder else {
      throw Diagnostic(
        .outOfRange, "there are too many landmarks for a matrix of all their pairs",
        fields: ["landmarks": "\(count)", "allowed": "up to \(PrincipalAxes.largestOrder)"],
        hint: "lower `\(parameters.form.landmarks == nil ? "components" : "landmarks")`")
    }
  }

  private func features(
    _ matrix: Matrix<Float>, _ map: LandmarkMap, _ context: StageContext
  ) throws(StageError) -> Features {
    let root = try map.inverseRoot().converted(to: Float.self)
    let width = root.columns
    let result = Buffer<Float>(uninitialized: matrix.rows * width)
    let rows = Array(0..<matrix.rows)
    for start in stride(from: 0, to: rows.count, by: map.blockSize) {
      let block = rows[start..<min(rows.count, start + map.blockSize)]
      let part = try product(
        map.values(of: matrix, rows: block), transposed: root, stoppingAt: context.safePoint)
      part.withPointer { (result.base + start * width).update(from: $0, count: part.count) }
    }
    return try Matrix(rows: rows.count, columns: width, buffer: result).finiteFeatures()
  }
}

/// How landmarks are chosen among fit rows.
private struct Landmarks {
  let matrix: Matrix<Float>
  let fitted: [Int]
  let context: StageContext
  private static let iterations = 5
  private static let rowsPerLandmark = 20

  init(_ matrix: Matrix<Float>, _ fitted: [Int], _ context: StageContext) {
    (self.matrix, self.fitted, self.context) = (matrix, fitted, context)
  }

  func choose(_ count: Int, _ selection: Nystroem.Selection) throws(StageError) -> Matrix<Float> {
    var random = RandomStream(seed: context.seed)
    let drawn = random.sample(count, of: fitted.count)
    switch selection {
    case .uniform: return matrix.selecting(rows: drawn.sorted().map { fitted[$0] })
    case .kMeans:
      let size = min(fitted.count, Self.rowsPerLandmark * count)
      // The first rows of the sample are where the centres start. As many more are drawn as it holds: enough, when
      // those that it holds already are left out.
      let started = Set(drawn)
      let rest = random.sample(size, of: fitted.count).filter { !started.contains($0) }
      let sample = drawn + rest.prefix(size - count)
      let table = CenteredRows(matrix.selecting(rows: sample.map { fitted[$0] }))
      try table.requireFiniteDistances()
      var search = LloydSearch(table, centroids: table.rows.selecting(rows: Array(0..<count)))
      return table.uncentered(
        try search.run(iterations: Self.iterations, shiftLimit: 0, context).centroids)
    }
  }
}
