import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Joins the two nearest clusters, from single rows on, until as many are left as are asked for.
///
/// How near two clusters are is the linkage: `average`, `complete` and `single` take the mean, the largest and the
/// smallest Euclidean distance between a row of the one and a row of the other; `ward` takes √(2 ΔS), where ΔS is by how
/// much the sum of squared distances of rows to their cluster's mean rises. The hierarchy is exact: a chain of nearest
/// neighbours for the first three, a minimum spanning tree for `single`. All joins are in `tree`, so a sweep over
/// `clusters` joins once and cuts.
///
/// Of clusters at the same distance the chain goes on to the one it comes from, else to the one whose last row comes
/// first; joins at the same height stay in the order in which they are found. Clusters are numbered by their first rows.
/// There is no model that rows outside could be put into: every row is clustered, whatever a split holds out.
///
/// - Shapes: `features` n × d → `assignment` n, `tree` of n − 1 joins.
/// - Units: heights of `tree` in those of the features.
/// - Fits on: every row; at least as many as clusters.
/// - Cost: O(n² d) time; 4 n² bytes of memory, refused beyond the budget. `single` does with O(n d) where these are too
///   many.
/// - Errors: `tooFewRows`, `badShape`, `notFinite`, `outOfMemory`.
/// - Source: Ward, J. Am. Stat. Assoc. 58 (1963) 236–244; Murtagh, Comput. J. 26 (1983) 354–359; Gower, Ross, Appl. Stat.
///   18 (1969) 54–64; Müllner, arXiv:1109.2378.
struct Agglomerative: NestedStage {
  enum Linkage: String, PlainChoice { case ward, average, complete, single }
  struct Parameters: StageParameters {
    @Parameter("Number of clusters.", .atLeast(1)) var clusters = 2
    @Parameter("How near two clusters are: by what joining them costs, or by their rows' distances.")
    var linkage = Linkage.ward
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports {
    var assignment: Assignment
    var tree: MergeTree
  }

  static let name = "agglomerative"
  static let summary = "Joins the two nearest clusters, from single rows on, until few are left."
  static let kind = StageKind.clusterer
  static let revision = 1
  static let nestedParameter = "clusters"

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let features = input.features
    try features.requireRows(forClusters: parameters.clusters)
    let tree = MergeTree(rows: features.rows, joins: try joins(of: features.matrix, context))
    return Output(assignment: tree.cut(into: parameters.clusters), tree: tree)
  }

  func slice(_ fitted: Output) throws(StageError) -> Output {
    guard fitted.tree.rows >= parameters.clusters else {
      throw Diagnostic(.corruptObject, "the stored tree has fewer rows than there are clusters")
    }
    return Output(assignment: fitted.tree.cut(into: parameters.clusters), tree: fitted.tree)
  }

  private func joins(of matrix: Matrix<Float>, _ context: StageContext) throws(StageError) -> [Join] {
    let (needed, limit) = (ClusterDistances.byteCount(rows: matrix.rows), context.memoryLimit)
    let isTooLarge = needed > limit
    let rule: LinkageRule
    switch parameters.linkage {
    case .single:
      let distances =
        isTooLarge ? nil : try ClusterDistances(among: matrix, stoppingAt: context.safePoint)
      var search = SpanningTreeSearch(matrix, distances)
      return try search.joins(context)
    case .ward: rule = .ward
    case .average: rule = .average
    case .complete: rule = .complete
    }
    guard !isTooLarge else {
      throw Diagnostic(
        .outOfMemory, "the distances between all pairs of rows need more memory than this run may take",
        fields: [
          "rows": "\(matrix.rows)",
          "distances": "\(gigabytes(needed)), 8 bytes for each of \(needed / 8) pairs",
          "budget": gigabytes(limit),
        ], hint: "raise `--memory`, cluster fewer rows, or take the linkage `single`, which can do without")
    }
    var search = NeighborChain(try ClusterDistances(among: matrix, stoppingAt: context.safePoint), rule)
    return try search.joins(rows: matrix.rows, context)
  }
}
