import Diagnostics
import LinearAlgebra
import StageKit

/// The passes over the rows that a search for the weights of several one-vs-rest problems makes.
///
/// Vectors are rows of a matrix, one a listed problem, each with its intercept last.
struct MarginPasses {
  private let rows: MarginRows
  private let classes: [Int32]
  /// The largest residual.
  private let cap: Float
  /// Of all rows and problems.
  private let pressures: Buffer<Float>
  private let multipliers: Buffer<Float>?
  /// Products of all rows with the listed problems: what is left of the last pass.
  private let products: Buffer<Float>
  /// Sums of each group of tiles.
  private let parts: Buffer<Double>
  private let context: StageContext

  init(_ rows: MarginRows, classes: [Int32], cap: Double?, _ context: StageContext) {
    (self.rows, self.classes, self.context) = (rows, classes, context)
    self.cap = cap.map { Float($0) } ?? .infinity
    let total = rows.panels.paddedRows * classes.count
    pressures = Buffer(uninitialized: total)
    multipliers = cap == nil ? nil : Buffer(repeating: 0, count: total)
    products = Buffer(uninitialized: total)
    let size = (rows.width + 15) / 16 * 16 * classes.count
    parts = Buffer(uninitialized: rows.groups.count * size)
  }

  /// A vector of each listed problem, as the kernels read them.
  private struct Packed {
    let weights: [Float]
    let intercepts: [Float]
    let kernels: MarginKernels
    let count: Int
  }

  private func packed(_ vectors: Matrix<Double>, _ list: [Int]) -> Packed {
    let (inner, count) = (rows.width - 1, list.count)
    var weights = [Float](repeating: 0, count: count * inner)
    var intercepts = [Float](repeating: 0, count: count)
    vectors.withPointer { base in
      for index in 0..<count {
        for column in 0..<inner { weights[index * inner + column] = Float(base[index * rows.width + column]) }
        intercepts[index] = Float(base[index * rows.width + inner])
      }
    }
    return Packed(
      weights: weights, intercepts: intercepts,
      kernels: MarginKernels(classes: classes, listed: list, cap: cap), count: count)
  }

  /// The panels of a tile, and where its parts of the arrays begin.
  private struct Tile {
    let group: Int
    let panels: Range<Int>
    var first: Int { panels.lowerBound * RowPanels.width }
  }

  /// Calls `body` for every tile, those of a group one after the other.
  private func forEachTile(_ body: (Tile) -> Void) throws(StageError) {
    try parallelFor(rows.groups.count, stoppingAt: context.safePoint) { group in
      let range = rows.groups[group]
      for start in stride(from: range.lowerBound, to: range.upperBound, by: MarginRows.tilePanels)
      where !context.shouldStop {
        body(Tile(group: group, panels: start..<min(range.upperBound, start + MarginRows.tilePanels)))
      }
    }
  }

  private func multiply(_ tile: Tile, _ packed: Packed) -> UnsafeMutablePointer<Float> {
    let out = products.base + tile.first * packed.count
    packed.weights.withUnsafeBufferPointer { weights in
      // Without columns there would be no weights: features have at least one.
      guard let base = weights.baseAddress else { return }
      rows.panels.products(tile.panels, with: RowPanels.Points(base, count: packed.count), into: out)
    }
    return out
  }

  private func withClasses<R>(_ tile: Tile, _ body: (UnsafePointer<Int32>) -> R?) -> R? {
    rows.classOf.withUnsafeBufferPointer { classes in
      classes.baseAddress.flatMap { body($0 + tile.first) }
    }
  }
}

extension MarginPasses {
  /// Sets the pressures at some weights; gives their sums and Σ residual · sign · row.
  ///
  /// - Throws: `cancelled`.
  func residuals(
    at vectors: Matrix<Double>, _ list: [Int], stiffness: [Double]
  ) throws(StageError) -> (sums: [MarginKernels.Sums], forces: Matrix<Double>) {
    let packed = packed(vectors, list)
    let stiffness = list.map { Float(stiffness[$0]) }
    let found = Buffer<MarginKernels.Sums>(repeating: .zero, count: rows.groups.count * list.count)
    clearParts(list)
    try forEachTile { tile in
      let place = tile.first * classes.count
      let part = multiply(tile, packed)
      let sums = withClasses(tile) { classOf in
        packed.kernels.residuals(
          part, panels: tile.panels.count, intercepts: packed.intercepts, classOf: classOf,
          multipliers: multipliers.map { UnsafePointer($0.base + place) }, stiffness: stiffness,
          pressures: pressures.base + place)
      }
      for (index, sum) in (sums ?? []).enumerated() {
        (found.base + tile.group * list.count + index).pointee.add(sum)
      }
      addForces(tile, part, list.count)
    }
    let sums = list.indices.map { index in
      rows.groups.indices.reduce(into: MarginKernels.Sums.zero) {
        $0.add(found.base[$1 * list.count + index])
      }
    }
    return (sums, gathered(list.count))
  }

