import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Groups rows by a mixture of Gaussians.
///
/// Expectation and maximisation in turn: each row belongs to each component by the share that this has in its density;
/// then weights, means and covariances become those of the rows weighed by their shares, with `regularization` added to
/// each variance. A start begins with the clusters of `k-means` and ends when the mean logarithm of the density changes by
/// less than `tolerance`; of `starts` that of the highest density is kept, the first of equal ones. A row's cluster is the
/// component of its largest share, the first of equal ones: for a row that is not fitted on too.
///
/// All sums are in double. While it steps, products with `full` covariances are in single precision where that leaves the
/// logarithm of a row's density exact to about 1e-4 and `tolerance` asks for no more; what is given is computed in double.
///
/// - Shapes: `features` n × d, `fitRows` n → `assignment` n, `responsibilities` n × k, `weights` 1 × k, `centroids` k × d,
///   `covariances` (`full`: k · d × d, component after component; `tied`: d × d; `diagonal`: k × d; `spherical`: k × 1),
///   `logLikelihood`, `bic`, `aic`, `iterations` 1.
/// - Units: `centroids` in the features' u, `covariances` in u²; `logLikelihood` is the mean over the fit rows of the
///   logarithm of the density, in nats.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least as many as clusters.
/// - Cost: for m fit rows O(iterations · m k d² + k d³) time where covariances are `full`, O(iterations · m k d) where
///   they are not; O(m d + k d²) memory, the latter up to 16 times.
/// - Errors: `tooFewRows`, `lengthMismatch`, `badShape`, `notFinite`, `outOfRange`; `rankDeficient` where a covariance has
///   no inverse.
/// - Source: Dempster, Laird, Rubin, J. R. Stat. Soc. B 39 (1977) 1–38; parameters and ends as in scikit-learn's
///   `GaussianMixture`.
struct GaussianMixture: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of components.", .atLeast(1)) var clusters = 8
    @Parameter("What the covariances of the components have in common.") var covariance = CovarianceForm.full
    @Parameter("What is added to each variance, in the square of the features' unit.", .atLeast(0))
    var regularization = 1e-6
    @Parameter("Number of starts; the one of the highest density is kept.", .atLeast(1)) var starts = 1
    @Parameter("Most iterations of a start.", .atLeast(1)) var iterations = 100
    @Parameter("A start ends when the mean logarithm of the density changes by less.", .atLeast(0))
    var tolerance = 1e-3
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var assignment: Assignment
    var responsibilities: Features
    var weights: Matrix<Double>
    var centroids: Matrix<Float>
    var covariances: Matrix<Double>
    var logLikelihood: Measurement
    var bic: Measurement
    var aic: Measurement
    var iterations: Measurement
  }

  static let name = "gmm"
  static let summary = "Groups rows by a mixture of Gaussians that is fitted by expectation and maximisation."
  static let kind = StageKind.clusterer
  static let revision = 1
  static let traits: Set<StageTrait> = [.fitsOnFitRows]

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let features = input.features
    let fitted = try features.fitIndices(input.fitRows)
    try features.requireFinite()
    let rows = input.fitRows == nil ? features.matrix : features.matrix.selecting(rows: fitted)
    try Features(rows).requireRows(forClusters: parameters.clusters)
    let search = try MixtureSearch(
      rows, components: parameters.clusters, form: parameters.covariance,
      regularization: parameters.regularization, context)
    var best = try start(0, rows, search, context)
    for number in 1..<max(1, parameters.starts) {
      let fit = try start(number, rows, search, context)
      if fit.bound > best.bound { best = fit }
    }
    if !best.converged { context.log("it did not converge within \(best.iterations) iterations") }
    return try output(best, search, features, fitted, context)
  }

  /// One start, from clusters of its own.
  private func start(
    _ number: Int, _ rows: Matrix<Float>, _ search: MixtureSearch, _ context: StageContext
  ) throws(StageError) -> MixtureFit {
    var random = RandomStream(seed: context.seed).substream(UInt64(number))
    var parameters = KMeans.Parameters()
    (parameters.clusters, parameters.starts) = (self.parameters.clusters, 1)
    let seeded = StageContext(
      seed: random.next(), memoryBudget: context.memoryBudget, isCancelled: { context.shouldStop })
    let found = try KMeans(parameters: parameters).run(.init(features: Features(rows)), in: seeded)
    let model = try search.start(
      clusters: found.assignment.clusters, centroids: found.centroids, context)
    return try search.fit(
      from: model, iterations: self.parameters.iterations, tolerance: self.parameters.tolerance, context)
  }

  private func output(
    _ fit: MixtureFit, _ search: MixtureSearch, _ features: Features, _ fitted: [Int],
    _ context: StageContext
  ) throws(StageError) -> Output {
    let (model, count) = (fit.model, Double(fitted.count))
    let found = try search.shares(of: features.matrix, under: model, context)
    let sum = fitted.reduce(0.0) { $0 + found.logDensities[$1] }
    let freedom = Double(model.freedom)
    return Output(
      assignment: Assignment(clusters: found.clusters, count: parameters.clusters),
      responsibilities: Features(found.shares),
      weights: Matrix(rows: 1, columns: model.components, elements: model.weights),
      centroids: search.uncentered(model.means), covariances: model.covariances,
      logLikelihood: Measurement(sum / count), bic: Measurement(freedom * log(count) - 2 * sum),
      aic: Measurement(2 * freedom - 2 * sum), iterations: Measurement(Double(fit.iterations)))
  }
}
