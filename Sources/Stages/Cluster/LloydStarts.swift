import LinearAlgebra
import StageKit

/// Several starts of Lloyd's iteration, of which the one of least inertia is kept.
struct LloydStarts {
  var clusters: Int
  var starts: Int
  var seeding: Seeding
  var iterations: Int
  /// A start ends when the squared moves of the centres add up to this or less.
  var shiftLimit: Double

  /// Tables of so many values at most are searched from several starts at once.
  private static let smallTable = 1 << 19

  /// The result of least inertia, the first of equal ones; there are at least as many rows as clusters.
  ///
  /// Start i takes its random numbers from substream i.
  func best(
    of table: CenteredRows, _ random: RandomStream, _ context: StageContext
  ) throws(StageError) -> LloydResult {
    let count = max(1, starts)
    // Short rows have no bounds that a start could leave to the next.
    if count > 1, table.rows.columns < CentreBounds.leastColumns, table.rows.count <= Self.smallTable {
      return try bestSideBySide(count, table, random, context)
    }
    var bounds = CentreBounds(table)
    var best = try start(random.substream(0), table, &bounds, context)
    for number in 1..<count {
      let found = try start(random.substream(UInt64(number)), table, &bounds, context)
      if found.inertia < best.inertia { best = found }
    }
    return best
  }

  private func bestSideBySide(
    _ count: Int, _ table: CenteredRows, _ random: RandomStream, _ context: StageContext
  ) throws(StageError) -> LloydResult {
    var found = [Result<LloydResult, StageError>?](repeating: nil, count: count)
    found.withUnsafeMutableBufferPointer { found in
      nonisolated(unsafe) let found = found
      parallelFor(count) { number in
        found[number] = Result { () throws(StageError) in
          var bounds = CentreBounds(table)
          return try start(random.substream(UInt64(number)), table, &bounds, context)
        }
      }
    }
    var best: LloydResult?
    for result in found {
      guard let start = try result?.get() else { continue }
      if start.inertia < best?.inertia ?? .infinity { best = start }
    }
    guard let best else { throw distancesNotFinite() }
    return best
  }

  /// One start, with random numbers of its own.
  private func start(
    _ stream: RandomStream, _ table: CenteredRows, _ bounds: inout CentreBounds, _ context: StageContext
  ) throws(StageError) -> LloydResult {
    var random = stream
    var search: LloydSearch
    if seeding.isGreedy(for: clusters) {
      // Its distances are those of the first assignment.
      let seeds = try table.greedySeeds(clusters, &random, context)
      search = LloydSearch(table, seeds: seeds, bounds: bounds)
    } else {
      let rows = try seeding.seeds(clusters, of: table, &random, context)
      search = LloydSearch(table, centroids: table.rows.selecting(rows: rows), bounds: bounds)
    }
    defer { bounds = search.bounds }
    return try search.run(iterations: iterations, shiftLimit: shiftLimit, context)
  }
}
