import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Groups rows around centres as `k-means` does, approximately: from a few random rows at a time.
///
/// The rows are visited in batches, in a new random order for each pass. The rows of a batch go to their nearest centres
/// (the first of equally near ones); then each centre becomes the mean of all rows that ever went to it, so that it
/// moves less and less: c ← c + Σ(x − c) ÷ w, where w is their number. After every 10 · `clusters` rows each centre with
/// fewer rows than `reassignment` times the most starts anew from a random row of the batch, with the least number of
/// rows that any other centre has. The stage ends after `passes`, or when the inertia of a batch, smoothed
/// exponentially over about n rows, has not been lower than ever before for `patience` batches. At last each row gets
/// its nearest centre; a centre may have none.
///
/// The centres start from a sample of three batches, or three rows a cluster if these are more: from rows that k-means++
/// chooses, or k-means‖ for many clusters (as `seeding` of `k-means` is by default). Of `starts` the one with the least
/// inertia on another sample of that size goes on.
///
/// - Shapes: `features` n × d → `assignment` n, `centroids` k × d, `inertia` 1.
/// - Units: `features` and `centroids` in u; `inertia` in u².
/// - Fits on: every row; at least as many as clusters.
/// - Cost: O((n + batches · b) d k) time for batches of b rows, and O(starts · b d k log k) at most for the starts; O((b + k) d)
///   memory besides the output, but for 8 bytes a row.
/// - Errors: `tooFewRows`, `badShape`, `notFinite`, `outOfRange`.
/// - Source: Sculley, WWW 2010, 1177–1178; the reassignment and the end as in scikit-learn's MiniBatchKMeans.
struct MiniBatchKMeans: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of clusters.", .atLeast(1)) var clusters = 8
    @Parameter("Rows of a batch; null for 1024, or four times the clusters if these are more.", .atLeast(1))
    var batchSize: Int? = nil
    @Parameter("Number of random starts; the one that fits a sample best goes on.", .atLeast(1)) var starts =
      3
    @Parameter("Most passes over the rows.", .atLeast(1)) var passes = 100
    @Parameter("How many batches without a lower smoothed inertia end the stage.", .atLeast(1))
    var patience = 10
    @Parameter(
      "A centre that has fewer rows than this share of the most that any has starts anew; 0 for never.",
      .range(0...1)) var reassignment = 0.01
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports {
    var assignment: Assignment
    var centroids: Matrix<Float>
    var inertia: Measurement
  }

  static let name = "mini-batch-k-means"
  static let summary = "Groups rows around centres approximately, from a few random rows at a time."
  static let kind = StageKind.clusterer
  static let revision = 2

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, clusters) = (input.features, parameters.clusters)
    try features.requireSize(forClusters: clusters)
    try features.requireFiniteDistances()
    let table = CenteredTable(features.matrix)
    let batch = min(features.rows, parameters.batchSize ?? max(1024, 4 * clusters))
    let centroids = try FileMemory.readingScattered(features.matrix) { () throws(StageError) in
      var search = MiniBatchSearch(
        table, centroids: try start(table, batch, context), patience: parameters.patience,
        reassignment: parameters.reassignment)
      var random = RandomStream(seed: context.seed).substream(0)
      try search.run(batch: batch, passes: parameters.passes, &random, context)
      return search.centroids.adding(table.means)
    }
    let found = try assigned(features.matrix, to: centroids, context)
    return Output(
      assignment: Assignment(clusters: found.clusters, count: clusters), centroids: centroids,
      inertia: Measurement(found.inertia))
  }

  /// Centres to start from: of several starts those with the least inertia on a sample.
  private func start(
    _ table: CenteredTable, _ batch: Int, _ context: StageContext
  ) throws(StageError) -> Matrix<Float> {
    let (rows, clusters) = (table.matrix.rows, parameters.clusters)
    let size = min(rows, 3 * max(batch, clusters))
    var random = RandomStream(seed: context.seed).substream(1)
    let sample = CenteredRows(table.rows(random.sample(size, of: rows)))
    let validation = parameters.starts == 1 ? nil : table.rows(random.sample(size, of: rows))
    var best: (centroids: Matrix<Float>, inertia: Double)?
    for number in 0..<max(1, parameters.starts) {
      var own = random.substream(UInt64(number))
      let seeds = try Seeding.auto.seeds(clusters, of: sample, &own, context)
      let centroids = sample.uncentered(sample.rows.selecting(rows: seeds))
      guard let validation else { return centroids }
      let inertia = try assigned(validation, to: centroids, context).inertia
      if inertia < best?.inertia ?? .infinity { best = (centroids, inertia) }
    }
    guard let best else { throw distancesNotFinite() }
    return best.centroids
  }
}
