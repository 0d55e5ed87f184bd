internal import CKernels

/// A search for neighbours that passes over most references by bounds of their distance.
///
/// Rows are brought down to a few axes (see `ProjectionAxes`) and to codes of seven bits. Products of codes bound all
/// distances from below; where the bound is not above the `count`-th distance so far, one from codes of the whole row
/// is taken; where that is not above it either, the reference is measured. The nearest are kept: nothing is left to
/// rounding. References and queries lie in groups of near ones, and each query goes through near groups first.
struct BoundedNeighborSearch {
  private let ranking: NeighborRanking
  private let count: Int
  private let excludesSelf: Bool
  private let frame: NeighborFrame
  private let queries: NeighborGroups.Order
  /// The queries on the axes.
  private let short: ShortRows
  private let references: CodedReferences
  /// Asked between tiles; when it says yes the result is worthless.
  private let shouldStop: () -> Bool

  /// Whether a search is so long that it is worth its preparation.
  static func isWorthwhile(_ ranking: NeighborRanking) -> Bool {
    let (queries, references, columns) = (
      ranking.queries.rows, ranking.references.rows, ranking.queries.columns
    )
    return columns >= 64 && queries >= 256 && references >= 4096 && queries * references * columns >= 1 << 32
  }

  /// Nil where it would not pay, or for rows that are not finite or too large for single precision.
  ///
  /// `width` is how many axes there are; where nil, as many as take least time.
  init?(
    _ ranking: NeighborRanking, count: Int, excludesSelf: Bool, width: Int? = nil,
    shouldStop: @escaping () -> Bool
  ) {
    guard let frame = NeighborFrame(ranking), let axes = frame.axes(count: count, width: width) else {
      return nil
    }
    (self.ranking, self.count, self.excludesSelf) = (ranking, count, excludesSelf)
    (self.frame, self.shouldStop) = (frame, shouldStop)
    let others = ShortRows(ranking.references, in: frame, on: axes)
    let groups = NeighborGroups(of: others.rows)
    references = CodedReferences(others, in: frame, order: groups.order(of: others.rows))
    short = ShortRows(ranking.queries, in: frame, on: axes)
    queries = groups.order(of: short.rows)
  }

  func run(indices: UnsafeMutablePointer<Int32>, distances: UnsafeMutablePointer<Float>) {
    parallelTiles(Tiling(total: ranking.queries.rows, size: CodedQueries.most)) { places in
      if shouldStop() { return }
      var tile = CodedQueries(places.map { Int(queries[$0]) }, short, in: frame)
      var nearest = tile.rows.indices.map {
        NearestReferences(query: tile.rows[$0], bias: tile.biases[$0], ranking, count)
      }
      for part in references.parts(from: tile) where !shouldStop() { collect(part, &tile, into: &nearest) }
      for own in nearest where !shouldStop() { own.write(ranking, indices: indices, distances: distances) }
    }
  }

  /// Measures those references of a part that may be among the nearest of a tile's queries.
  private func collect(
    _ part: Range<Int>, _ tile: inout CodedQueries, into nearest: inout [NearestReferences]
  ) {
    for position in nearest.indices { tile.setLimit(nearest[position].limit, at: position) }
    let found = references.candidates(part, of: tile, factor: frame.scale)
    for position in nearest.indices {
      func measure(_ candidates: CodedReferences.Candidates, above: Float = -.infinity, through: Float) {
        for place in 0..<candidates.count {
          let bound = candidates.bounds[place]
          guard bound > above, bound <= through, bound <= nearest[position].limit else { continue }
          let reference = references.row(part.lowerBound + Int(candidates.places[place]))
          if excludesSelf && reference == nearest[position].query { continue }
          nearest[position].consider(reference, ranking)
        }
      }
      let limit = nearest[position].limit
      let candidates = found.narrowed(position, limit: limit)
      var measured = -Float.infinity
      if limit == .infinity {
        // At first those with the least bounds, so that the others have a distance to stay below.
        measured = candidates.bound(rank: count + 12)
        measure(candidates, through: measured)
      }
      if measured < .infinity { measure(candidates, above: measured, through: nearest[position].limit) }
    }
  }
}
