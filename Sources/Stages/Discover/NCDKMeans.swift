import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Groups rows of novel classes by k-means that knows the centres of other classes.
///
/// The centre of a known class is the mean of its rows. The first centres of the novel classes are drawn one after
/// another from the novel rows, with probability in proportion to the squared distance (or the distance) from the
/// nearest centre so far, known or novel. Then Lloyd's iteration goes on until no row changes its centre and none moves;
/// `known` says whether the known centres take part in it. A centre without rows stays where it is. Of `starts` the one of
/// least inertia is kept. At last each novel row gets the nearest novel centre, as it is of no known class.
///
/// - Shapes: `features` n × d, `labels`, `known` n → `assignment` n, `centroids` (c + k) × d, `inertia` 1, for c known
///   classes: a known row keeps its class, counted from 0, a novel one has a cluster from c on.
/// - Units: `features` and `centroids` in u; `inertia` in u².
/// - Fits on: all rows; of novel rows the labels are not read.
/// - Cost: O(starts · iterations · n d (c + k)) time, O(n d) memory.
/// - Errors: `tooFewRows` (no known row, or fewer novel rows than clusters), `lengthMismatch`, `badShape`, `notFinite`,
///   `outOfRange`.
/// - Source: Troisemaine et al., Data Min. Knowl. Discov. (2024), doi 10.1007/s10618-024-01025-y, whose code draws by the
///   distance, and lets novel centres converge alone.
struct NCDKMeans: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of novel classes.", .atLeast(1)) var clusters = 3
    @Parameter("Number of starts; the best result is kept.", .atLeast(1)) var starts = 10
    @Parameter("What is done with the centres of the known classes.") var known = KnownCentres.seed
    @Parameter("In proportion to what first centres are drawn.") var weight = SeedWeight.squaredDistance
    @Parameter("Most iterations of a start.", .atLeast(1)) var iterations = 300
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var known: RowMask
  }
  struct Output: Ports {
    var assignment: Assignment
    var centroids: Matrix<Float>
    var inertia: Measurement
  }

  static let name = "ncd-k-means"
  static let summary = "Groups rows of novel classes by k-means that knows the centres of other classes."
  static let kind = StageKind.discoverer
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let rows = try KnownAndNovelRows(
      input.features, input.labels, input.known, clusters: parameters.clusters)
    let table = CenteredRows(input.features.matrix)
    try table.requireFiniteDistances()
    let search = NovelCentres(
      clusters: parameters.clusters, starts: parameters.starts, iterations: parameters.iterations,
      known: parameters.known, weight: parameters.weight)
    let found = try search.search(table.rows, rows, RandomStream(seed: context.seed), context)
    return Output(
      assignment: rows.assignment(found.assignment, count: parameters.clusters),
      centroids: table.uncentered(found.centroids), inertia: Measurement(found.inertia))
  }
}
