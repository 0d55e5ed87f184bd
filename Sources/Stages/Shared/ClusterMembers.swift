import Artifacts
import LinearAlgebra
import StageKit

/// Which members of a cluster are taken.
enum Members: String, PlainChoice {
  /// Those nearest to the centre of the cluster.
  case closest
  /// Any, each equally likely.
  case random
}

/// The members of each cluster, with their distances from its centre.
struct ClusterMembers {
  /// The members of each cluster, ascending.
  let lists: [[Int]]
  private let distances: [Double]

  /// - Parameter distances: of each row from the centre of its cluster.
  init(_ assignment: Assignment, distances: [Double]) {
    var lists = [[Int]](repeating: [], count: assignment.count)
    for (row, cluster) in assignment.clusters.enumerated() where cluster >= 0 {
      lists[Int(cluster)].append(row)
    }
    self.lists = lists
    self.distances = distances
  }

  /// Some members of a cluster, at most all of them.
  func chosen(_ count: Int, of cluster: Int, _ way: Members, _ random: inout RandomStream) -> [Int] {
    let list = lists[cluster]
    guard count < list.count else { return list }
    switch way {
    case .closest:
      return Array(list.sorted { (distances[$0], $0) < (distances[$1], $1) }.prefix(count))
    case .random: return random.sample(count, of: list.count).map { list[$0] }
    }
  }

  /// As many members of each cluster, ascending; more of each where all together would be fewer than `least`, which is
  /// not more than there are.
  func chosen(
    _ count: Int, atLeast least: Int, _ way: Members, _ random: inout RandomStream
  ) -> [Int] {
    var count = count
    while lists.reduce(0, { $0 + min(count, $1.count) }) < least { count += 1 }
    return lists.indices.flatMap { chosen(count, of: $0, way, &random) }.sorted()
  }
}
