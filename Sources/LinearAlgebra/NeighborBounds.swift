internal import CKernels

/// A search for neighbours that passes over most references by a bound of their distance (see `ProjectionAxes`).
///
/// A product of short rows bounds all distances from below. References whose bound is not above the `count`-th distance
/// so far are measured, and the nearest of them kept: nothing is left to rounding.
struct BoundedNeighborSearch {
  private let ranking: NeighborRanking
  private let count: Int
  private let excludesSelf: Bool
  private let frame: NeighborFrame
  private let axes: ProjectionAxes
  /// The references' short rows.
  private let short: Matrix<Float>
  /// A bound is `bias of the query` + offsets[j] − scales[j] · product.
  private let offsets: [Float]
  private let scales: [Float]
  /// Asked between tiles; when it says yes the result is worthless.
  private let shouldStop: () -> Bool

  private static let (rowsPerTile, columnsPerTile) = (512, 1024)
  private static let measuredAtOnce = 128

  /// Whether a search is so long that it is worth its preparation.
  static func isWorthwhile(_ ranking: NeighborRanking) -> Bool {
    let (queries, references, columns) = (
      ranking.queries.rows, ranking.references.rows, ranking.queries.columns
    )
    return columns >= 64 && queries >= 256 && references >= 4096 && queries * references * columns >= 1 << 32
  }

  /// Nil where it would not pay, or for rows that are not finite or too large for single precision.
  init?(_ ranking: NeighborRanking, count: Int, excludesSelf: Bool, shouldStop: @escaping () -> Bool) {
    let references = ranking.references
    guard let frame = NeighborFrame(ranking), let axes = frame.axes(count: count) else { return nil }
    (self.ranking, self.count, self.excludesSelf) = (ranking, count, excludesSelf)
    (self.frame, self.axes, self.shouldStop) = (frame, axes, shouldStop)
    var offsets = [Float](repeating: 0, count: references.rows)
    short = frame.projected(references, on: axes, offsets: &offsets)
    self.offsets = offsets
    scales = [Float](repeating: frame.scale, count: references.rows)
  }

  func run(indices: UnsafeMutablePointer<Int32>, distances: UnsafeMutablePointer<Float>) {
    let (queries, width) = (ranking.queries, axes.count + 1)
    let columnTiles = Tiling(total: short.rows, size: Self.columnsPerTile)
    let products = Scratch<Float>(count: Self.rowsPerTile * columnTiles.size)
    let left = Scratch<Float>(count: Self.rowsPerTile * width)
    let block = Scratch<Float>(count: Self.rowsPerTile * queries.columns)
    parallelTiles(Tiling(total: queries.rows, size: Self.rowsPerTile)) { rows in
      left.withBuffer { left in
        let biases = block.withBuffer { block in
          frame.read(rows, of: queries, into: block)
          let centred = BLAS.Operand(base: UnsafePointer(block), stride: queries.columns)
          axes.project(centred, count: rows.count, into: left)
          return (0..<rows.count).map { frame.bias(block + $0 * queries.columns) }
        }
        var nearest = rows.map {
          NearestReferences(query: $0, bias: biases[$0 - rows.lowerBound], ranking, count)
        }
        products.withBuffer { products in
          for columns in (0..<columnTiles.count).map({ columnTiles[$0] }) where !shouldStop() {
            multiply(left, rows: rows.count, columns, into: products)
            // At first all at once, for a good limit; then as many as stay in the cache while queries measure them.
            let size = columns.lowerBound == 0 ? columns.count : Self.measuredAtOnce
            for start in stride(from: columns.lowerBound, to: columns.upperBound, by: size) {
              let part = start..<min(columns.upperBound, start + size)
              for position in 0..<rows.count {
                let row = products + position * columns.count + start - columns.lowerBound
                collect(row, part, into: &nearest[position])
              }
            }
          }
        }
        for own in nearest where !shouldStop() { own.write(ranking, indices: indices, distances: distances) }
      }
    }
  }

  private func multiply(
    _ left: UnsafePointer<Float>, rows: Int, _ columns: Range<Int>, into products: UnsafeMutablePointer<Float>
  ) {
    let width = axes.count + 1
    short.withPointer { base in
      BLAS.multiply(
        BLAS.Operand(base: left, stride: width),
        BLAS.Operand(base: base + columns.lowerBound * width, stride: width, isTransposed: true), rows: rows,
        columns: columns.count, depth: width, into: products, stride: columns.count)
    }
  }

