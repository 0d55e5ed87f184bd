import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// How k-means finds the rows that it starts from.
enum Seeding: ParameterChoice {
  /// `plus-plus` for few clusters, `scalable` for many.
  case auto
  /// Greedy k-means++: one row after another, each the best of 2 + ln k candidates.
  case plusPlus
  /// k-means‖: many rows at once in a few rounds, of which greedy k-means++ then picks as many as are wanted.
  case scalable(Scalable)

  struct Scalable: ParameterGroup {
    @Parameter("How many rows a round draws on average, as a multiple of the clusters.", .above(0))
    var oversampling = 0.5
    @Parameter("Number of rounds.", .atLeast(1)) var rounds = 5
  }

  static let cases: [ChoiceCase<Seeding>] = [
    .plain("auto", .auto), .plain("plus-plus", .plusPlus), .fields("scalable", Seeding.scalable),
  ]

  var chosen: ChosenCase {
    switch self {
    case .auto: "auto"
    case .plusPlus: "plus-plus"
    case .scalable(let scalable): ChosenCase("scalable", scalable)
    }
  }

  static func == (a: Seeding, b: Seeding) -> Bool { a.json == b.json }

  /// From so many clusters on `auto` is `scalable`.
  static let manyClusters = 256

  /// Whether it is greedy k-means++ for so many clusters.
  func isGreedy(for count: Int) -> Bool {
    switch self {
    case .auto: count < Self.manyClusters
    case .plusPlus: true
    case .scalable: false
    }
  }

  /// Rows to start from, far from each other.
  ///
  /// - Throws: `cancelled`.
  func seeds(
    _ count: Int, of table: CenteredRows, _ random: inout RandomStream, _ context: StageContext
  ) throws(StageError) -> [Int] {
    switch self {
    case .scalable(let settings): try table.scalableSeeds(count, settings, &random, context)
    case .auto where count >= Self.manyClusters: try table.scalableSeeds(count, Scalable(), &random, context)
    case .auto, .plusPlus: try table.plusPlusSeeds(count, &random, context)
    }
  }
}

extension CenteredRows {
  /// Rows to start from, far from each other: k-means‖.
  ///
  /// After a first row at random each round draws every row x independently with probability ℓ D²(x) ÷ Σ D², where D²
  /// is its squared distance to the nearest row drawn before and ℓ = oversampling · count, at least 1. A drawn row
  /// weighs as many rows as are nearest to it; of the drawn ones greedy k-means++ chooses by these weights.
  ///
  /// - Cost: O(n d ℓ rounds + count (ℓ rounds) d log count).
  /// - Source: Bahmani, Moseley, Vattani, Kumar, Vassilvitskii, PVLDB 5 (2012) 622–633.
  func scalableSeeds(
    _ count: Int, _ settings: Seeding.Scalable, _ random: inout RandomStream, _ context: StageContext
  ) throws(StageError) -> [Int] {
    var drawn = DrawnRows(rows)
    try drawn.take([random.below(rows.rows)], context)
    let wanted = max(1, settings.oversampling * Double(count))
    for _ in 0..<settings.rounds {
      let chosen = drawn.draw(wanted, &random)
      if chosen.isEmpty { break }
      try drawn.take(chosen, context)
    }
    // Rounds that drew too few are made up for by more of them; where all rows are taken any others do.
    while drawn.indices.count < count {
      let chosen = drawn.draw(2 * Double(count), &random)
      guard !chosen.isEmpty else { break }
      try drawn.take(chosen, context)
    }
    let missing = count - drawn.indices.count
    if missing >= 0 {
      return drawn.indices + (0..<missing).map { _ in random.below(rows.rows) }
    }
    let points = try WeightedPoints(
      rows.selecting(rows: drawn.indices), weights: drawn.weights, context)
    return try points.plusPlus(count, &random, context).map { drawn.indices[$0] }
  }
}

/// Rows of a table that were drawn, and what the others are to them.
private struct DrawnRows {
  private let table: Matrix<Float>
  private(set) var indices: [Int] = []
  /// The squared distance of each row to the nearest drawn one, and which that is.
  private var distances: [Float]
  private var owners: [Int32]

