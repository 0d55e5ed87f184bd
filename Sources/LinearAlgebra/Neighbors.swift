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

private struct NeighborSearch {
  let ranking: NeighborRanking
  let count: Int
  let excludesSelf: Bool
  /// How many candidates are kept for each query: some more than asked for, so that rounding rarely decides.
  private let capacity: Int
  private let frame: DistanceFrame
  /// A candidate's score is `offsets[j] − scales[j] · product`; it ranks the references of one query.
  private let offsets: [Float]
  private let scales: [Float]
  private let highestNorm: Double
  /// Asked between tiles; when it says yes the result is worthless.
  private let shouldStop: () -> Bool

  init(_ ranking: NeighborRanking, count: Int, excludesSelf: Bool, shouldStop: @escaping () -> Bool) {
    self.shouldStop = shouldStop
    self.ranking = ranking
    self.count = count
    self.excludesSelf = excludesSelf
    let references = ranking.references
    capacity = min(references.rows, count + 8)
    switch ranking.metric {
    case .euclidean:
      frame = DistanceFrame(references)
      offsets = frame.norms
      scales = [Float](repeating: 2, count: references.rows)
      highestNorm = Double(frame.norms.max() ?? 0).squareRoot()
    case .cosine:
      frame = DistanceFrame(unshifted: references)
      offsets = [Float](repeating: 0, count: references.rows)
      scales = ranking.referenceNorms.map { $0 > 0 ? Float(1 / $0) : 0 }
      highestNorm = ranking.referenceNorms.max() ?? 0
    }
  }

  func run(indices: UnsafeMutablePointer<Int32>, distances: UnsafeMutablePointer<Float>) {
    // Products of 128 rows stay in the cache of a core; with many columns, packing the references counts for more.
    let rowsPerTile = ranking.references.columns <= 128 ? 128 : 512
    let columnTiles = Tiling(total: ranking.references.rows, size: 1024)
    let width = min(1024, ranking.references.rows)
    let products = Scratch<Float>(count: rowsPerTile * width)
    let selection = Scratch<(Float, Int32)>(count: rowsPerTile * capacity)
    let passing = Scratch<Float>(count: width)
    let passingIndices = Scratch<Int32>(count: width)
    frame.forEachTile(of: ranking.queries, rows: rowsPerTile) { rows, left in
      let norms = frame.squaredNorms(left, rows: rows.count)
      products.withBuffer { products in
        selection.withBuffer { candidates in
          passing.withBuffer { scores in
            passingIndices.withBuffer { found in
              var heaps = (0..<rows.count).map {
                CandidateHeap(base: candidates + $0 * capacity, capacity: capacity)
              }
              for columns in (0..<columnTiles.count).map({ columnTiles[$0] }) where !shouldStop() {
                frame.multiply(left, rows: rows.count, columns: columns, into: products, stride: width)
                for (position, row) in rows.enumerated() {
                  collect(
                    products + position * width, columns: columns, query: row, scores: scores, found: found,
                    into: &heaps[position])
                }
              }
              for (position, row) in rows.enumerated() where !shouldStop() {
                rank(
                  heaps[position], query: row, norm: Double(norms[position]).squareRoot(),
                  indices: indices + row * count, distances: distances + row * count)
              }
            }
          }
        }
      }
    }
  }

  /// Keeps the best of one tile's scores.
  ///
  /// Of the first tile a bound that enough scores keep to is taken, so that few of them are looked at one by one; of
  /// the others the candidates so far are bound enough.
  private func collect(
    _ products: UnsafePointer<Float>, columns: Range<Int>, query: Int, scores: UnsafeMutablePointer<Float>,
    found: UnsafeMutablePointer<Int32>, into heap: inout CandidateHeap
  ) {
    let first = columns.lowerBound
    let passed = offsets.withUnsafeBufferPointer { offsets in
      scales.withUnsafeBufferPointer { scales -> Int in
        guard let offsets = offsets.baseAddress, let scales = scales.baseAddress else { return 0 }
        let limit =
          heap.limit.isFinite
          ? heap.limit
          : kernel_score_bound(
            products, offsets + first, scales + first, columns.count, capacity + (excludesSelf ? 1 : 0))
        return kernel_scores_within(
          products, offsets + first, scales + first, columns.count, limit, scores, found)
      }
    }
    for position in 0..<passed {
      let index = Int32(first) + found[position]
      if excludesSelf && Int(index) == query { continue }
      heap.insert(scores[position], index)
    }
  }

