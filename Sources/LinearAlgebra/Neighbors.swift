internal import CKernels

/// How far two rows are apart.
public enum NeighborMetric: Sendable, Equatable {
  /// The length of their difference.
  case euclidean
  /// 1 − the cosine of the angle between them; 1 where one of them is zero.
  case cosine
}

/// The nearest rows of each query, in order.
public struct Neighbors: Sendable, Equatable {
  /// How many there are for each query.
  public let count: Int
  /// Their rows among the references, query after query: queries × `count`.
  public let indices: [Int32]
  /// Their distances, never falling within a query: queries × `count`.
  public let distances: [Float]

  /// The rows among the references that are nearest to a query, the nearest first.
  public func indices(of query: Int) -> ArraySlice<Int32> { indices[query * count..<(query + 1) * count] }

  /// The distances of those rows.
  public func distances(of query: Int) -> ArraySlice<Float> { distances[query * count..<(query + 1) * count] }
}

/// Finds the `k` nearest rows of `references` (n × d) for each row of `queries` (m × d), exactly.
///
/// Products in single precision choose the candidates; distances in double rank them, equal ones by their index. Where
/// a row that was not chosen could still belong to the nearest, all of that query's distances are taken in double.
/// Large tables whose rows vary along few directions are searched by bounds instead, with the same result.
/// With `excludingSelf` row i of the references is no neighbour of query i. Fewer references than `k` give fewer
/// neighbours.
/// - Cost: O(m n d) time, O(n d) memory for shifted references and O(m k) for the result.
public func nearestNeighbors<Failure>(
  of queries: Matrix<Float>, among references: Matrix<Float>, k: Int, metric: NeighborMetric = .euclidean,
  excludingSelf: Bool = false, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
) throws(Failure) -> Neighbors {
  precondition(queries.columns == references.columns && k >= 0)
  let count = min(k, max(0, references.rows - (excludingSelf ? 1 : 0)))
  let total = queries.rows * count
  if total == 0 { return Neighbors(count: count, indices: [], distances: []) }
  let ranking = NeighborRanking(queries: queries, references: references, metric: metric)
  let bounded =
    BoundedNeighborSearch.isWorthwhile(ranking)
    ? BoundedNeighborSearch(ranking, count: count, excludesSelf: excludingSelf) { safePoint.shouldStop } : nil
  var distances = [Float](repeating: 0, count: total)
  let indices = [Int32](unsafeUninitializedCapacity: total) { indices, filled in
    filled = total
    distances.withUnsafeMutableBufferPointer { distances in
      guard let indices = indices.baseAddress, let distances = distances.baseAddress else { return }
      if let bounded {
        bounded.run(indices: indices, distances: distances)
      } else {
        NeighborSearch(ranking, count: count, excludesSelf: excludingSelf) { safePoint.shouldStop }
          .run(indices: indices, distances: distances)
      }
    }
  }
  try safePoint.check()
  return Neighbors(count: count, indices: indices, distances: distances)
}
