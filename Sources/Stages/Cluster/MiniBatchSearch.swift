import LinearAlgebra
import StageKit

/// Rows of which few at a time are taken, less a mean that keeps their numbers small.
struct CenteredTable {
  let matrix: Matrix<Float>
  /// The means of the columns over some thousand rows, which serve as well as those of all.
  let means: [Double]

  init(_ matrix: Matrix<Float>) {
    let step = max(1, matrix.rows / 1024)
    self.matrix = matrix
    means = columnMeans(of: matrix.selecting(rows: Array(stride(from: 0, to: matrix.rows, by: step))))
  }

  /// Some rows less the means.
  func rows(_ indices: some Collection<Int>) -> Matrix<Float> {
    centered(matrix.selecting(rows: Array(indices)), means: means)
  }

  /// Has rows of a table that lies in a file read from the disk meanwhile.
  func willRead(_ indices: some Collection<Int>) { FileMemory.willRead(rows: indices, of: matrix) }
}

/// The nearest centre of each row, and the sum of the squared distances.
func assigned(
  _ rows: Matrix<Float>, to centroids: Matrix<Float>, _ context: StageContext
) throws(StageError) -> (clusters: [Int32], inertia: Double) {
  let found = try nearest(rows: rows, to: centroids, stoppingAt: context.safePoint)
  return (found.index, found.squaredDistance.reduce(0) { $0 + Double($1) })
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
        let rows = table.rows(order[start..<start + size])
        table.willRead(order[start + size..<min(order.count, start + 2 * size)])
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
    let found = try assigned(rows, to: centroids, context)
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
