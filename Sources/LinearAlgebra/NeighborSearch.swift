internal import CKernels

/// A search for neighbours through all references.
///
/// Products in single precision choose some more candidates than are wanted; distances in double rank them.
struct NeighborSearch {
  private let ranking: NeighborRanking
  private let count: Int
  private let excludesSelf: Bool
  /// How many candidates are kept for each query: some more than asked for, so that rounding rarely decides.
  private let capacity: Int
  private let frame: DistanceFrame
  /// A candidate's score is `offsets[j] − scales[j] · product`; it ranks the references of one query.
  private let offsets: [Float]
  private let scales: [Float]
  private let highestNorm: Double
  /// The references for queries that are taken sixteen at a time, where they have few columns.
  private let packed: PackedReferences?
  /// Asked between tiles; when it says yes the result is worthless.
  private let shouldStop: () -> Bool

  /// Rows with more columns are multiplied by BLAS.
  private static let fewColumns = 64

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
    let factors = ranking.referenceNorms.map { $0 > 0 ? 0.5 / $0 : 0 }
    packed =
      references.columns > Self.fewColumns
      ? nil : PackedReferences(frame.points, factors: factors.isEmpty ? nil : factors, offsets: offsets)
  }

  func run(indices: UnsafeMutablePointer<Int32>, distances: UnsafeMutablePointer<Float>) {
    frame.forEachTile(of: ranking.queries, rows: packed == nil ? 512 : 128) { rows, left in
      var lists = NeighborCandidates(
        queries: rows, capacity: capacity, most: packed == nil ? Self.columnsPerTile : PackedReferences.most,
        excludesSelf: excludesSelf)
      if let packed {
        packed.search(left, for: &lists, shouldStop)
      } else {
        searchByTiles(left, for: &lists)
      }
      lists.finish()
      let norms = frame.squaredNorms(left, rows: rows.count)
      for (position, row) in rows.enumerated() where !shouldStop() {
        rank(
          lists, position, query: row, norm: Double(norms[position]).squareRoot(),
          indices: indices + row * count, distances: distances + row * count)
      }
    }
  }

  private static let columnsPerTile = 1024

  private func searchByTiles(_ left: BLAS.Operand<Float>, for lists: inout NeighborCandidates) {
    let tiling = Tiling(total: ranking.references.rows, size: Self.columnsPerTile)
    let (width, rows) = (min(tiling.size, tiling.total), lists.queries.count)
    let products = Buffer<Float>(uninitialized: rows * width)
    for columns in (0..<tiling.count).map({ tiling[$0] }) where !shouldStop() {
      frame.multiply(left, rows: rows, columns: columns, into: products.base, stride: width)
      offsets.withUnsafeBufferPointer { offsets in
        scales.withUnsafeBufferPointer { scales in
          guard let offsets = offsets.baseAddress, let scales = scales.baseAddress else { return }
          for position in 0..<rows {
            lists.add(to: position, from: columns.lowerBound) { limit, scores, found in
              kernel_scores_within(
                products.base + position * width, offsets + columns.lowerBound, scales + columns.lowerBound,
                columns.count, limit, scores, found)
            }
          }
        }
      }
    }
  }

  /// Ranks the candidates by their distances in double and writes the nearest.
  private func rank(
    _ lists: NeighborCandidates, _ position: Int, query: Int, norm: Double,
    indices: UnsafeMutablePointer<Int32>, distances: UnsafeMutablePointer<Float>
  ) {
    let queryNorm = ranking.queryNorm(query)
    func ranked(_ reference: Int32) -> RankedNeighbor {
      RankedNeighbor(
        distance: ranking.distance(query, Int(reference), queryNorm: queryNorm), index: reference)
    }
    var found = lists.indices(at: position).map(ranked)
    found.sortFew()
    if !isCertain(lists, position, found, norm: norm) {
      let all = 0..<Int32(ranking.references.rows)
      found = all.filter { !(excludesSelf && Int($0) == query) }.map(ranked)
      found.sort()
    }
    for (position, neighbor) in found.prefix(count).enumerated() {
      indices[position] = neighbor.index
      distances[position] = ranking.reported(neighbor.distance)
    }
  }

  /// Whether no reference outside the list can be as near as the last that is returned.
  private func isCertain(
    _ lists: NeighborCandidates, _ position: Int, _ ranked: [RankedNeighbor], norm: Double
  ) -> Bool {
    let others = ranking.references.rows - (excludesSelf ? 1 : 0)
    if ranked.count < capacity || ranked.count >= others { return ranked.count >= others }
    let (last, limit) = (ranked[count - 1].distance, Double(lists.limit(at: position)))
    let depth = Double(ranking.queries.columns)
    // Unit roundoff times twice the number of operations bounds the error of a dot product of two rows.
    let unit = 0x1p-24
    switch ranking.metric {
    case .euclidean:
      // A reference whose norm is larger than this is further away than the last in any case.
      let reach = min(highestNorm, norm + last.squareRoot())
      let error = unit * ((2 * depth + 16) * norm * reach + 8 * (norm * norm + reach * reach))
      return limit + norm * norm - error > last
    case .cosine:
      let error = unit * (depth + 8) * norm
      return limit - error > norm * (last - 1)
    }
  }
}