  /// Measures those references of a tile that may be among the nearest.
  private func collect(
    _ products: UnsafePointer<Float>, _ columns: Range<Int>, into nearest: inout NearestReferences
  ) {
    offsets.withUnsafeBufferPointer { offsets in
      scales.withUnsafeBufferPointer { scales in
        guard let offsets = offsets.baseAddress, let scales = scales.baseAddress else { return }
        let first = columns.lowerBound
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns.count) { bounds in
          withUnsafeTemporaryAllocation(of: Int32.self, capacity: columns.count) { found in
            guard let bounds = bounds.baseAddress, let found = found.baseAddress else { return }
            func measure(above: Float, through limit: Float) {
              let passed = kernel_scores_within(
                products, offsets + first, scales + first, columns.count, limit, bounds, found)
              for place in 0..<passed where bounds[place] > above && bounds[place] <= nearest.limit {
                let reference = first + Int(found[place])
                if excludesSelf && reference == nearest.query { continue }
                nearest.consider(reference, ranking)
              }
            }
            var measured = -Float.infinity
            if nearest.limit == .infinity {
              // At first those with the least bounds, so that the others have a distance to stay below.
              measured = kernel_score_bound(
                products, offsets + first, scales + first, columns.count,
                min(Int(KERNEL_SCORE_GROUPS), count + 12))
              measure(above: -.infinity, through: measured)
            }
            if measured < .infinity { measure(above: measured, through: nearest.limit) }
          }
        }
      }
    }
  }
}

/// The references nearest to one query so far.
private struct NearestReferences {
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

/// Rows made ready for bounds: of unit length for cosines, and less the mean of the references.
///
/// With m the mean, q = m + y and r = m + z: 1 − q·r = (1 − m·m − y·m) − m·z − y·z, and
/// ‖q − r‖² = ‖y‖² + ‖z‖² − 2 y·z.
private struct NeighborFrame {
  private let ranking: NeighborRanking
  private let means: [Double]
  private var squaredMean: Double { means.reduce(0) { $0 + $1 * $1 } }

  /// Nil for rows that are not finite or too large for single precision.
  init?(_ ranking: NeighborRanking) {
    self.ranking = ranking
    // Between two rows lie four times the square of the larger norm at most, and the mean is no longer than a row.
    let most = Double(Float.greatestFiniteMagnitude) / 32
    func isFit(_ squares: [Double]) -> Bool { squares.allSatisfy { $0 < most } }
    let squares = ranking.references.squaredRowNorms()
    guard isFit(squares), isFit(ranking.queries.squaredRowNorms()) else { return nil }
    let columns = ranking.references.columns
    if ranking.metric == .euclidean {
      means = columnMeans(of: ranking.references)
    } else {
      let lengths = ranking.referenceNorms
      let tiling = Tiling(total: squares.count, size: (squares.count + 15) / 16)
      let sums = Buffer<Double>(repeating: 0, count: tiling.count * columns)
      ranking.references.withPointer { base in
        parallelFor(tiling.count) { tile in
          for row in tiling[tile] where lengths[row] > 0 {
            kernel_axpy_double(sums.base + tile * columns, 1 / lengths[row], base + row * columns, columns)
          }
        }
      }
      means = (0..<columns).map { column in
        (0..<tiling.count).reduce(0) { $0 + sums.base[$1 * columns + column] } / Double(squares.count)
      }
    }
  }

  /// What the product of short rows is multiplied with.
  var scale: Float { ranking.metric == .euclidean ? 2 : 1 }

  /// Writes some rows, made ready.
  func read(_ rows: Range<Int>, of matrix: Matrix<Float>, into target: UnsafeMutablePointer<Float>) {
    let columns = matrix.columns
    matrix.withPointer { base in
      means.withUnsafeBufferPointer { means in
        guard let means = means.baseAddress else { return }
        for (position, row) in rows.enumerated() {
          let (source, out) = (base + row * columns, target + position * columns)
          if ranking.metric == .euclidean {
            kernel_subtract(out, source, means, columns)
          } else {
            let square = kernel_squared_norm(source, columns)
            kernel_scaled_less(out, source, square > 0 ? 1 / square.squareRoot() : 0, means, columns)
          }
        }
      }
    }
  }

  /// What a query's bounds have in common, from its row made ready, rounded down.
  func bias(_ row: UnsafePointer<Float>) -> Double {
    if ranking.metric == .euclidean { return kernel_squared_norm(row, means.count) * (1 - 0x1p-20) }
    return 1 - squaredMean + lessMean(row)
  }

  /// What a reference adds to its bounds, from its row made ready, rounded down.
  private func offset(_ row: UnsafePointer<Float>) -> Float {
    let offset =
      ranking.metric == .euclidean
      ? kernel_squared_norm(row, means.count) * (1 - 0x1p-20) : lessMean(row)
    return Float(offset).nextDown
  }

