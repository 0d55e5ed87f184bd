import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Orders rows so that dense surroundings follow each other, and takes clusters from the valleys of that order.
///
/// The core distance of a row is that to the `minSamples`-th nearest row, itself counted. The walk goes on to the row
/// that is nearest to those visited (the first of equally near ones), where q is as far from p as the larger of their
/// distance and the core distance of p; from a row whose core distance is above `maxEps` it reaches none, and none
/// further away than `maxEps`. Where nothing is reached it starts anew from the first row left.
///
/// Clusters are valleys between steep slopes (`xi`), or what `dbscan` would find within a distance, but for border rows.
/// Other rows are noise, cluster −1: `ami`, `ari`, `nmi` and `silhouette` count them as one more cluster, `purity` and
/// `hungarian-accuracy` as wrong. There is no model that could be applied to other rows: every row takes part.
///
/// - Shapes: `features` n × d → `assignment` n, `reachability` n.
/// - Units: the distances of `reachability` in the features' u.
/// - Fits on: every row; at least `minSamples`.
/// - Cost: O(n² d) time, O(n d) memory.
/// - Errors: `tooFewRows`, `badShape`, `notFinite`, `outOfRange`.
/// - Source: Ankerst, Breunig, Kriegel, Sander, SIGMOD 1999, 49–60; Schubert, Gertz, LWDA 2018, 318–329 (the correction by
///   predecessors); ties and the ends of slopes as in scikit-learn's `OPTICS`.
struct OPTICS: Stage {
  struct Parameters: StageParameters {
    @Parameter("Which nearest row, itself counted, a row's core distance is taken to.", .atLeast(2))
    var minSamples = 5
    @Parameter("The largest distance between neighbours; null for any.", .above(0)) var maxEps: Double? = nil
    @Parameter("What clusters are taken from: steep slopes, or a distance.")
    var extraction = Extraction.xi(Extraction.Xi())

    var conflicts: [String] {
      guard case .dbscan(let cut) = extraction, let maxEps, cut.eps > maxEps else { return [] }
      return ["`eps` (\(cut.eps)) must not be more than `maxEps` (\(maxEps)): no row is further away"]
    }
  }
  enum Extraction: ParameterChoice {
    case xi(Xi)
    case dbscan(Cut)

    struct Xi: ParameterGroup {
      @Parameter("By what share distances fall or rise from row to row on a steep slope.", .between(0, 1))
      var steepness = 0.05
      @Parameter("Least rows of a cluster; null for minSamples.", .atLeast(2)) var minClusterSize: Int? = nil
      @Parameter("Whether a cluster ends where a row was reached from outside.")
      var predecessorCorrection = true
    }
    struct Cut: ParameterGroup {
      @Parameter("The distance within which rows are neighbours.", .above(0)) var eps = 0.5
    }
    static let cases: [ChoiceCase<Extraction>] = [
      .fields("xi", Extraction.xi), .fields("dbscan", Extraction.dbscan),
    ]
    var chosen: ChosenCase {
      switch self {
      case .xi(let xi): ChosenCase("xi", xi)
      case .dbscan(let cut): ChosenCase("dbscan", cut)
      }
    }
    static func == (a: Extraction, b: Extraction) -> Bool { a.json == b.json }
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports {
    var assignment: Assignment
    var reachability: Reachability
  }

  static let name = "optics"
  static let summary = "Orders rows by how dense their surroundings are and takes clusters from the valleys."
  static let kind = StageKind.clusterer
  static let revision = 1

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, minSamples) = (input.features, parameters.minSamples)
    try features.requireSize(rowsAtLeast: minSamples)
    try features.requireFiniteDistances()
    var walk = ReachabilityWalk(
      features.matrix, cores: try kDistances(of: features.matrix, k: minSamples - 1, context),
      maxEps: parameters.maxEps ?? .infinity)
    let reachability = try walk.run(context)
    return Output(assignment: clusters(of: reachability), reachability: reachability)
  }

  private func clusters(of reachability: Reachability) -> Assignment {
    switch parameters.extraction {
    case .dbscan(let cut): return reachability.clusters(within: cut.eps)
    case .xi(let xi):
      let slopes = SteepSlopes(
        reachability, steepness: xi.steepness, patience: parameters.minSamples,
        minClusterSize: xi.minClusterSize ?? parameters.minSamples,
        correctsPredecessors: xi.predecessorCorrection)
      return slopes.clusters
    }
  }
}

extension Reachability {
  /// The clusters that end where the walk goes further than a distance; a row reached from no nearer is noise unless it
  /// is dense.
  func clusters(within eps: Double) -> Assignment {
    var clusters = [Int32](repeating: -1, count: rows)
    var count: Int32 = 0
    for row in ordering.map({ Int($0) }) {
      if distances[row] < 0 || distances[row] > eps {
        guard coreDistances[row] >= 0, coreDistances[row] <= eps else { continue }
        count += 1
      }
      clusters[row] = count - 1
    }
    return Assignment(clusters: clusters, count: Int(count))
  }
}
