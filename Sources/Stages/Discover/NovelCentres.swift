import Artifacts
import LinearAlgebra
import StageKit

/// What is done with the centres of the known classes while those of the novel ones are looked for.
enum KnownCentres: String, PlainChoice {
  /// They only keep the first novel centres away from them.
  case seed
  /// They stay where they are, and novel rows may go to them.
  case hold
  /// They move as well, each to the mean of its class and of the novel rows that go to it.
  case move
}

/// In proportion to what first centres are drawn.
enum SeedWeight: String, PlainChoice {
  /// The squared distance from the nearest centre, as k-means++ has it.
  case squaredDistance = "squared-distance"
  /// The distance itself.
  case distance
}

/// k-means of rows of novel classes beside the centres of known ones.
struct NovelCentres {
  var clusters: Int
  var starts: Int
  var iterations: Int
  var known: KnownCentres
  var weight: SeedWeight

  struct Found {
    /// The centres of the known classes, then those of the clusters.
    var centroids: Matrix<Float>
    /// The cluster of each novel row.
    var assignment: [Int32]
    /// Σ of the squared distances of the novel rows from the nearest centres that they may go to.
    var inertia: Double
  }

  /// The best of several starts, the first of equal ones.
  func search(
    _ table: Matrix<Float>, _ rows: KnownAndNovelRows, _ random: RandomStream, _ context: StageContext
  ) throws(StageError) -> Found {
    let novel = table.selecting(rows: rows.novel)
    let classes = Assignment(clusters: rows.classOf, count: rows.classCount)
    let labelled = table.selecting(rows: rows.known)
    let search = Search(
      settings: self, novel: novel, labelled: labelled, classes: classes,
      means: labelled.clusterMeans(of: classes))
    var found = [Result<Found, StageError>?](repeating: nil, count: starts)
    found.withUnsafeMutableBufferPointer { found in
      nonisolated(unsafe) let found = found
      parallelFor(starts) { start in
        found[start] = Result { () throws(StageError) in
          try search.start(random.substream(UInt64(start)), context)
        }
      }
    }
    var best: Found?
    for result in found {
      guard let start = try result?.get() else { continue }
      if start.inertia < best?.inertia ?? .infinity { best = start }
    }
    guard let best else { throw distancesNotFinite() }
    return best
  }
}

/// One search, whose starts differ in their random numbers alone.
private struct Search: Sendable {
  let settings: NovelCentres
  let novel: Matrix<Float>
  let labelled: Matrix<Float>
  let classes: Assignment
  /// The means of the known classes.
  let means: Matrix<Float>

  func start(_ stream: RandomStream, _ context: StageContext) throws(StageError) -> NovelCentres.Found {
    var random = stream
    let seeds = try seeds(&random, context)
    var centres = means.stacked(on: novel.selecting(rows: seeds))
    var owners = try owners(centres, context).index
    for _ in 0..<settings.iterations {
      let moved = moved(centres, owners)
      let next = try self.owners(moved, context).index
      let isSettled = next == owners && moved == centres
      (centres, owners) = (moved, next)
      if isSettled { break }
    }
    let inertia = try self.owners(centres, context).squaredDistance.reduce(0.0) { $0 + Double($1) }
    let clusters = centres.selecting(rows: Array(means.rows..<centres.rows))
    let assignment = try nearest(rows: novel, to: clusters, stoppingAt: context.safePoint).index
    return NovelCentres.Found(centroids: centres, assignment: assignment, inertia: inertia)
  }

  /// Novel rows far from each other and from the known classes: each drawn by its distance from all centres so far.
  private func seeds(_ random: inout RandomStream, _ context: StageContext) throws(StageError) -> [Int] {
    var distances = try nearest(rows: novel, to: means, stoppingAt: context.safePoint).squaredDistance
    var seeds: [Int] = []
    while seeds.count < settings.clusters {
      let weights = distances.map { distance -> Double in
        settings.weight == .distance ? Double(distance).squareRoot() : Double(distance)
      }
      let seed = random.index(by: weights)
      seeds.append(seed)
      let others = try nearest(
        rows: novel, to: novel.selecting(rows: [seed]), stoppingAt: context.safePoint)
      for row in distances.indices { distances[row] = min(distances[row], others.squaredDistance[row]) }
      distances[seed] = 0
    }
    return seeds
  }

  /// The centre of each novel row among all, and the squared distance from it; only of those that rows may go to.
  private func owners(
    _ centres: Matrix<Float>, _ context: StageContext
  ) throws(StageError) -> (index: [Int32], squaredDistance: [Float]) {
    guard settings.known == .seed else {
      return try nearest(rows: novel, to: centres, stoppingAt: context.safePoint)
    }
    let own = centres.selecting(rows: Array(means.rows..<centres.rows))
    let found = try nearest(rows: novel, to: own, stoppingAt: context.safePoint)
    return (found.index.map { $0 + Int32(means.rows) }, found.squaredDistance)
  }

  /// Centres at the means of their rows; one without rows stays.
  private func moved(_ centres: Matrix<Float>, _ owners: [Int32]) -> Matrix<Float> {
    let first = settings.known == .move ? 0 : means.rows
    var (rows, clusters) = (novel, owners)
    if settings.known == .move {
      rows = labelled.stacked(on: novel)
      clusters = classes.clusters + owners
    }
    let found = rows.clusterMeans(of: Assignment(clusters: clusters, count: centres.rows))
    var isFilled = [Bool](repeating: false, count: centres.rows)
    for cluster in clusters { isFilled[Int(cluster)] = true }
    var moved = centres
    for centre in first..<centres.rows where isFilled[centre] {
      for column in 0..<centres.columns { moved[centre, column] = found[centre, column] }
    }
    return moved
  }
}

extension RandomStream {
  /// An index drawn in proportion to its weight; any where all are zero.
  fileprivate mutating func index(by weights: [Double]) -> Int {
    let total = weights.reduce(0, +)
    guard total > 0 else { return below(weights.count) }
    var rest = uniform() * total
    for (index, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return index }
    }
    return weights.lastIndex { $0 > 0 } ?? 0
  }
}

extension Matrix<Float> {
  /// This matrix's rows, then another's.
  func stacked(on other: Matrix<Float>) -> Matrix<Float> {
    Matrix(rows: rows + other.rows, columns: columns, elements: elements + other.elements)
  }
}