  /// −m·y, less what the rounding of y to single precision may do.
  private func lessMean(_ row: UnsafePointer<Float>) -> Double {
    let product = means.indices.reduce(0) { $0 + Double(row[$1]) * means[$1] }
    return -product - 0x1p-20 * (squaredMean * kernel_squared_norm(row, means.count)).squareRoot()
  }

  /// The short rows of a matrix, and what each adds to its bounds.
  func projected(_ matrix: Matrix<Float>, on axes: ProjectionAxes, offsets: inout [Float]) -> Matrix<Float> {
    let (columns, width) = (matrix.columns, axes.count + 1)
    return Matrix(rows: matrix.rows, columns: width) { target in
      guard let target = target.baseAddress else { return }
      offsets.withUnsafeMutableBufferPointer { offsets in
        nonisolated(unsafe) let offsets = offsets
        let tiling = Tiling(total: matrix.rows, size: 512)
        let scratch = Scratch<Float>(count: tiling.size * columns)
        parallelTiles(tiling) { rows in
          scratch.withBuffer { block in
            read(rows, of: matrix, into: block)
            axes.project(
              BLAS.Operand(base: UnsafePointer(block), stride: columns), count: rows.count,
              into: target + rows.lowerBound * width)
            for (position, row) in rows.enumerated() { offsets[row] = offset(block + position * columns) }
          }
        }
      }
    }
  }

  /// As many axes as a search takes least time with, told by what is left to measure in a sample; nil where the
  /// product of whole rows takes less.
  func axes(count: Int) -> ProjectionAxes? {
    let (sample, columns) = (ranking.sample(queries: 64, references: 2048), means.count)
    let rows = Matrix<Float>(rows: sample.references.rows, columns: columns) { target in
      if let base = target.baseAddress { read(0..<sample.references.rows, of: sample.references, into: base) }
    }
    let most = min(256, columns / 2)
    guard let axes = ProjectionAxes(sampling: rows, count: most) else { return nil }
    // As large a share of the sample is near as will be in the end.
    let near = (count * sample.references.rows + ranking.references.rows - 1) / ranking.references.rows
    let limits = sample.distances(rank: max(1, near))
    var best: (cost: Double, axes: ProjectionAxes)?
    for width in stride(from: 32, through: most, by: 32) {
      let own = axes.prefix(width)
      // Limits fall while references are seen: twice as many are measured as those of the end would let through.
      let measured = 2 * share(of: sample, within: limits, on: own)
      let cost = Double(width + 1) + 3 * measured * Double(columns)
      if cost < best?.cost ?? 0.8 * Double(columns) { best = (cost, own) }
    }
    return best?.axes
  }

  /// The share of a sample's pairs whose bound is within the query's limit.
  private func share(of sample: NeighborRanking, within limits: [Double], on axes: ProjectionAxes) -> Double {
    var (offsets, ignored) = ([Float](repeating: 0, count: sample.references.rows), limits.map { Float($0) })
    let left = projected(sample.queries, on: axes, offsets: &ignored)
    let right = projected(sample.references, on: axes, offsets: &offsets)
    let products = product(left, transposed: right)
    var row = [Float](repeating: 0, count: means.count)
    var within = 0
    for query in 0..<left.rows {
      read(query..<query + 1, of: sample.queries, into: &row)
      let limit = limits[query] - bias(row)
      within += offsets.indices.count { Double(offsets[$0] - scale * products[query, $0]) <= limit }
    }
    return Double(within) / Double(max(1, products.count))
  }
}

extension NeighborRanking {
  /// Some of the queries and references, at fixed distances from each other.
  fileprivate func sample(queries queryCount: Int, references referenceCount: Int) -> NeighborRanking {
    func thinned(_ matrix: Matrix<Float>, _ count: Int) -> Matrix<Float> {
      let step = max(1, (matrix.rows + count - 1) / count)
      return matrix.selecting(rows: Array(stride(from: 0, to: matrix.rows, by: step)))
    }
    return NeighborRanking(
      queries: thinned(queries, queryCount), references: thinned(references, referenceCount), metric: metric)
  }

  /// For each query the `rank`-th least distance, from 1.
  fileprivate func distances(rank: Int) -> [Double] {
    let found = Buffer<Double>(uninitialized: queries.rows)
    parallelFor(queries.rows) { query in
      let norm = queryNorm(query)
      let all = (0..<references.rows).map { distance(query, $0, queryNorm: norm) }.sorted()
      found.base[query] = all[min(rank, all.count) - 1]
    }
    return (0..<queries.rows).map { found.base[$0] }
  }
}
