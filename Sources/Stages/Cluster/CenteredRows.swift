import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Rows minus their mean, packed for scans, with what a scan needs of each.
struct CenteredRows: Sendable {
  let means: [Double]
  let meanVariance: Double
  let rows: Matrix<Float>
  let panels: RowPanels
  /// ‖row‖² with zeros for the padding.
  let norms: [Float]
  /// Runs of panels that are worth a thread's while, at most 16: as many as there are partial sums.
  let tiles: [Range<Int>]

  init(_ matrix: Matrix<Float>) {
    means = columnMeans(of: matrix)
    meanVariance = columnVariances(of: matrix, means: means).reduce(0, +) / Double(max(1, matrix.columns))
    rows = centered(matrix, means: means)
    panels = RowPanels(rows)
    let squares = rows.squaredRowNorms().map { Float($0) }
    norms = squares + [Float](repeating: 0, count: panels.paddedRows - squares.count)
    let (count, size) = (panels.count, max(32, (panels.count + 15) / 16))
    tiles = stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }

  /// Those rows of a tile that are no padding.
  func rowRange(_ tile: Range<Int>) -> Range<Int> {
    tile.lowerBound * RowPanels.width..<min(rows.rows, tile.upperBound * RowPanels.width)
  }

  /// Refuses rows whose distances are beyond all numbers.
  ///
  /// - Throws: `outOfRange`.
  func requireFiniteDistances() throws(StageError) {
    // Between two rows lie four times the square of the larger norm at most.
    guard norms.allSatisfy({ $0 < .greatestFiniteMagnitude / 8 }) else { throw distancesNotFinite() }
  }

  /// Points with the mean added again.
  func uncentered(_ points: Matrix<Float>) -> Matrix<Float> { points.adding(means) }
}

extension Matrix<Float> {
  /// The matrix with `means` added to each row.
  func adding(_ means: [Double]) -> Matrix<Float> {
    Matrix(rows: rows, columns: columns) { target in
      for index in target.indices {
        let (row, column) = index.quotientAndRemainder(dividingBy: columns)
        target[index] = Float(Double(self[row, column]) + means[column])
      }
    }
  }
}

/// The error of rows whose distances are beyond all numbers.
func distancesNotFinite() -> StageError {
  Diagnostic(
    .outOfRange, "the distances between rows go beyond the largest Float32",
    hint: "scale the features down first")
}

extension Features {
  /// Refuses a table that cannot be divided into so many clusters.
  ///
  /// - Throws: `tooFewRows`, `badShape`, `notFinite`.
  func requireRows(forClusters clusters: Int) throws(StageError) {
    try requireSize(forClusters: clusters)
    try requireFinite()
  }

  /// As `requireRows(forClusters:)`, but looks at no value.
  ///
  /// - Throws: `tooFewRows`, `badShape`.
  func requireSize(forClusters clusters: Int) throws(StageError) {
    try requireSize()
    guard rows >= clusters else {
      throw Diagnostic(
        .tooFewRows, "there are fewer rows than clusters",
        fields: ["rows": "\(rows)", "clusters": "\(clusters)"], hint: "ask for fewer clusters")
    }
  }
}

extension CenteredRows {
  /// Rows to start from, far from each other: greedy k-means++.
  ///
  /// Each further row is the best of 2 + ln k candidates, which are drawn with probability in proportion to the
  /// squared distance from the rows chosen before: that which leaves the least sum of these distances.
  func plusPlusSeeds(
    _ count: Int, _ random: inout RandomStream, _ context: StageContext
  ) throws(StageError) -> [Int] {
    var seeds = [random.below(rows.rows)]
    var closest = [Float](repeating: .infinity, count: norms.count)
    // The padding has no weight.
    for row in rows.rows..<closest.count { closest[row] = 0 }
    var potential = try narrow(&closest, to: seeds, context).potential
    let trials = 2 + Int(log(Double(count)))
    while seeds.count < count {
      let candidates = draw(trials, by: closest, potential: potential, &random)
      let next = try narrow(&closest, to: candidates, context)
      potential = next.potential
      seeds.append(candidates[next.best])
    }
    return seeds
  }

  /// Rows drawn in proportion to `weights`; any rows where all weights are zero.
  private func draw(
    _ count: Int, by weights: [Float], potential: Double, _ random: inout RandomStream
  ) -> [Int] {
    guard potential > 0 else { return (0..<count).map { _ in random.below(rows.rows) } }
    let targets = (0..<count).map { _ in random.uniform() * potential }.sorted()
    var (sum, row, found) = (0.0, -1, [Int]())
    for target in targets {
      while row + 1 < rows.rows && (sum <= target || row < 0) {
        row += 1
        sum += Double(weights[row])
      }
      found.append(row)
    }
    return found
  }

  /// Lowers the distances to the closest seed for that candidate that leaves the least sum.
  private func narrow(
    _ closest: inout [Float], to candidates: [Int], _ context: StageContext
  ) throws(StageError) -> (best: Int, potential: Double) {
    let (count, width) = (candidates.count, RowPanels.width)
    let points = rows.selecting(rows: candidates)
    let pointNorms = candidates.map { norms[$0] }
    let distances = Buffer<Float>(uninitialized: norms.count * count)
    let sums = Buffer<Double>(repeating: 0, count: tiles.count * count)
    closest.withUnsafeBufferPointer { closest in
      forEachTile(points, pointNorms, context) { tile, range, points in
        guard let closest = closest.baseAddress else { return }
        let target = distances.base + range.lowerBound * width * count
        panels.products(range, with: points, into: target)
        norms.withUnsafeBufferPointer { norms in
          guard let norms = norms.baseAddress else { return }
          PanelKernels.leastDistances(
            target, panels: range.count, to: points, rowNorms: norms + range.lowerBound * width,
            closest: closest + range.lowerBound * width, sums: sums.base + tile * count)
        }
      }
    }
    try context.checkCancelled()
    let potentials = (0..<count).map { candidate in
      tiles.indices.reduce(0.0) { $0 + sums.base[$1 * count + candidate] }
    }
    let best = potentials.indices.min { potentials[$0] < potentials[$1] } ?? 0
    closest.withUnsafeMutableBufferPointer { closest in
      for panel in 0..<panels.count {
        for lane in 0..<width {
          closest[panel * width + lane] = distances.base[(panel * count + best) * width + lane]
        }
      }
    }
    return (best, potentials[best])
  }

  /// Calls `body` with each tile and the points, on several threads; leaves tiles out when the run is interrupted.
  func forEachTile(
    _ points: Matrix<Float>, _ pointNorms: [Float], _ context: StageContext,
    _ body: (Int, Range<Int>, RowPanels.Points) -> Void
  ) {
    points.withPointer { base in
      pointNorms.withUnsafeBufferPointer { pointNorms in
        let points = RowPanels.Points(base, norms: pointNorms.baseAddress, count: points.rows)
        parallelFor(tiles.count) { if !context.shouldStop { body($0, tiles[$0], points) } }
      }
    }
  }
}
