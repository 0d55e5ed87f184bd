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
/// With `excludingSelf` row i of the references is no neighbour of query i. Fewer references than `k` give fewer
/// neighbours.
/// - Cost: O(m n d) time, O(n d) memory for shifted references and O(m k) for the result.
public func nearestNeighbors(
  of queries: Matrix<Float>, among references: Matrix<Float>, k: Int, metric: NeighborMetric = .euclidean,
  excludingSelf: Bool = false
) -> Neighbors {
  precondition(queries.columns == references.columns && k >= 0)
  let count = min(k, max(0, references.rows - (excludingSelf ? 1 : 0)))
  let total = queries.rows * count
  if total == 0 { return Neighbors(count: count, indices: [], distances: []) }
  let search = NeighborSearch(
    queries: queries, references: references, count: count, metric: metric, excludesSelf: excludingSelf)
  var distances = [Float](repeating: 0, count: total)
  let indices = [Int32](unsafeUninitializedCapacity: total) { indices, filled in
    filled = total
    distances.withUnsafeMutableBufferPointer { distances in
      guard let indices = indices.baseAddress, let distances = distances.baseAddress else { return }
      search.run(indices: indices, distances: distances)
    }
  }
  return Neighbors(count: count, indices: indices, distances: distances)
}

private struct NeighborSearch {
  let queries: Matrix<Float>
  let references: Matrix<Float>
  let count: Int
  let metric: NeighborMetric
  let excludesSelf: Bool
  /// How many candidates are kept for each query: some more than asked for, so that rounding rarely decides.
  private let capacity: Int
  private let frame: DistanceFrame
  /// A candidate's score is `offsets[j] − scales[j] · product`; it ranks the references of one query.
  private let offsets: [Float]
  private let scales: [Float]
  private let referenceNorms: [Double]
  private let highestNorm: Double

  init(
    queries: Matrix<Float>, references: Matrix<Float>, count: Int, metric: NeighborMetric, excludesSelf: Bool
  ) {
    self.queries = queries
    self.references = references
    self.count = count
    self.metric = metric
    self.excludesSelf = excludesSelf
    capacity = min(references.rows, count + 8)
    switch metric {
    case .euclidean:
      frame = DistanceFrame(references)
      offsets = frame.norms
      scales = [Float](repeating: 2, count: references.rows)
      referenceNorms = frame.norms.map { Double($0).squareRoot() }
    case .cosine:
      frame = DistanceFrame(unshifted: references)
      offsets = [Float](repeating: 0, count: references.rows)
      referenceNorms = references.squaredRowNorms().map { $0.squareRoot() }
      scales = referenceNorms.map { $0 > 0 ? Float(1 / $0) : 0 }
    }
    highestNorm = referenceNorms.max() ?? 0
  }

