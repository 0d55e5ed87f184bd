import Artifacts
import LinearAlgebra
import StageKit

/// Two clusters that become one, each named by one of its rows.
struct Join {
  var first: Int
  var second: Int
  /// How far apart they are.
  var height: Double
}

extension MergeTree {
  /// The tree of joins that are given in any order, those of one height in theirs.
  init(rows: Int, joins: [Join]) {
    let order = joins.indices.sorted { a, b in
      joins[a].height == joins[b].height ? a < b : joins[a].height < joins[b].height
    }
    // The node that a row or a node became part of last.
    var parents = Array(0..<max(0, 2 * rows - 1))
    func root(_ node: Int) -> Int {
      var top = node
      while parents[top] != top { top = parents[top] }
      var below = node
      while parents[below] != top { (below, parents[below]) = (parents[below], top) }
      return top
    }
    var merges: [Int32] = []
    merges.reserveCapacity(2 * joins.count)
    for (number, index) in order.enumerated() {
      let (a, b) = (root(joins[index].first), root(joins[index].second))
      (parents[a], parents[b]) = (rows + number, rows + number)
      merges += [Int32(min(a, b)), Int32(max(a, b))]
    }
    self.init(rows: rows, merges: merges, heights: order.map { joins[$0].height })
  }
}

/// A chain of clusters, each the nearest to the one before, whose last two are joined when they are nearest to each
/// other: the joins are those of the nearest pairs, in another order.
struct NeighborChain {
  private var distances: ClusterDistances
  private let rule: LinkageRule
  private var chain: [Int] = []

  init(_ distances: ClusterDistances, _ rule: LinkageRule) {
    self.distances = distances
    self.rule = rule
  }

  /// The joins of all clusters into one.
  ///
  /// - Throws: `cancelled`.
  mutating func joins(rows: Int, _ context: StageContext) throws(StageError) -> [Join] {
    var joins: [Join] = []
    joins.reserveCapacity(max(0, rows - 1))
    while joins.count < rows - 1 {
      try context.checkCancelled()
      if chain.isEmpty { chain.append(distances.firstCluster()) }
      joins.append(growUntilMutual())
    }
    return joins
  }

  /// Lengthens the chain until its last two clusters are nearest to each other, and joins these.
  private mutating func growUntilMutual() -> Join {
    while true {
      let last = chain[chain.count - 1]
      let previous = chain.count > 1 ? chain[chain.count - 2] : nil
      let found = distances.nearest(to: last, preferring: previous)
      if found.cluster == previous {
        chain.removeLast(2)
        distances.join(last, found.cluster, at: found.distance, by: rule)
        return Join(first: last, second: found.cluster, height: found.distance)
      }
      chain.append(found.cluster)
    }
  }
}