  init(_ table: Matrix<Float>) {
    self.table = table
    distances = [Float](repeating: .infinity, count: table.rows)
    owners = [Int32](repeating: 0, count: table.rows)
  }

  /// Puts rows among the drawn ones.
  mutating func take(_ rows: [Int], _ context: StageContext) throws(StageError) {
    let found = try nearest(
      rows: table, to: table.selecting(rows: rows), stoppingAt: context.safePoint)
    for row in distances.indices where found.squaredDistance[row] < distances[row] {
      distances[row] = found.squaredDistance[row]
      owners[row] = Int32(indices.count) + found.index[row]
    }
    indices += rows
  }

  /// Some `count` rows, at least one, each drawn by itself in proportion to its distance; none where no row is apart.
  func draw(_ count: Double, _ random: inout RandomStream) -> [Int] {
    let total = distances.reduce(0) { $0 + Double($1) }
    guard total > 0 else { return [] }
    var chosen: [Int] = []
    while chosen.isEmpty {
      for (row, distance) in distances.enumerated()
      where random.uniform() * total < count * Double(distance) {
        chosen.append(row)
      }
    }
    return chosen
  }

  /// How many rows are nearest to each drawn one.
  var weights: [Double] {
    var weights = [Double](repeating: 0, count: indices.count)
    for owner in owners { weights[Int(owner)] += 1 }
    return weights
  }
}

/// Points of which each stands for several.
private struct WeightedPoints {
  private let points: Matrix<Float>
  private let norms: [Float]
  private let weights: [Double]
  /// The products of all pairs, where these are not too many.
  private let products: Matrix<Float>?

  /// Below so many points all products take 64 MB at most.
  private static let fewPoints = 4096

  init(_ points: Matrix<Float>, weights: [Double], _ context: StageContext) throws(StageError) {
    (self.points, self.weights) = (points, weights)
    norms = points.squaredRowNorms().map { Float($0) }
    products = points.rows <= Self.fewPoints ? try gram(points, stoppingAt: context.safePoint) : nil
  }

  /// Points far from each other: greedy k-means++ by weights.
  func plusPlus(
    _ count: Int, _ random: inout RandomStream, _ context: StageContext
  ) throws(StageError) -> [Int] {
    let trials = 2 + Int(log(Double(count)))
    var closest = [Float](repeating: .infinity, count: points.rows)
    var shares = weights
    var chosen: [Int] = []
    while chosen.count < count {
      let candidates = (0..<(chosen.isEmpty ? 1 : trials)).map { _ in pick(by: shares, &random) }
      let found = try narrowed(closest, to: candidates, context)
      let best = found.indices.min { found[$0].potential < found[$1].potential } ?? 0
      closest = found[best].closest
      for point in shares.indices { shares[point] = weights[point] * Double(closest[point]) }
      chosen.append(candidates[best])
    }
    return chosen
  }

  /// A point drawn in proportion to its share; any where all are zero.
  private func pick(by shares: [Double], _ random: inout RandomStream) -> Int {
    let total = shares.reduce(0, +)
    guard total > 0 else { return random.below(shares.count) }
    var rest = random.uniform() * total
    for (point, share) in shares.enumerated() {
      rest -= share
      if rest < 0 { return point }
    }
    return shares.lastIndex { $0 > 0 } ?? 0
  }

  /// For each candidate what `closest` becomes with it, and the weighted sum of that.
  private func narrowed(
    _ closest: [Float], to candidates: [Int], _ context: StageContext
  ) throws(StageError) -> [(closest: [Float], potential: Double)] {
    let own =
      try products == nil
      ? product(points.selecting(rows: candidates), transposed: points, stoppingAt: context.safePoint) : nil
    try context.checkCancelled()
    return candidates.enumerated().map { position, candidate in
      let row = own?.row(position) ?? products?.row(candidate) ?? []
      var (narrowed, potential) = (closest, 0.0)
      for point in narrowed.indices {
        let distance = max(0, norms[candidate] + norms[point] - 2 * row[point])
        if distance < narrowed[point] { narrowed[point] = distance }
        potential += weights[point] * Double(narrowed[point])
      }
      // Rounding leaves something between a point and itself.
      potential -= weights[candidate] * Double(narrowed[candidate])
      narrowed[candidate] = 0
      return (narrowed, potential)
    }
  }
}
