import LinearAlgebra
import StageKit

/// Rows of which few at a time are taken, less the mean of all.
struct CenteredTable {
  let matrix: Matrix<Float>
  let means: [Double]

  init(_ matrix: Matrix<Float>) { (self.matrix, means) = (matrix, columnMeans(of: matrix)) }

  /// Some rows less the mean.
  func rows(_ indices: [Int]) -> Matrix<Float> { centered(matrix, rows: indices, means: means) }

  /// The nearest centre of every row, and the inertia.
  func assignment(
    to centroids: Matrix<Float>, _ context: StageContext
  ) throws(StageError) -> (clusters: [Int32], inertia: Double) {
    let block = max(1024, (4 << 20) / matrix.columns)
    let nearest = NearestCentroids(centroids)
    var (clusters, inertia) = ([Int32](), 0.0)
    clusters.reserveCapacity(matrix.rows)
    for start in stride(from: 0, to: matrix.rows, by: block) {
      let found = try nearest.assign(rows(Array(start..<min(matrix.rows, start + block))), context)
      clusters += found.clusters
      inertia += found.inertia
    }
    return (clusters, inertia)
  }
}

/// Centres that rows are compared with.
struct NearestCentroids {
  private let centroids: Matrix<Float>
  private let norms: [Float]
  /// Panels of a tile: half a megabyte of rows with a thousand columns, which the second-level cache holds.
  private static let tile = 8

  init(_ centroids: Matrix<Float>) {
    self.centroids = centroids
    norms = centroids.squaredRowNorms().map { Float($0) }
  }

  /// The nearest centre of each row, and the sum of the squared distances.
  func assign(
    _ rows: Matrix<Float>, _ context: StageContext
  ) throws(StageError) -> (clusters: [Int32], inertia: Double) {
    let panels = RowPanels(rows)
    let tiles = (panels.count + Self.tile - 1) / Self.tile
    let scores = Buffer<Float>(uninitialized: panels.paddedRows)
    let nearest = Buffer<Int32>(uninitialized: panels.paddedRows)
    let sums = Buffer<Double>(repeating: 0, count: tiles)
    try centroids.withPointer { centres throws(StageError) in
      try norms.withUnsafeBufferPointer { norms throws(StageError) in
        let points = RowPanels.Points(centres, norms: norms.baseAddress, count: centroids.rows)
        try parallelFor(tiles, stoppingAt: context.safePoint) { tile in
          let range = tile * Self.tile..<min(panels.count, (tile + 1) * Self.tile)
          panels.nearest(range, to: points, scores: scores.base, indices: nearest.base)
          let (first, end) = (
            range.lowerBound * RowPanels.width, min(rows.rows, range.upperBound * RowPanels.width)
          )
          rows.withPointer { row in
            sums.base[tile] = (first..<end).reduce(0) {
              $0
                + Kernels.squaredDistance(
                  row + $1 * rows.columns, centres + Int(nearest.base[$1]) * rows.columns, count: rows.columns
                )
            }
          }
        }
      }
    }
    let clusters = Array(UnsafeBufferPointer(start: nearest.base, count: rows.rows))
    return (clusters, (0..<tiles).reduce(0) { $0 + sums.base[$1] })
  }
}

/// Centres that follow batches of rows.
struct MiniBatchSearch {
  private let table: CenteredTable
  private let patience: Int
  private let reassignment: Double
  /// The centres of the rows less their mean.
  private(set) var centroids: Matrix<Float>
  /// How many rows went to each centre.
  private var weights: [Double]
  /// How many rows were seen since centres were last started anew.
  private var seen = 0

  init(_ table: CenteredTable, centroids: Matrix<Float>, patience: Int, reassignment: Double) {
    (self.table, self.centroids) = (table, centroids)
    (self.patience, self.reassignment) = (patience, reassignment)
    weights = [Double](repeating: 0, count: centroids.rows)
  }