  func run(indices: UnsafeMutablePointer<Int32>, distances: UnsafeMutablePointer<Float>) {
    let rowsPerTile = 256
    let columnTiles = Tiling(total: references.rows, size: 1024)
    let width = min(1024, references.rows)
    let products = Scratch<Float>(count: rowsPerTile * width)
    let selection = Scratch<(Float, Int32)>(count: rowsPerTile * capacity)
    let passing = Scratch<Float>(count: width)
    let passingIndices = Scratch<Int32>(count: width)
    frame.forEachTile(of: queries, rows: rowsPerTile) { rows, left in
      let norms = frame.squaredNorms(left, rows: rows.count)
      products.withBuffer { products in
        selection.withBuffer { candidates in
          passing.withBuffer { scores in
            passingIndices.withBuffer { found in
              var heaps = (0..<rows.count).map {
                CandidateHeap(base: candidates + $0 * capacity, capacity: capacity)
              }
              for columns in (0..<columnTiles.count).map({ columnTiles[$0] }) {
                frame.multiply(left, rows: rows.count, columns: columns, into: products, stride: width)
                for (position, row) in rows.enumerated() {
                  collect(
                    products + position * width, columns: columns, query: row, scores: scores, found: found,
                    into: &heaps[position])
                }
              }
              for (position, row) in rows.enumerated() {
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
  private func collect(
    _ products: UnsafePointer<Float>, columns: Range<Int>, query: Int, scores: UnsafeMutablePointer<Float>,
    found: UnsafeMutablePointer<Int32>, into heap: inout CandidateHeap
  ) {
    offsets.withUnsafeBufferPointer { offsets in
      scales.withUnsafeBufferPointer { scales in
        guard let offsets = offsets.baseAddress, let scales = scales.baseAddress else { return }
        // The limit falls quickly at first: short steps then let few scores pass that are thrown out again.
        var start = 0
        while start < columns.count {
          let end = min(columns.count, start + (heap.limit == .infinity ? 32 : 128))
          let first = columns.lowerBound + start
          let passed = kernel_scores_within(
            products + start, offsets + first, scales + first, end - start, heap.limit, scores, found)
          for position in 0..<passed {
            let index = Int32(first) + found[position]
            if excludesSelf && Int(index) == query { continue }
            heap.insert((scores[position], index))
          }
          start = end
        }
      }
    }
  }

  /// Ranks the candidates by their distances in double and writes the nearest.
  private func rank(
    _ heap: CandidateHeap, query: Int, norm: Double, indices: UnsafeMutablePointer<Int32>,
    distances: UnsafeMutablePointer<Float>
  ) {
    let norms = metric == .cosine ? queryNorm(query) : 0
    var ranked = heap.map { (rankingDistance(query, Int($0), norms), $0) }
    sort(&ranked)
    if !isCertain(heap, ranked, norm: norm) {
      ranked = (0..<references.rows).filter { !(excludesSelf && $0 == query) }
        .map { (rankingDistance(query, $0, norms), Int32($0)) }
      sort(&ranked)
    }
    for (position, (distance, index)) in ranked.prefix(count).enumerated() {
      indices[position] = index
      distances[position] = Float(metric == .euclidean ? distance.squareRoot() : distance)
    }
  }

  /// Sorts by distance, equal ones by index.
  private func sort(_ ranked: inout [(Double, Int32)]) {
    ranked.sort { $0.0 < $1.0 || ($0.0 == $1.0 && $0.1 < $1.1) }
  }

  /// Whether no reference outside the heap can be as near as the last that is returned.
  private func isCertain(_ heap: CandidateHeap, _ ranked: [(Double, Int32)], norm: Double) -> Bool {
    if heap.count < capacity || heap.count >= references.rows - (excludesSelf ? 1 : 0) {
      return heap.count >= references.rows - (excludesSelf ? 1 : 0)
    }
    let last = ranked[count - 1].0
    let depth = Double(queries.columns)
    // Unit roundoff times twice the number of operations bounds the error of a dot product of two rows.
    let unit = 0x1p-24
    switch metric {
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

  private func queryNorm(_ query: Int) -> Double {
    queries.withPointer { kernel_squared_norm($0 + query * queries.columns, queries.columns).squareRoot() }
  }

  /// The squared Euclidean or the cosine distance, infinite where it is not a number.
  private func rankingDistance(_ query: Int, _ reference: Int, _ queryNorm: Double) -> Double {
    let columns = queries.columns
    let distance = queries.withPointer { a in
      references.withPointer { b -> Double in
        let (x, y) = (a + query * columns, b + reference * columns)
        if metric == .euclidean { return kernel_squared_distance(x, y, columns) }
        let norms = queryNorm * referenceNorms[reference]
        return norms > 0 ? max(0, 1 - kernel_dot(x, y, columns) / norms) : 1
      }
    }
    return distance.isNaN ? .infinity : distance
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

  /// What `body` gives for each index.
  func map<Value>(_ body: (Int32) -> Value) -> [Value] { (0..<count).map { body(base[$0].1) } }

  mutating func insert(_ candidate: (Float, Int32)) {
    if count < capacity {
      rise(candidate, from: count)
      count += 1
    } else if Self.precedes(candidate, base[0]) {
      sink(candidate)
    }
  }

  /// Whether a score is lower, or as low at a lower index.
  private static func precedes(_ a: (Float, Int32), _ b: (Float, Int32)) -> Bool {
    a.0 < b.0 || (a.0 == b.0 && a.1 < b.1)
  }

  private func rise(_ candidate: (Float, Int32), from position: Int) {
    var position = position
    while position > 0, Self.precedes(base[(position - 1) / 2], candidate) {
      base[position] = base[(position - 1) / 2]
      position = (position - 1) / 2
    }
    base[position] = candidate
  }

  private func sink(_ candidate: (Float, Int32)) {
    var position = 0
    while 2 * position + 1 < count {
      var child = 2 * position + 1
      if child + 1 < count, Self.precedes(base[child], base[child + 1]) { child += 1 }
      if !Self.precedes(candidate, base[child]) { break }
      base[position] = base[child]
      position = child
    }
    base[position] = candidate
  }
}
