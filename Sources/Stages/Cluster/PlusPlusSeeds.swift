import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Rows to start from, and for each row of the table the first of those nearest to it.
struct Seeds {
  var rows: [Int]
  /// The place of the nearest seed among `rows`.
  var nearest: Buffer<Int32>
  /// The squared distance from it.
  var distances: Buffer<Float>
}

extension CenteredRows {
  /// Rows to start from, far from each other: greedy k-means++.
  ///
  /// Each further row is the best of 2 + ln k candidates, which are drawn with probability in proportion to the
  /// squared distance from the rows chosen before: that which leaves the least sum of these distances.
  func greedySeeds(
    _ count: Int, _ random: inout RandomStream, _ context: StageContext
  ) throws(StageError) -> Seeds {
    var search = SeedSearch(self, trials: 2 + Int(log(Double(count))))
    try search.start(&random, context)
    while search.seeds.rows.count < count { try search.addSeed(&random, context) }
    return search.seeds
  }

  /// As `greedySeeds`, the rows alone.
  func plusPlusSeeds(
    _ count: Int, _ random: inout RandomStream, _ context: StageContext
  ) throws(StageError) -> [Int] {
    try greedySeeds(count, &random, context).rows
  }
}

/// Greedy k-means++ that reads the rows once for the candidates of several steps.
///
/// Candidates for the steps to come are drawn by today's distances w. When its turn comes, one is taken with probability
/// w′ ÷ w, where w′ ≤ w is its distance by then, and passed over otherwise: those taken are drawn in proportion to w′.
private struct SeedSearch {
  private let table: CenteredRows
  private let trials: Int
  private(set) var seeds: Seeds
  /// The sums of `seeds.distances` over each tile.
  private var sums: [Double]
  /// Candidates with their distances from all rows: slot after slot.
  private var candidates: [Candidate] = []
  private let distances: Buffer<Float>
  /// The slot whose turn is next.
  private var next = 0
  /// How many candidates are drawn at a time, and how many may be.
  private var width: Int
  private let mostCandidates: Int
  /// How many candidates were taken since they were drawn.
  private var taken = 0

  private struct Candidate {
    var row: Int
    /// It is passed over unless its distance is above this.
    var threshold: Float
  }

  init(_ table: CenteredRows, trials: Int) {
    self.table = table
    self.trials = trials
    let count = table.rows.rows
    // As many as fit into 64 MB.
    mostCandidates = max(trials, min(48, (64 << 20) / (4 * max(1, count))))
    width = trials
    distances = Buffer(uninitialized: mostCandidates * count)
    seeds = Seeds(
      rows: [], nearest: Buffer(repeating: 0, count: count),
      distances: Buffer(repeating: .infinity, count: count))
    sums = []
  }

  private var potential: Double { sums.reduce(0, +) }

  /// Takes a first row.
  mutating func start(_ random: inout RandomStream, _ context: StageContext) throws(StageError) {
    candidates = [Candidate(row: random.below(table.rows.rows), threshold: -1)]
    try measure(context)
    take(0, potentials([0])[0])
    next = 1
  }

  /// Takes the best of some candidates.
  mutating func addSeed(_ random: inout RandomStream, _ context: StageContext) throws(StageError) {
    var slots: [Int] = []
    while slots.count < trials {
      if next == candidates.count {
        try refill(keeping: slots, &random, context)
        slots = Array(slots.indices)
      }
      let candidate = candidates[next]
      if seeds.distances.base[candidate.row] > candidate.threshold || potential == 0 {
        slots.append(next)
        taken += 1
      }
      next += 1
    }
    let sums = potentials(slots)
    let totals = sums.map { $0.reduce(0, +) }
    let best = totals.indices.min { totals[$0] < totals[$1] } ?? 0
    take(slots[best], sums[best])
  }

  /// Draws candidates anew behind those of this step.
  private mutating func refill(
    keeping slots: [Int], _ random: inout RandomStream, _ context: StageContext
  ) throws(StageError) {
    // Many when few of them were passed over.
    if 4 * taken >= 3 * candidates.count { width = min(mostCandidates, 2 * width) }
    if 2 * taken < candidates.count { width = max(trials, width / 2) }
    candidates = slots.map { candidates[$0] } + draw(width - slots.count, &random)
    try measure(context)
    (next, taken) = (slots.count, slots.count)
  }

  /// Rows drawn in proportion to their distances; any rows where all are zero.
  private func draw(_ count: Int, _ random: inout RandomStream) -> [Candidate] {
    let potential = potential
    return (0..<count).map { _ in
      guard potential > 0 else { return Candidate(row: random.below(table.rows.rows), threshold: -1) }
      let row = row(at: random.uniform() * potential)
      return Candidate(row: row, threshold: Float(random.uniform()) * seeds.distances.base[row])
    }
  }

  /// The row where the sum of distances passes `target`.
  private func row(at target: Double) -> Int {
    var (sum, found) = (0.0, 0)
    for (tile, rows) in table.tiles.enumerated() where sums[tile] > 0 {
      if sum + sums[tile] <= target && tile + 1 < table.tiles.count {
        sum += sums[tile]
        continue
      }
      for row in rows where seeds.distances.base[row] > 0 {
        found = row
        sum += Double(seeds.distances.base[row])
        if sum > target { return row }
      }
    }
    return found
  }

  /// Computes the distances of all candidates.
  private func measure(_ context: StageContext) throws(StageError) {
    let points = PointScan(table.rows.selecting(rows: candidates.map(\.row)))
    let count = table.rows.rows
    let blocks = (count + 511) / 512
    table.norms.withUnsafeBufferPointer { norms in
      guard let norms = norms.baseAddress else { return }
      parallelFor(blocks) { block in
        if context.shouldStop { return }
        points.squaredDistances(
          block * 512..<min(count, block * 512 + 512), of: table.rows, rowNorms: norms,
          into: distances.base, stride: count)
      }
    }
    try context.checkCancelled()
  }

  /// For each slot the sums over the tiles of what the distances would be with its candidate.
  private func potentials(_ slots: [Int]) -> [[Double]] {
    let (tiles, count) = (table.tiles, table.rows.rows)
    let parts = Buffer<Double>(repeating: 0, count: slots.count * tiles.count)
    parallelFor(tiles.count) { tile in
      let rows = tiles[tile]
      for (place, slot) in slots.enumerated() {
        parts.base[place * tiles.count + tile] = Kernels.sumOfLesser(
          seeds.distances.base + rows.lowerBound, distances.base + slot * count + rows.lowerBound,
          count: rows.count)
      }
    }
    return slots.indices.map { place in tiles.indices.map { parts.base[place * tiles.count + $0] } }
  }

  private mutating func take(_ slot: Int, _ sums: [Double]) {
    let (mark, count) = (Int32(seeds.rows.count), table.rows.rows)
    let (nearest, least) = (seeds.nearest.base, seeds.distances.base)
    parallelFor(table.tiles.count) { tile in
      let rows = table.tiles[tile]
      Kernels.keepLesser(
        least + rows.lowerBound, marks: nearest + rows.lowerBound,
        distances.base + slot * count + rows.lowerBound, mark: mark, count: rows.count)
    }
    seeds.rows.append(candidates[slot].row)
    self.sums = sums
  }
}
