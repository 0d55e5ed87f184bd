import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Chooses as many rows of each cluster as of any other, or all where a cluster has fewer, level by level of a tree of
/// clusters.
///
/// A number T of rows is divided among clusters of sizes a_j by the largest whole c with Σ min(c, a_j) ≤ T: each gets
/// min(c, a_j), and those of T that are left go to random clusters with more than c rows, one each. The clusters of the
/// highest level share `rows` in this way, then the clusters within each of them share what it got, and so on down to
/// the first level, where rows are chosen. Where there are not more rows than are wanted, all are chosen. A clusterer
/// that makes no tree gives one level; rows that it leaves out as noise are not chosen.
///
/// - Shapes: `features` n × d, `assignment` n, `centroids` k × d, `levels` n → `sample` n.
/// - Units: none; the features are only read for `closest` of a clusterer without `levels`, whose clusters have their
///   means as centres where it gives no `centroids`.
/// - Fits on: every row.
/// - Cost: O(n log n + levels · k log n) time for k clusters, O(n) memory.
/// - Errors: `tooFewRows` if no row is in a cluster; `notFinite`, `badShape`, `lengthMismatch`.
/// - Source: Vo et al., arXiv:2405.15613, section 3.3.
struct BalancedSample: Stage {
  struct Parameters: StageParameters {
    @Parameter("How many rows are chosen.", .atLeast(1)) var rows = 25
    @Parameter("Which rows of a cluster of the first level are chosen.") var members = Members.random
  }
  struct Input: Ports {
    var features: Features
    var assignment: Assignment
    var centroids: Matrix<Float>?
    var levels: ClusterTree?
  }
  struct Output: Ports { var sample: RowMask }

  static let name = "balanced-sample"
  static let summary = "Chooses rows evenly over clusters, level by level of a tree of clusters."
  static let kind = StageKind.sampler
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try requireClusteredRows(input)
    let levels = input.levels?.levels ?? [input.assignment]
    let distances = try distances(input)
    var draw = BalancedDraw(
      levels, distances: distances, members: parameters.members, RandomStream(seed: context.seed))
    guard draw.total > 0 else {
      throw Diagnostic(
        .tooFewRows, "no row is in a cluster", fields: ["rows": "\(input.features.rows)"],
        hint: "let the clusterer leave fewer rows out as noise")
    }
    try context.checkCancelled()
    var isChosen = [Bool](repeating: false, count: input.features.rows)
    for row in draw.rows(parameters.rows) { isChosen[row] = true }
    return Output(sample: RowMask(isChosen))
  }

  /// The distance of each row from the centre of its cluster, where that decides.
  private func distances(_ input: Input) throws(StageError) -> [Double] {
    let (matrix, assignment) = (input.features.matrix, input.assignment)
    if let tree = input.levels { return tree.distances }
    guard parameters.members == .closest else { return [] }
    guard let centroids = input.centroids else {
      let means = matrix.clusterMeans(of: assignment)
      return matrix.distances(to: means, of: assignment.clusters)
    }
    guard centroids.rows == assignment.count, centroids.columns == matrix.columns else {
      throw Diagnostic(
        .badShape, "the centres are not those of the clusters",
        fields: [
          "centroids": "\(centroids.rows) × \(centroids.columns)",
          "expected": "\(assignment.count) × \(matrix.columns)",
        ])
    }
    return matrix.distances(to: centroids, of: assignment.clusters)
  }

  private func requireClusteredRows(_ input: Input) throws(StageError) {
    let features = input.features
    try requireEqualRows(input.assignment.rows, of: "assignment", toBe: features.rows, as: "features")
    if let tree = input.levels {
      try requireEqualRows(tree.rows, of: "levels", toBe: features.rows, as: "features")
    }
    try features.requireSize()
    try features.requireFinite()
  }
}

/// Rows drawn evenly over a tree of clusters.
struct BalancedDraw {
  private let members: Members
  private var random: RandomStream
  /// The members of each cluster, level by level: rows at the first, clusters of the level below at the others.
  private let levels: [ClusterMembers]
  /// The rows in each cluster, level by level.
  private let sizes: [[Int]]

  /// - Parameter distances: of the rows from the centres of their first clusters; only read for the closest members.
  init(_ levels: [Assignment], distances: [Double], members: Members, _ random: RandomStream) {
    self.members = members
    self.random = random
    let lists = levels.enumerated().map { ClusterMembers($1, distances: $0 == 0 ? distances : []) }
    self.levels = lists
    var sizes: [[Int]] = []
    for level in lists {
      let below = sizes.last
      sizes.append(
        level.lists.map { list in below.map { below in list.reduce(0) { $0 + below[$1] } } ?? list.count })
    }
    self.sizes = sizes
  }

  /// The rows in all clusters.
  var total: Int { sizes.last?.reduce(0, +) ?? 0 }

  /// So many rows, or all where there are not more.
  mutating func rows(_ count: Int) -> [Int] {
    guard let top = sizes.last else { return [] }
    return rows(count, of: Array(top.indices), at: levels.count - 1)
  }

  /// Rows of some clusters of one level.
  private mutating func rows(_ count: Int, of clusters: [Int], at level: Int) -> [Int] {
    let shares = Self.shares(of: count, among: clusters.map { sizes[level][$0] }, &random)
    var found: [Int] = []
    for (cluster, share) in zip(clusters, shares) where share > 0 {
      if level == 0 {
        found += levels[0].chosen(share, of: cluster, members, &random)
      } else {
        found += rows(share, of: levels[level].lists[cluster], at: level - 1)
      }
    }
    return found
  }

  /// The largest whole number c with Σ min(c, size) ≤ count; the largest size where all together are not more.
  static func cut(of count: Int, among sizes: [Int]) -> Int {
    func taken(_ cut: Int) -> Int { sizes.reduce(0) { $0 + min(cut, $1) } }
    var (low, high) = (0, sizes.max() ?? 0)
    while low < high {
      let middle = (low + high + 1) / 2
      if taken(middle) <= count { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// How many each of some clusters gives; see the stage.
  static func shares(of count: Int, among sizes: [Int], _ random: inout RandomStream) -> [Int] {
    let cut = cut(of: count, among: sizes)
    var shares = sizes.map { min(cut, $0) }
    let open = sizes.indices.filter { sizes[$0] > cut }
    // Fewer than there are open clusters, or the cut would be larger.
    let rest = min(open.count, count - shares.reduce(0, +))
    for place in random.sample(rest, of: open.count) { shares[open[place]] += 1 }
    return shares
  }
}
