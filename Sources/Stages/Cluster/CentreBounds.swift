import LinearAlgebra

/// Short rows by which most centres are passed over, where that pays.
///
/// Whether it does is told by counts: how many centres have to be looked at for each of a sample of rows. What is found
/// is the nearest centre in either case.
struct CentreBounds {
  private let table: CenteredRows
  /// Rows at a fixed distance from each other.
  private let sampled: [Int]
  private let sample: Matrix<Float>
  private var axes: ProjectionAxes?
  private var hasSearchedAxes = false
  /// All rows on the axes that were chosen, once they were.
  private(set) var rows: ProjectedRows?

  /// The rows of the sample at most.
  private static let sampleSize = 256
  /// How many axes are tried.
  private static let widths = [8, 16, 32, 48, 64, 96, 128]
  /// Shorter rows are compared whole.
  static let leastColumns = 32
  /// The least number of products for which the axes are worth their search.
  private static let leastWork = 1 << 28

  init(_ table: CenteredRows) {
    self.table = table
    let step = max(1, (table.rows.rows + Self.sampleSize - 1) / Self.sampleSize)
    sampled = Array(stride(from: 0, to: table.rows.rows, by: step))
    sample = table.rows.selecting(rows: sampled)
  }

  /// The projected rows and centres where few centres have to be looked at; nil where all may as well be.
  ///
  /// - Parameter nearest: for each row a centre that is probably near.
  mutating func points(
    _ centroids: Matrix<Float>, nearest: UnsafePointer<Int32>
  ) -> (rows: ProjectedRows, centres: ProjectedRows.Points)? {
    let (count, clusters, columns) = (table.rows.rows, centroids.rows, centroids.columns)
    guard clusters >= 16, columns >= Self.leastColumns, count * clusters * columns >= Self.leastWork else {
      return nil
    }
    guard let axes = searchAxes(most: min(128, clusters, columns / 4)) else { return nil }
    let given = sampled.map { nearest[$0] }
    if let rows {
      let centres = ProjectedRows.Points(centroids, on: rows.axes)
      let short = ProjectedRows(sample, on: rows.axes)
      return cost(short, centres, given) < Double(clusters * columns) ? (rows, centres) : nil
    }
    var best: (cost: Double, axes: ProjectionAxes, centres: ProjectedRows.Points)?
    for width in Self.widths where width <= axes.count {
      let own = axes.prefix(width)
      let centres = ProjectedRows.Points(centroids, on: own)
      // Projecting all rows is a cost as well, shared by the iterations to come.
      let cost = cost(ProjectedRows(sample, on: own), centres, given) + Double(columns * width / 8)
      if cost < best?.cost ?? Double(clusters * columns) { best = (cost, own, centres) }
    }
    guard let best else { return nil }
    let projected = ProjectedRows(table.rows, on: best.axes)
    rows = projected
    return (projected, best.centres)
  }

  private mutating func searchAxes(most: Int) -> ProjectionAxes? {
    if !hasSearchedAxes {
      axes = ProjectionAxes(sampling: table.rows, count: min(most, table.rows.rows))
      hasSearchedAxes = true
    }
    return axes
  }

  /// What a row costs, in multiplications of a product of matrices.
  private func cost(_ short: ProjectedRows, _ centres: ProjectedRows.Points, _ given: [Int32]) -> Double {
    let scores = Buffer<Double>(uninitialized: sampled.count)
    let indices = Buffer<Int32>(uninitialized: sampled.count)
    for (position, index) in given.enumerated() { indices.base[position] = index }
    let panels = (sampled.count + RowPanels.width - 1) / RowPanels.width
    let looked = Buffer<Int>(repeating: 0, count: panels)
    parallelFor(panels) {
      looked.base[$0] = short.nearest($0..<$0 + 1, to: centres, scores: scores.base, indices: indices.base)
    }
    let mean = Double((0..<panels).reduce(0) { $0 + looked.base[$1] }) / Double(max(1, sampled.count))
    // Single products in double take about five times as long as those of matrices.
    return 1.2 * Double(centres.count * (short.axes.count + 1)) + 5 * mean * Double(sample.columns) + 250
  }
}
