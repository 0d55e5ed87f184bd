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
  /// What is passed over in the search for the nearest centres.
  private(set) var bounds: CentreBounds
  /// The seeds that the centres are, as long as they are.
  private var seeds: Seeds?
  /// ‖centre‖² − 2 row·centre of each row and its nearest centre.
  private let scores: Buffer<Double>
  /// The nearest centre of each row.
  private let nearest: Buffer<Int32>
  /// Whether `nearest` holds centres.
  private var hasAssigned = false
  /// The cluster whose sums hold each row; −1 before the first iteration.
  private let members: Buffer<Int32>
  /// Sums of the rows of each cluster, tile after tile; a row that changes its cluster moves from sum to sum.
  private let sums: Buffer<Double>
  private let counts: Buffer<Int>

  /// A start from any centres, at least one.
  init(_ table: CenteredRows, centroids: Matrix<Float>, bounds: CentreBounds? = nil) {
    self.table = table
    self.centroids = centroids
    self.bounds = bounds ?? CentreBounds(table)
    clusterCount = centroids.rows
    scores = Buffer(uninitialized: table.rows.rows)
    nearest = Buffer(uninitialized: table.rows.rows)
    members = Buffer(repeating: -1, count: table.rows.rows)
    sums = Buffer(repeating: 0, count: table.tiles.count * centroids.count)
    counts = Buffer(repeating: 0, count: table.tiles.count * centroids.rows)
  }

  /// A start from rows whose distances are known.
  init(_ table: CenteredRows, seeds: Seeds, bounds: CentreBounds) {
    self.init(table, centroids: table.rows.selecting(rows: seeds.rows), bounds: bounds)
    self.seeds = seeds
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
    try findNearest(context)
    let changes = Buffer<Int>(repeating: 0, count: table.tiles.count)
    let (members, nearest, columns) = (members.base, nearest.base, table.rows.columns)
    parallelFor(table.tiles.count) { tile in
      let tileSums = tileSums(tile)
      var changed = 0
      table.rows.withPointer { rows in
        for row in table.tiles[tile] where members[row] != nearest[row] {
          tileSums.move(rows + row * columns, from: members[row], to: nearest[row])
          members[row] = nearest[row]
          changed += 1
        }
      }
      changes.base[tile] = changed
    }
    try context.checkCancelled()
    return table.tiles.indices.reduce(0) { $0 + changes.base[$1] }
  }

  /// Finds the nearest centre of each row.
  private mutating func findNearest(_ context: StageContext) throws(StageError) {
    defer { hasAssigned = true }
    if let seeds {
      for row in 0..<table.rows.rows {
        nearest.base[row] = seeds.nearest.base[row]
        scores.base[row] = Double(seeds.distances.base[row]) - Double(table.norms[row])
      }
      self.seeds = nil
      return
    }
    let (scores, nearest) = (scores.base, nearest.base)
    if hasAssigned, let bounded = bounds.points(centroids, nearest: nearest) {
      forEachPart(context) { rows in
        let panels =
          rows.lowerBound / RowPanels.width..<(rows.upperBound + RowPanels.width - 1) / RowPanels.width
        _ = bounded.rows.nearest(panels, to: bounded.centres, scores: scores, indices: nearest)
      }
    } else {
      let points = PointScan(centroids)
      let rows = table.rows
      forEachPart(context) { points.nearest($0, of: rows, scores: scores, indices: nearest) }
    }
    try context.checkCancelled()
  }

  /// Calls `body` with parts of the rows, each but the last a whole number of panels; leaves some out when the run is
  /// interrupted.
  private func forEachPart(_ context: StageContext, _ body: (Range<Int>) -> Void) {
    let (count, size) = (table.rows.rows, 1024)
    parallelFor((count + size - 1) / size) { part in
      if !context.shouldStop { body(part * size..<min(count, part * size + size)) }
    }
  }

  private func tileSums(_ tile: Int) -> TileSums {
    let columns = table.rows.columns
    return TileSums(
      sums: sums.base + tile * clusterCount * columns, counts: counts.base + tile * clusterCount,
      columns: columns)
  }

  /// Moves the rows that are farthest from their centre to the clusters that have none; whether there were any.
  private mutating func fillEmptyClusters() -> Bool {
    let empty = (0..<clusterCount).filter { size(of: $0) == 0 }
    if empty.isEmpty { return false }
    let rows = 0..<table.rows.rows
    let distances = rows.map { Double(table.norms[$0]) + scores.base[$0] }
    let order = rows.sorted { (-distances[$0], $0) < (-distances[$1], $1) }
    var unfilled = empty[...]
    for row in order where size(of: Int(members.base[row])) > 1 {
      guard isApart(row), let cluster = unfilled.popFirst() else { break }
      move(row, to: Int32(cluster))
    }
    return unfilled.count < empty.count
  }

  private mutating func move(_ row: Int, to cluster: Int32) {
    let columns = table.rows.columns
    let tile = table.tiles.firstIndex { $0.contains(row) } ?? 0
    table.rows.withPointer { tileSums(tile).move($0 + row * columns, from: members.base[row], to: cluster) }
    members.base[row] = cluster
  }

  /// Whether a row lies elsewhere than its centre.
  private func isApart(_ row: Int) -> Bool { squaredDistance(row) > 0 }

  private func squaredDistance(_ row: Int) -> Double {
    let columns = table.rows.columns
    return table.rows.withPointer { rows in
      centroids.withPointer {
        Kernels.squaredDistance(rows + row * columns, $0 + Int(members.base[row]) * columns, count: columns)
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
    let shifts = Buffer<Double>(repeating: 0, count: clusterCount)
    centroids.withMutablePointer { base in
      parallelFor(clusterCount) { cluster in
        if sizes[cluster] == 0 { return }
        for column in 0..<columns {
          let place = cluster * columns + column
          var sum = 0.0
          for tile in 0..<tiles { sum += sums.base[tile * clusterCount * columns + place] }
          let moved = Float(sum / Double(sizes[cluster]))
          let difference = Double(moved) - Double(base[place])
          shifts.base[cluster] += difference * difference
          base[place] = moved
        }
      }
    }
    return (0..<clusterCount).reduce(0) { $0 + shifts.base[$1] }
  }

  private func result() -> LloydResult {
    var inertias = [Double](repeating: 0, count: table.tiles.count)
    inertias.withUnsafeMutableBufferPointer { inertias in
      nonisolated(unsafe) let inertias = inertias
      parallelFor(table.tiles.count) { tile in
        inertias[tile] = table.tiles[tile].reduce(0) { $0 + squaredDistance($1) }
      }
    }
    let clusters = Array(UnsafeBufferPointer(start: members.base, count: members.count))
    return LloydResult(clusters: clusters, centroids: centroids, inertia: inertias.reduce(0, +))
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