  /// Σ row · (row · vector) over the rows that are bent at the pressures that were set.
  ///
  /// - Throws: `cancelled`.
  func curvature(along vectors: Matrix<Double>, _ list: [Int]) throws(StageError) -> Matrix<Double> {
    let packed = packed(vectors, list)
    clearParts(list)
    try forEachTile { tile in
      let part = multiply(tile, packed)
      packed.kernels.masked(
        part, panels: tile.panels.count, intercepts: packed.intercepts,
        pressures: pressures.base + tile.first * classes.count)
      addForces(tile, part, list.count)
    }
    return gathered(list.count)
  }

  /// Sets the directions: what scores change by along some vectors.
  ///
  /// The next pass that multiplies forgets them.
  ///
  /// - Throws: `cancelled`.
  func setDirections(_ vectors: Matrix<Double>, _ list: [Int]) throws(StageError) {
    let packed = packed(vectors, list)
    try forEachTile { tile in
      packed.kernels.shifted(
        multiply(tile, packed), panels: tile.panels.count, intercepts: packed.intercepts)
    }
  }

  /// The sums of residuals times directions after a step along the directions that were set, and of bent squares.
  ///
  /// - Parameter steps: the step times the stiffness, one a listed problem.
  /// - Throws: `cancelled`.
  func slopes(_ list: [Int], steps: [Double]) throws(StageError) -> [(slope: Double, bend: Double)] {
    let kernels = MarginKernels(classes: classes, listed: list, cap: cap)
    let steps = steps.map { Float($0) }
    let found = Buffer<Double>(repeating: 0, count: rows.groups.count * list.count * 2)
    try forEachTile { tile in
      let sums = withClasses(tile) { classOf in
        kernels.slopes(
          products.base + tile.first * list.count, panels: tile.panels.count, classOf: classOf,
          pressures: pressures.base + tile.first * classes.count, steps: steps)
      }
      for (index, sum) in (sums ?? []).enumerated() {
        let place = found.base + (tile.group * list.count + index) * 2
        place[0] += sum.slope
        place[1] += sum.bend
      }
    }
    return list.indices.map { index in
      rows.groups.indices.reduce(into: (slope: 0.0, bend: 0.0)) {
        $0.slope += found.base[($1 * list.count + index) * 2]
        $0.bend += found.base[($1 * list.count + index) * 2 + 1]
      }
    }
  }

  /// Makes multipliers of the residuals at the pressures that were set.
  ///
  /// - Throws: `cancelled`.
  func updateMultipliers(_ list: [Int]) throws(StageError) {
    guard let multipliers else { return }
    let kernels = MarginKernels(classes: classes, listed: list, cap: cap)
    try forEachTile { tile in
      let place = tile.first * classes.count
      kernels.multipliers(
        pressures.base + place, panels: tile.panels.count, into: multipliers.base + place)
    }
  }

  private func partSize(_ listed: Int) -> Int { (rows.width + 15) / 16 * 16 * listed }

  private func clearParts(_ list: [Int]) {
    parts.base.update(repeating: 0, count: rows.groups.count * partSize(list.count))
  }

  /// Adds Σ residual · row over a tile to the sums of its group.
  private func addForces(_ tile: Tile, _ residuals: UnsafePointer<Float>, _ listed: Int) {
    let part = parts.base + tile.group * partSize(listed)
    for column in stride(from: 0, to: rows.padded.width, by: RowPanels.width) {
      PanelKernels.residualProducts(
        residuals, panels: tile.panels.count, classes: listed,
        columns: rows.padded.base(row: tile.first) + column, stride: rows.padded.width,
        to: part + column * listed)
    }
  }

  /// The sums of all groups, added in order.
  private func gathered(_ listed: Int) -> Matrix<Double> {
    let (size, total) = (RowPanels.width, partSize(listed))
    return Matrix(rows: listed, columns: rows.width) { target in
      guard let target = target.baseAddress else { return }
      parallelFor(listed) { index in
        for column in 0..<rows.width {
          let place = (column / size * listed + index) * size + column % size
          var sum = 0.0
          for group in rows.groups.indices { sum += parts.base[group * total + place] }
          target[index * rows.width + column] = sum
        }
      }
    }
  }
}
