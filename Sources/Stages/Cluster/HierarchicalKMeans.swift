import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Groups rows by k-means, the centres by k-means again, and so on, so that at last the centres lie evenly over where
/// rows are and not where most rows are.
///
/// The points of the first level are the rows, those of each further level the centres of the one before. A level is
/// divided by Lloyd's iteration, the best of `starts`. Then, `steps` times, only `kept` points of each cluster are taken,
/// those nearest to its centre or random ones, k-means is run on these, and all points of the level go to the nearest of
/// the new centres: dense regions so lose their weight. A level that keeps a single point is not resampled; where the
/// points taken would be fewer than the clusters, one more of each cluster is. The cluster of a row is that of its
/// cluster's cluster, and so on.
///
/// - Shapes: `features` n × d → `assignment` n and `centroids` k × d of the last level, `levels` of all levels.
/// - Units: `features`, `centroids` and the distances of `levels` in u.
/// - Fits on: every row; at least as many as the first level has clusters.
/// - Cost: O((1 + steps) · starts · iterations · n d k) time for the first level's k, O(n d) memory.
/// - Errors: `tooFewRows`, `badShape`, `notFinite`, `outOfRange`.
/// - Source: Vo et al., arXiv:2405.15613, section 3.2.
struct HierarchicalKMeans: Stage {
  struct Parameters: StageParameters {
    @Parameter(
      "Number of clusters of each level, from the first on, each fewer than before.", .notEmpty, .atLeast(1))
    var levels = [30, 6]
    @Parameter("How often each level is resampled; 0 for never.", .atLeast(0)) var steps = 10
    @Parameter(
      "How many points of each cluster a resampling takes, by level, or one number for all; 1 for no resampling.",
      .notEmpty, .atLeast(1)) var kept = [2]
    @Parameter("Which points of a cluster a resampling takes.") var members = Members.closest
    @Parameter("Number of starts of each k-means; the best result is kept.", .atLeast(1)) var starts = 1
    @Parameter("How a start finds its first centres.") var seeding = Seeding.plusPlus
    @Parameter("Most iterations of a start.", .atLeast(1)) var iterations = 50

    var conflicts: [String] {
      var found: [String] = []
      if zip(levels, levels.dropFirst()).contains(where: { $0 <= $1 }) {
        found.append("each of `levels` must have fewer clusters than the one before")
      }
      if kept.count != 1 && kept.count != levels.count {
        found.append("`kept` takes one number, or one for each of the \(levels.count) levels")
      }
      return found
    }
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports {
    var assignment: Assignment
    var centroids: Matrix<Float>
    var levels: ClusterTree
  }

  static let name = "hierarchical-k-means"
  static let summary = "Groups rows by k-means, its centres by k-means again, and so on, with resampling."
  static let kind = StageKind.clusterer
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let features = input.features
    try features.requireRows(forClusters: parameters.levels[0])
    let random = RandomStream(seed: context.seed)
    var points = features.matrix
    var levels: [Assignment] = []
    var distances: [Double] = []
    for (number, clusters) in parameters.levels.enumerated() {
      let level = try divide(points, number, random.substream(UInt64(number)), context)
      if number == 0 { distances = level.distances }
      levels.append(Assignment(clusters: level.clusters, count: clusters))
      points = level.centroids
    }
    let tree = ClusterTree(levels: levels, distances: distances)
    return Output(assignment: tree.top, centroids: points, levels: tree)
  }

  /// Divides the points of one level.
  private func divide(
    _ points: Matrix<Float>, _ number: Int, _ random: RandomStream, _ context: StageContext
  ) throws(StageError) -> LevelClusters {
    let clusters = parameters.levels[number]
    let kept = parameters.kept.count == 1 ? parameters.kept[0] : parameters.kept[number]
    var level = try search(points, clusters, random.substream(0), context)
    guard kept > 1 else { return level }
    for step in 0..<parameters.steps {
      var stream = random.substream(UInt64(2 * step + 1))
      let rows = level.members.chosen(kept, atLeast: clusters, parameters.members, &stream)
      let found = try search(
        points.selecting(rows: rows), clusters, random.substream(UInt64(2 * step + 2)), context)
      level = try LevelClusters(points, nearest: found.centroids, context)
    }
    return level
  }

  /// k-means of some points.
  private func search(
    _ points: Matrix<Float>, _ clusters: Int, _ random: RandomStream, _ context: StageContext
  ) throws(StageError) -> LevelClusters {
    let table = CenteredRows(points)
    try table.requireFiniteDistances()
    let search = LloydStarts(
      clusters: clusters, starts: parameters.starts, seeding: parameters.seeding,
      iterations: parameters.iterations, shiftLimit: 0)
    let found = try search.best(of: table, random, context)
    return LevelClusters(points, clusters: found.clusters, centroids: table.uncentered(found.centroids))
  }
}

/// The points of a level and their clusters.
struct LevelClusters {
  let clusters: [Int32]
  let centroids: Matrix<Float>
  /// The distance of each point from the centre of its cluster.
  let distances: [Double]

  init(_ points: Matrix<Float>, clusters: [Int32], centroids: Matrix<Float>) {
    (self.clusters, self.centroids) = (clusters, centroids)
    distances = points.distances(to: centroids, of: clusters)
  }

  /// Every point in the cluster of its nearest centre.
  init(_ points: Matrix<Float>, nearest centroids: Matrix<Float>, _ context: StageContext) throws(StageError)
  {
    let found = try nearestCentres(points, centroids, context)
    self.init(points, clusters: found, centroids: centroids)
  }

  /// The points of each cluster.
  var members: ClusterMembers {
    ClusterMembers(Assignment(clusters: clusters, count: centroids.rows), distances: distances)
  }
}

private func nearestCentres(
  _ points: Matrix<Float>, _ centroids: Matrix<Float>, _ context: StageContext
) throws(StageError) -> [Int32] {
  try nearest(rows: points, to: centroids, stoppingAt: context.safePoint).index
}

extension Matrix<Float> {
  /// The distance of each row from the centre of its cluster; 0 for a row of cluster −1.
  func distances(to centroids: Matrix<Float>, of clusters: [Int32]) -> [Double] {
    let columns = columns
    return withPointer { rows in
      centroids.withPointer { centres in
        clusters.enumerated().map { row, cluster in
          guard cluster >= 0 else { return 0 }
          let square = Kernels.squaredDistance(
            rows + row * columns, centres + Int(cluster) * columns, count: columns)
          return square.squareRoot()
        }
      }
    }
  }
}
