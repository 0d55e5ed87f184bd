import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Groups rows around centres so that the sum of squared distances to the nearest centre is small.
///
/// Lloyd's iteration: each row goes to its nearest centre (the first of equally near ones), each centre to the mean of
/// its rows, until no row changes its cluster or the centres move by less than `tolerance` times the mean variance of
/// the columns (Σ of squared moves). It is started `starts` times from rows that k-means++ or k-means‖ chooses
/// (`seeding`) and the result of least inertia is kept, the first of equal ones. A cluster that loses all its rows takes
/// the row that is farthest from its centre. Where there are fewer different rows than clusters, some clusters stay
/// empty.
///
/// - Shapes: `features` n × d → `assignment` n, `centroids` k × d, `inertia` 1.
/// - Units: `features` and `centroids` in u; `inertia` in u².
/// - Fits on: every row; at least as many as clusters.
/// - Cost: O(starts · iterations · n d k) time, O(n d) memory.
/// - Errors: `tooFewRows`, `badShape`, `notFinite`, `outOfRange`.
/// - Source: Lloyd, IEEE Trans. Inf. Theory 28 (1982) 129–137; Arthur, Vassilvitskii, SODA 2007; Bahmani et al., PVLDB 5
///   (2012) 622–633.
struct KMeans: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of clusters.", .atLeast(1)) var clusters = 8
    @Parameter("Number of starts from random centres; the best result is kept.", .atLeast(1)) var starts = 3
    @Parameter(
      "How a start finds its first centres; auto is plus-plus below 256 clusters, else scalable."
    )
    var seeding = Seeding.auto
    @Parameter("Most iterations of a start.", .atLeast(1)) var iterations = 300
    @Parameter(
      "A start ends when the squared moves of the centres add up to less, as a share of the mean column variance.",
      .atLeast(0)) var tolerance = 1e-4
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports {
    var assignment: Assignment
    var centroids: Matrix<Float>
    var inertia: Measurement
  }

  static let name = "k-means"
  static let summary = "Groups rows around centres by Lloyd's iteration from k-means++ starts."
  static let kind = StageKind.clusterer
  static let revision = 2

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, clusters) = (input.features, parameters.clusters)
    try features.requireRows(forClusters: clusters)
    let table = CenteredRows(features.matrix)
    try table.requireFiniteDistances()
    let search = LloydStarts(
      clusters: clusters, starts: parameters.starts, seeding: parameters.seeding,
      iterations: parameters.iterations, shiftLimit: parameters.tolerance * table.meanVariance)
    let best = try search.best(of: table, RandomStream(seed: context.seed), context)
    return Output(
      assignment: Assignment(clusters: best.clusters, count: clusters),
      centroids: table.uncentered(best.centroids), inertia: Measurement(best.inertia))
  }
}
