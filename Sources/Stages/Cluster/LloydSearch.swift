import LinearAlgebra
import StageKit

/// What one start of k-means came to; the centres are those of the centred rows.
struct LloydResult {
  var clusters: [Int32]
  var centroids: Matrix<Float>
  var inertia: Double
}

/// One start of Lloyd's iteration.
struct LloydSearch {
  private let table: CenteredRows
  private let clusterCount: Int
  private var centroids: Matrix<Float>
  private var scores: [Float]
  /// The nearest centre of each row, with padding.
  private var nearest: [Int32]
  /// The cluster whose sums hold each row; −1 before the first iteration.
  private var members: [Int32]
  /// Sums of the rows of each cluster, tile after tile; a row that changes its cluster moves from sum to sum.
  private let sums: Buffer<Double>
  private let counts: Buffer<Int>

  init(_ table: CenteredRows, centroids: Matrix<Float>) {
    self.table = table
    self.centroids = centroids
    clusterCount = centroids.rows
    scores = [Float](repeating: 0, count: table.panels.paddedRows)
    nearest = [Int32](repeating: 0, count: table.panels.paddedRows)
    members = [Int32](repeating: -1, count: table.rows.rows)
    sums = Buffer(repeating: 0, count: table.tiles.count * centroids.count)
    counts = Buffer(repeating: 0, count: table.tiles.count * centroids.rows)
  }

  /// Iterates until no row changes its cluster, or the centres move by `shiftLimit` or less (Σ of squares).
  mutating func run(
    iterations: Int, shiftLimit: Double, _ context: StageContext
  ) throws(StageError) -> LloydResult {
    for _ in 0..<iterations {
      let changed = try assign(context)
      let relocated = fillEmptyClusters()
      if changed == 0 && !relocated { return result() }
      if moveCentroids() <= shiftLimit { break }
    }
    // The clusters must be those of the last centres.
    _ = try assign(context)
    return result()
  }

  /// Gives each row its nearest centre and brings the sums up to date; returns how many rows changed.
  private mutating func assign(_ context: StageContext) throws(StageError) -> Int {
    let norms = centroids.squaredRowNorms().map { Float($0) }
    let changes = Buffer<Int>(repeating: 0, count: table.tiles.count)
    let (table, sums, counts, clusterCount) = (table, sums, counts, clusterCount)
    let columns = table.rows.columns
    scores.withUnsafeMutableBufferPointer { scores in
      nearest.withUnsafeMutableBufferPointer { nearest in
        members.withUnsafeMutableBufferPointer { members in
          guard let scores = scores.baseAddress, let nearest = nearest.baseAddress,
            let members = members.baseAddress
          else { return }
          table.forEachTile(centroids, norms, context) { tile, range, points in
            table.panels.nearest(range, to: points, scores: scores, indices: nearest)
            let tileSums = TileSums(
              sums: sums.base + tile * clusterCount * columns, counts: counts.base + tile * clusterCount,
              columns: columns)
            var changed = 0
            table.rows.withPointer { rows in
              for row in table.rowRange(range) where members[row] != nearest[row] {
                tileSums.move(rows + row * columns, from: members[row], to: nearest[row])
                members[row] = nearest[row]
                changed += 1
              }
            }
            changes.base[tile] = changed
          }
        }
      }
    }
    try context.checkCancelled()
    return table.tiles.indices.reduce(0) { $0 + changes.base[$1] }
  }

  /// Moves the rows that are farthest from their centre to the clusters that have none; whether there were any.
  private mutating func fillEmptyClusters() -> Bool {
    let empty = (0..<clusterCount).filter { size(of: $0) == 0 }
    if empty.isEmpty { return false }
    let distances = members.indices.map { table.norms[$0] + scores[$0] }
    let order = members.indices.sorted { (-distances[$0], $0) < (-distances[$1], $1) }
    var unfilled = empty[...]
    for row in order where size(of: Int(members[row])) > 1 {
      guard isApart(row), let cluster = unfilled.popFirst() else { break }
      move(row, to: Int32(cluster))
    }
    return unfilled.count < empty.count
  }

  private mutating func move(_ row: Int, to cluster: Int32) {
    let columns = table.rows.columns
    let tile = table.tiles.firstIndex { table.rowRange($0).contains(row) } ?? 0
    let tileSums = TileSums(
      sums: sums.base + tile * clusterCount * columns, counts: counts.base + tile * clusterCount,
      columns: columns)
    table.rows.withPointer { tileSums.move($0 + row * columns, from: members[row], to: cluster) }
    members[row] = cluster
  }

  /// Whether a row lies elsewhere than its centre.
  private func isApart(_ row: Int) -> Bool { squaredDistance(row) > 0 }

  private func squaredDistance(_ row: Int) -> Double {
    let columns = table.rows.columns
    return table.rows.withPointer { rows in
      centroids.withPointer {
        Kernels.squaredDistance(rows + row * columns, $0 + Int(members[row]) * columns, count: columns)
      }
    }
  }

  private func size(of cluster: Int) -> Int {
    table.tiles.indices.reduce(0) { $0 + counts.base[$1 * clusterCount + cluster] }
  }

  /// Puts each centre at the mean of its rows, unless it has none.
  ///
  /// - Returns: Σ of the squared moves.
  private mutating func moveCentroids() -> Double {
    let (columns, clusterCount, tiles, sums) = (centroids.columns, clusterCount, table.tiles.count, sums)
    let sizes = (0..<clusterCount).map(size)
    var shift = 0.0
    centroids.withMutablePointer { base in
      for cluster in 0..<clusterCount where sizes[cluster] > 0 {
        for column in 0..<columns {
          let place = cluster * columns + column
          var sum = 0.0
          for tile in 0..<tiles { sum += sums.base[tile * clusterCount * columns + place] }
          let moved = Float(sum / Double(sizes[cluster]))
          let difference = Double(moved) - Double(base[place])
          shift += difference * difference
          base[place] = moved
        }
      }
    }
    return shift
  }

  private func result() -> LloydResult {
    var inertias = [Double](repeating: 0, count: table.tiles.count)
    inertias.withUnsafeMutableBufferPointer { inertias in
      nonisolated(unsafe) let inertias = inertias
      parallelFor(table.tiles.count) { tile in
        inertias[tile] = table.rowRange(table.tiles[tile]).reduce(0) { $0 + squaredDistance($1) }
      }
    }
    return LloydResult(clusters: members, centroids: centroids, inertia: inertias.reduce(0, +))
  }
}

/// The sums of one tile's rows by cluster.
private struct TileSums {
  let sums: UnsafeMutablePointer<Double>
  let counts: UnsafeMutablePointer<Int>
  let columns: Int

  /// Takes a row out of one cluster, unless that is −1, and into another.
  func move(_ row: UnsafePointer<Float>, from old: Int32, to new: Int32) {
    if old >= 0 {
      Kernels.addScaled(-1, row, to: sums + Int(old) * columns, count: columns)
      counts[Int(old)] -= 1
    }
    Kernels.addScaled(1, row, to: sums + Int(new) * columns, count: columns)
    counts[Int(new)] += 1
  }
}
