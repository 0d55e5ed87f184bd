import Artifacts
import LinearAlgebra
import StageKit

/// Reaches row after row, always the one nearest to those that are reached: the steps, by their lengths, are the joins
/// of single linkage.
struct SpanningTreeSearch {
  private let panels: RowPanels
  private let matrix: Matrix<Float>
  /// All distances, where there is room for them; else they are computed row by row.
  private let all: ClusterDistances?
  /// The distance of each row to the nearest that is reached; infinite for those.
  private let nearest: Buffer<Double>
  private let isReached: Buffer<Bool>
  private let found: Buffer<Double>
  private let tiles: [Range<Int>]

  init(_ matrix: Matrix<Float>, _ all: ClusterDistances?) {
    (self.matrix, self.all) = (matrix, all)
    panels = RowPanels(all == nil ? matrix : .empty)
    nearest = Buffer(repeating: .infinity, count: matrix.rows)
    isReached = Buffer(repeating: false, count: matrix.rows)
    let width = RowPanels.width
    found = Buffer(uninitialized: (matrix.rows + width - 1) / width * width)
    // Runs of whole panels that are worth a thread's while.
    let work = all == nil ? max(1, matrix.columns) : 8
    let size = max(1, 65_536 / work / width) * width
    tiles = stride(from: 0, to: matrix.rows, by: size).map { $0..<min(matrix.rows, $0 + size) }
  }

  /// The steps, from the first row on; of equally near rows the first is reached first.
  ///
  /// - Throws: `cancelled`.
  mutating func joins(_ context: StageContext) throws(StageError) -> [Join] {
    var joins: [Join] = []
    var row = 0
    let least = Buffer<(row: Int, distance: Double)>(uninitialized: tiles.count)
    while joins.count < matrix.rows - 1 {
      try context.checkCancelled()
      isReached.base[row] = true
      let point = all == nil ? matrix.row(row) : []
      parallelFor(tiles.count) { least.base[$0] = reach(from: row, point, tiles[$0]) }
      var next = least.base[0]
      for tile in tiles.indices where least.base[tile].distance < next.distance { next = least.base[tile] }
      joins.append(Join(first: row, second: next.row, height: next.distance))
      row = next.row
    }
    return joins
  }

  /// Brings the distances of some rows up to date; the first of the nearest of them.
  private func reach(from row: Int, _ point: [Float], _ tile: Range<Int>) -> (row: Int, distance: Double) {
    let width = RowPanels.width
    if let all {
      all.copyDistances(from: row, to: tile, into: found.base)
    } else {
      let last = (tile.upperBound + width - 1) / width
      panels.distances(from: point, to: tile.lowerBound / width..<last, into: found.base)
    }
    var least = (row: tile.lowerBound, distance: Double.infinity)
    for other in tile where !isReached.base[other] {
      let distance = min(nearest.base[other], found.base[other])
      nearest.base[other] = distance
      if distance < least.distance { least = (other, distance) }
    }
    return least
  }
}