  /// Visits the rows batch by batch until the smoothed inertia falls no more.
  mutating func run(
    batch size: Int, passes: Int, _ random: inout RandomStream, _ context: StageContext
  ) throws(StageError) {
    var order = Array(0..<table.matrix.rows)
    let share = min(1, 2 * Double(size) / Double(order.count + 1))
    var (smoothed, least, waited) = (Double.infinity, Double.infinity, 0)
    for pass in 0..<passes {
      random.shuffle(&order)
      for start in stride(from: 0, to: order.count - size + 1, by: size) {
        try context.checkCancelled()
        let rows = table.rows(Array(order[start..<start + size]))
        let inertia = try step(rows, &random, context)
        // The first batch met centres that no row had moved yet.
        if pass == 0 && start == 0 { continue }
        smoothed = smoothed.isFinite ? smoothed + share * (inertia - smoothed) : inertia
        waited = smoothed < least ? 0 : waited + 1
        least = min(least, smoothed)
        if waited >= patience { return }
      }
    }
  }

  /// Moves the centres by one batch; returns its inertia before.
  mutating func step(
    _ rows: Matrix<Float>, _ random: inout RandomStream, _ context: StageContext
  ) throws(StageError) -> Double {
    let found = try NearestCentroids(centroids).assign(rows, context)
    move(rows, RowsByCluster(found.clusters, count: centroids.rows))
    seen += rows.rows
    if seen >= 10 * centroids.rows {
      seen = 0
      restart(rows, &random)
    }
    return found.inertia
  }

  /// Takes the rows of each cluster into its centre.
  private mutating func move(_ rows: Matrix<Float>, _ groups: RowsByCluster) {
    let (columns, weights) = (rows.columns, weights)
    let tile = 16
    centroids.withMutablePointer { centres in
      rows.withPointer { base in
        parallelFor((weights.count + tile - 1) / tile) { index in
          let sums = Buffer<Double>(uninitialized: columns)
          for cluster in index * tile..<min(weights.count, (index + 1) * tile) {
            let members = groups.rows(of: cluster)
            if members.isEmpty { continue }
            sums.base.update(repeating: 0, count: columns)
            for row in members { Kernels.addScaled(1, base + row * columns, to: sums.base, count: columns) }
            let (before, centre) = (weights[cluster], centres + cluster * columns)
            let factor = 1 / (before + Double(members.count))
            for column in 0..<columns {
              centre[column] = Float((Double(centre[column]) * before + sums.base[column]) * factor)
            }
          }
        }
      }
    }
    for cluster in weights.indices { self.weights[cluster] += Double(groups.rows(of: cluster).count) }
  }

  /// Starts centres that have far fewer rows than others anew from rows of the batch.
  private mutating func restart(_ rows: Matrix<Float>, _ random: inout RandomStream) {
    let limit = reassignment * (weights.max() ?? 0)
    let starved = weights.indices.filter { weights[$0] < limit }
      .sorted { (weights[$0], $0) < (weights[$1], $1) }.prefix(rows.rows / 2)
    if starved.isEmpty { return }
    let others = Set(weights.indices).subtracting(starved)
    let weight = others.map { weights[$0] }.min() ?? 0
    for (cluster, row) in zip(starved, random.sample(starved.count, of: rows.rows)) {
      centroids.withMutablePointer { centres in
        rows.withPointer {
          (centres + cluster * rows.columns).update(from: $0 + row * rows.columns, count: rows.columns)
        }
      }
      weights[cluster] = weight
    }
  }
}

/// The rows of each cluster, ascending.
private struct RowsByCluster {
  /// Where each cluster's rows begin, and where the last one's end.
  private var starts: [Int]
  private var order: [Int]

  init(_ clusters: [Int32], count: Int) {
    starts = [Int](repeating: 0, count: count + 1)
    for cluster in clusters { starts[Int(cluster) + 1] += 1 }
    for cluster in 0..<count { starts[cluster + 1] += starts[cluster] }
    var next = starts
    order = [Int](repeating: 0, count: clusters.count)
    for (row, cluster) in clusters.enumerated() {
      order[next[Int(cluster)]] = row
      next[Int(cluster)] += 1
    }
  }

  func rows(of cluster: Int) -> ArraySlice<Int> { order[starts[cluster]..<starts[cluster + 1]] }
}
