import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Maps rows so that their dot products are about the values of a kernel, by random waves.
///
/// A row x becomes √(2 ÷ k) · cos(ωⱼ·x + bⱼ) for j = 1 … k, with bⱼ even in [0, 2π) and ωⱼ drawn from the kernel's
/// Fourier transform: for `rbf` with variance 2γ in each coordinate, normally; for `laplacian` from Cauchy's
/// distribution of width γ in each. The dot product of two rows then has the kernel's value as its mean; its standard
/// deviation is at most 1 ÷ √k. `orthogonal` frequencies of `rbf` are at right angles in groups of as many as there are
/// columns: each has the same distribution as before, together they err less. Wave j depends on the seed and j alone:
/// the result for fewer components is, but for the factor, the beginning of that for more.
///
/// - Shapes: `features` n × d → `embedding` n × k.
/// - Units: `embedding` has none.
/// - Fits on: nothing.
/// - Cost: O(n d k) time and O(d k) memory besides the output; orthogonal frequencies O(d² k) more time.
/// - Errors: `tooFewRows`, `badShape`, `notFinite`, `outOfRange` where a row is so large that its waves overflow Float32.
/// - Source: Rahimi, Recht, NIPS 20 (2007); orthogonal: Yu et al., NIPS 29 (2016).
struct RandomFeatures: NestedStage {
  struct Parameters: StageParameters {
    @Parameter("Number of random waves, each a column of the result.", .atLeast(1)) var components = 32
    @Parameter("What stands for the dot product of two rows.") var kernel = WaveKernel.rbf(Gaussian())
  }
  /// The kernels that depend on the difference of two rows alone, as the kernels of the same name.
  enum WaveKernel: ParameterChoice {
    case rbf(Gaussian)
    case laplacian(Kernel.Width)
    static let cases: [ChoiceCase<WaveKernel>] = [
      .fields("rbf", WaveKernel.rbf), .fields("laplacian", WaveKernel.laplacian),
    ]
    var chosen: ChosenCase {
      switch self {
      case .rbf(let gaussian): ChosenCase("rbf", gaussian)
      case .laplacian(let width): ChosenCase("laplacian", width)
      }
    }
    /// γ for rows of that many columns, as for every kernel.
    func gamma(columns: Int) -> Double {
      switch self {
      case .rbf(let gaussian): gaussian.gamma ?? 1 / Double(max(1, columns))
      case .laplacian(let width): Kernel.laplacian(width).gamma(columns: columns)
      }
    }
  }
  struct Gaussian: ParameterGroup {
    @Parameter("γ, the inverse width; null for 1 ÷ number of columns.", .above(0)) var gamma: Double? = nil
    @Parameter("Whether frequencies are at right angles to each other.") var orthogonal = false
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports { var embedding: Features }

  static let name = "random-features"
  static let summary = "Maps rows so that their dot products are about a kernel, by random waves."
  static let kind = StageKind.reducer
  static let revision = 1
  static let nestedParameter = "components"
  static let traits: Set<StageTrait> = [.rowWise]

  let parameters: Parameters
  var isRandom: Bool { true }

  func slice(_ fitted: Output) throws(StageError) -> Output {
    let count = parameters.components
    var embedding = fitted.embedding.matrix.prefix(columns: count)
    let factor = Float((Double(fitted.embedding.columns) / Double(count)).squareRoot())
    embedding.scaleColumns(by: [Float](repeating: factor, count: count))
    return Output(embedding: Features(embedding))
  }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try input.features.requireSize()
    try input.features.requireFinite()
    let waves = try waves(columns: input.features.columns, context)
    var embedding = try product(
      input.features.matrix, transposed: waves.frequencies, stoppingAt: context.safePoint)
    guard embedding.isFinite else {
      throw Diagnostic(
        .outOfRange, "a row is so large that its random waves go beyond the largest Float32",
        hint: "standardise the features first")
    }
    try embedding.cosineOfTurns(
      phases: waves.phases, scale: Float((2 / Double(parameters.components)).squareRoot()),
      stoppingAt: context.safePoint)
    return Output(embedding: Features(embedding))
  }

  /// The frequencies ωⱼ ÷ 2π and the phases bⱼ ÷ 2π: in turns, of which whole ones do not matter.
  func waves(
    columns: Int, _ context: StageContext
  ) throws(StageError) -> (frequencies: Matrix<Float>, phases: [Float]) {
    let count = parameters.components
    let gamma = parameters.kernel.gamma(columns: columns)
    let random = RandomStream(seed: context.seed)
    var phases = [Float](repeating: 0, count: count)
    var lengths = [Double](repeating: 1, count: count)
    var frequencies = Matrix<Double>(rows: count, columns: columns)
    for wave in 0..<count {
      if wave % 256 == 0 { try context.checkCancelled() }
      var stream = random.substream(UInt64(wave))
      phases[wave] = Float(stream.uniform())
      for column in 0..<columns { frequencies[wave, column] = coordinate(&stream, gamma) / (2 * Double.pi) }
      lengths[wave] = (0..<columns).reduce(0.0) { sum, _ in
        let normal = stream.normal()
        return sum + normal * normal
      }.squareRoot()
    }
    if case .rbf(let gaussian) = parameters.kernel, gaussian.orthogonal {
      frequencies = try orthogonal(frequencies, context)
      let scale = (2 * gamma).squareRoot() / (2 * Double.pi)
      frequencies.scaleRows(by: lengths.map { $0 * scale })
    }
    return (frequencies.converted(to: Float.self), phases)
  }

  private func coordinate(_ stream: inout RandomStream, _ gamma: Double) -> Double {
    switch parameters.kernel {
    case .rbf: (2 * gamma).squareRoot() * stream.normal()
    case .laplacian: gamma * tan(Double.pi * (stream.uniform() - 0.5))
    }
  }

  /// Unit vectors at right angles, in groups of as many as there are columns, that span what the frequencies span.
  private func orthogonal(
    _ frequencies: Matrix<Double>, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    let (count, columns) = (frequencies.rows, frequencies.columns)
    var result = frequencies
    for start in stride(from: 0, to: count, by: columns) {
      let rows = Array(start..<min(count, start + columns))
      let basis: Matrix<Double>
      do throws(LinearAlgebraError) {
        basis = try orthonormalRows(
          frequencies.selecting(rows: rows), stoppingAt: context.arithmeticSafePoint)
      } catch {
        throw error.stageError
      }
      result.withMutablePointer { target in
        basis.withPointer { (target + start * columns).update(from: $0, count: basis.count) }
      }
    }
    return result
  }
}