  /// Ranks the candidates by their distances in double and writes the nearest.
  private func rank(
    _ heap: CandidateHeap, query: Int, norm: Double, indices: UnsafeMutablePointer<Int32>,
    distances: UnsafeMutablePointer<Float>
  ) {
    let queryNorm = ranking.queryNorm(query)
    func ranked(_ reference: Int32) -> RankedNeighbor {
      RankedNeighbor(
        distance: ranking.distance(query, Int(reference), queryNorm: queryNorm), index: reference)
    }
    var found = heap.indices.map(ranked)
    found.sortFew()
    if !isCertain(heap, found, norm: norm) {
      let all = 0..<Int32(ranking.references.rows)
      found = all.filter { !(excludesSelf && Int($0) == query) }.map(ranked)
      found.sort()
    }
    for (position, neighbor) in found.prefix(count).enumerated() {
      indices[position] = neighbor.index
      distances[position] = ranking.reported(neighbor.distance)
    }
  }

  /// Whether no reference outside the heap can be as near as the last that is returned.
  private func isCertain(_ heap: CandidateHeap, _ ranked: [RankedNeighbor], norm: Double) -> Bool {
    if heap.count < capacity || heap.count >= ranking.references.rows - (excludesSelf ? 1 : 0) {
      return heap.count >= ranking.references.rows - (excludesSelf ? 1 : 0)
    }
    let last = ranked[count - 1].distance
    let depth = Double(ranking.queries.columns)
    // Unit roundoff times twice the number of operations bounds the error of a dot product of two rows.
    let unit = 0x1p-24
    switch ranking.metric {
    case .euclidean:
      // A reference whose norm is larger than this is further away than the last in any case.
      let reach = min(highestNorm, norm + last.squareRoot())
      let error = unit * ((2 * depth + 16) * norm * reach + 8 * (norm * norm + reach * reach))
      return Double(heap.limit) + norm * norm - error > last
    case .cosine:
      let error = unit * (depth + 8) * norm
      return Double(heap.limit) - error > norm * (last - 1)
    }
  }
}

/// The least scores seen so far, the greatest of them on top.
private struct CandidateHeap {
  private let base: UnsafeMutablePointer<(Float, Int32)>
  private let capacity: Int
  private(set) var count = 0

  init(base: UnsafeMutablePointer<(Float, Int32)>, capacity: Int) {
    self.base = base
    self.capacity = capacity
  }

  /// What a further score must stay below.
  var limit: Float { count < capacity ? .infinity : base[0].0 }

  var indices: [Int32] { (0..<count).map { base[$0].1 } }

  mutating func insert(_ score: Float, _ index: Int32) {
    if count < capacity {
      rise((score, index), from: count)
      count += 1
    } else if isBefore((score, index), base[0]) {
      sink((score, index))
    }
  }

  @inline(__always) private func isBefore(_ a: (Float, Int32), _ b: (Float, Int32)) -> Bool {
    a.0 < b.0 || (a.0 == b.0 && a.1 < b.1)
  }

  private func rise(_ candidate: (Float, Int32), from position: Int) {
    var position = position
    while position > 0, isBefore(base[(position - 1) / 2], candidate) {
      base[position] = base[(position - 1) / 2]
      position = (position - 1) / 2
    }
    base[position] = candidate
  }

  private func sink(_ candidate: (Float, Int32)) {
    var position = 0
    while 2 * position + 1 < count {
      var child = 2 * position + 1
      if child + 1 < count, isBefore(base[child], base[child + 1]) { child += 1 }
      if !isBefore(candidate, base[child]) { break }
      base[position] = base[child]
      position = child
    }
    base[position] = candidate
  }
}
