/// The references nearest to one query so far.
struct NearestReferences {
  let query: Int
  private let bias: Double
  private let norm: Double
  /// What the distances that decide may be off by.
  private let slop: Double
  private let capacity: Int
  /// In order.
  private var ranked: [RankedNeighbor] = []
  /// What a bound without its bias must not be above.
  private(set) var limit = Float.infinity

  init(query: Int, bias: Double, _ ranking: NeighborRanking, _ capacity: Int) {
    (self.query, self.bias, self.capacity) = (query, bias, capacity)
    norm = ranking.queryNorm(query)
    slop = ranking.metric == .cosine ? 1e-12 : 0
    ranked.reserveCapacity(capacity + 1)
  }

  mutating func consider(_ reference: Int, _ ranking: NeighborRanking) {
    if ranked.count == capacity {
      if ranking.quickBound(query, reference, queryNorm: norm) > ranked[capacity - 1].distance { return }
    }
    let distance = ranking.distance(query, reference, queryNorm: norm)
    let found = RankedNeighbor(distance: distance, index: Int32(reference))
    if ranked.count == capacity && !(found < ranked[capacity - 1]) { return }
    var place = ranked.count
    while place > 0 && found < ranked[place - 1] { place -= 1 }
    ranked.insert(found, at: place)
    if ranked.count > capacity { ranked.removeLast() }
    if ranked.count == capacity {
      // What distances in double round by is far less.
      let last = ranked[capacity - 1].distance
      limit = Float(last - bias + 1e-12 * (abs(last) + abs(bias)) + slop).nextUp + .leastNormalMagnitude
    }
  }

  func write(
    _ ranking: NeighborRanking, indices: UnsafeMutablePointer<Int32>, distances: UnsafeMutablePointer<Float>
  ) {
    for (place, neighbor) in ranked.enumerated() {
      indices[query * capacity + place] = neighbor.index
      distances[query * capacity + place] = ranking.reported(neighbor.distance)
    }
  }
}
