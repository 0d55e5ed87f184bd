internal import CKernels

/// How the distance between clusters is made of those between their parts.
public enum LinkageRule: Sendable {
  /// By how much joining them raises the sum of squared distances to the means: √(2 ΔS).
  case ward
  /// The mean over all pairs of rows.
  case average
  /// The largest over all pairs of rows.
  case complete

  fileprivate var code: Int32 {
    switch self {
    case .ward: Int32(LINKAGE_WARD)
    case .average: Int32(LINKAGE_AVERAGE)
    case .complete: Int32(LINKAGE_COMPLETE)
    }
  }
}

/// The distances between clusters while they are joined, two at a time; at first each row is one.
///
/// A cluster is named by the last of its rows. Every sum is rounded after every operation and in the order of the
/// columns, so rows at exactly the same distances tie exactly. Distances lie in one triangle of double precision, n²⁄2
/// of them; its rows and columns of clusters that are gone are taken out when they are half of all.
public struct ClusterDistances: Sendable {
  /// The bytes that the distances among so many rows take.
  public static func byteCount(rows: Int) -> Int {
    let (pairs, overflows) = rows.multipliedReportingOverflow(by: max(0, rows - 1))
    return overflows || pairs > Int.max / 4 ? .max : pairs * 4
  }

  /// The names of the places, ascending; a name stays where it is until places are taken out.
  private var names: [Int]
  /// The place of each name; only those of clusters that are left count.
  private var places: [Int]
  /// The number of rows of the cluster at each place, 0 where it is gone.
  private var sizes: [Double]
  /// The distance of places i > j at i (i − 1) ÷ 2 + j; infinite where one of them is gone.
  private let triangle: Buffer<Double>
  private let first: Buffer<Double>
  private let second: Buffer<Double>
  /// The clusters that are left.
  private var left: Int
  /// No cluster before this place is left.
  private var start = 0

  /// How many places one thread goes through while another takes the next.
  private let stretch: Int

  /// The Euclidean distances among the rows of a matrix.
  public init<Failure>(
    among a: Matrix<Float>, stoppingAt safePoint: SafePoint<Failure>
  ) throws(Failure) {
    try self.init(among: a, stretch: 8192, stoppingAt: safePoint)
  }

  /// The same with another division of the work.
  init<Failure>(
    among a: Matrix<Float>, stretch: Int, stoppingAt safePoint: SafePoint<Failure> = SafePoint<Never>.none
  ) throws(Failure) {
    let rows = a.rows
    self.stretch = stretch
    names = Array(0..<rows)
    places = names
    sizes = [Double](repeating: 1, count: rows)
    left = rows
    triangle = Buffer(uninitialized: rows * max(0, rows - 1) / 2)
    first = Buffer(uninitialized: rows)
    second = Buffer(uninitialized: rows)
    let panels = RowPanels(a)
    let tiling = Tiling(total: rows, size: 240)
    let triangle = triangle.base
    try parallelFor(tiling.count, stoppingAt: safePoint) { index in
      // The longest rows first, so that the threads end together.
      let tile = tiling[tiling.count - 1 - index]
      panels.distances(of: tile, in: a) { row, first, values, count in
        (triangle + row * (row - 1) / 2 + first).update(from: values, count: count)
      }
    }
  }

  /// The first cluster that is left.
  public mutating func firstCluster() -> Int {
    while sizes[start] == 0 { start += 1 }
    return names[start]
  }

  /// The number of rows of a cluster.
  public func size(of cluster: Int) -> Int { Int(sizes[places[cluster]]) }

  /// The cluster nearest to another, the first of equally near ones, and its distance.
  ///
  /// - Parameter preferred: taken unless another is nearer.
  public func nearest(to cluster: Int, preferring preferred: Int?) -> (cluster: Int, distance: Double) {
    let own = places[cluster]
    let favourite = preferred.map { places[$0] }
    let limit = favourite.map { distance(own, $0) } ?? .infinity
    let tiling = Tiling(total: names.count, size: stretch)
    if tiling.count == 1 {
      let found = nearest(to: own, among: 0..<names.count, below: limit)
      return (names[found.place ?? favourite ?? own], found.distance)
    }
    let found = Buffer<(place: Int, distance: Double)>(uninitialized: tiling.count)
    parallelFor(tiling.count) { tile in
      let one = nearest(to: own, among: tiling[tile], below: limit)
      found.base[tile] = (one.place ?? -1, one.distance)
    }
    var best = (place: favourite ?? own, distance: limit)
    for tile in 0..<tiling.count
    where found.base[tile].place >= 0 && found.base[tile].distance < best.distance {
      best = found.base[tile]
    }
    return (names[best.place], best.distance)
  }

  /// The first place with the least distance of some, if that is below a limit.
  private func nearest(
    to own: Int, among range: Range<Int>, below limit: Double
  ) -> (place: Int?, distance: Double) {
    var (place, least): (Int?, Double) = (nil, limit)
    // Before the own place distances stand side by side.
    let before = range.clamped(to: 0..<own)
    if !before.isEmpty {
      let row = triangle.base + own * (own - 1) / 2 + before.lowerBound
      let found = linkage_least(row, before.count, &least)
      if found < before.count { place = before.lowerBound + found }
    }
    var other = max(range.lowerBound, own + 1)
    var position = other * (other - 1) / 2 + own
    while other < range.upperBound {
      let value = triangle.base[position]
      if value < least { (place, least) = (other, value) }
      position += other
      other += 1
    }
    return (place, least)
  }

  /// Copies the distances from a row to all rows, before any are joined; infinite to itself.
  public func copyDistances(from row: Int, to others: Range<Int>, into out: UnsafeMutablePointer<Double>) {
    gather(others, row, into: out)
  }

  private func distance(_ a: Int, _ b: Int) -> Double {
    let (low, high) = (min(a, b), max(a, b))
    return triangle.base[high * (high - 1) / 2 + low]
  }

  /// Joins two different clusters; the union has the name of the later one.
  ///
  /// - Parameter distance: that of the two.
  public mutating func join(_ a: Int, _ b: Int, at distance: Double, by rule: LinkageRule) {
    let (gone, kept) = (min(places[a], places[b]), max(places[a], places[b]))
    let (goneSize, keptSize) = (sizes[gone], sizes[kept])
    (sizes[gone], sizes[kept]) = (0, goneSize + keptSize)
    let tiling = Tiling(total: names.count, size: stretch)
    sizes.withUnsafeBufferPointer { sizes in
      guard let sizes = sizes.baseAddress else { return }
      parallelTiles(tiling) { range in
        gather(range, gone, into: first.base)
        gather(range, kept, into: second.base)
        linkage_unite(
          rule.code, first.base + range.lowerBound, second.base + range.lowerBound,
          sizes + range.lowerBound, range.count, goneSize, keptSize, distance)
        scatter(range, gone: gone, kept: kept)
      }
    }
    triangle.base[kept * (kept - 1) / 2 + gone] = .infinity
    left -= 1
    if 2 * left <= names.count, names.count > 64 { takeOutPlaces() }
  }

  /// Copies the distances from some places to one of them; infinite to itself.
  private func gather(_ range: Range<Int>, _ own: Int, into target: UnsafeMutablePointer<Double>) {
    let before = range.clamped(to: 0..<own)
    if !before.isEmpty {
      (target + before.lowerBound).update(
        from: triangle.base + own * (own - 1) / 2 + before.lowerBound, count: before.count)
    }
    if range.contains(own) { target[own] = .infinity }
    for other in max(range.lowerBound, own + 1)..<max(range.upperBound, own + 1) {
      target[other] = triangle.base[other * (other - 1) / 2 + own]
    }
  }

  /// Writes the new distances to the kept place, and that nothing is near the one that is gone; not between these two.
  private func scatter(_ range: Range<Int>, gone: Int, kept: Int) {
    let (triangle, second) = (triangle.base, second.base)
    var position = gone * (gone - 1) / 2
    for other in range.clamped(to: 0..<gone) { triangle[position + other] = .infinity }
    position = kept * (kept - 1) / 2
    for other in range.clamped(to: 0..<kept) where other != gone {
      triangle[position + other] = second[other]
    }
    for other in max(range.lowerBound, gone + 1)..<max(range.upperBound, gone + 1) where other != kept {
      triangle[other * (other - 1) / 2 + gone] = .infinity
    }
    for other in max(range.lowerBound, kept + 1)..<max(range.upperBound, kept + 1) {
      triangle[other * (other - 1) / 2 + kept] = second[other]
    }
  }

  /// Takes the places out whose clusters are gone.
  private mutating func takeOutPlaces() {
    let kept = names.indices.filter { sizes[$0] > 0 }
    let triangle = triangle.base
    // What is written never lies behind what is still to be read.
    for (row, old) in kept.enumerated() where row > 0 {
      let (target, source) = (triangle + row * (row - 1) / 2, triangle + old * (old - 1) / 2)
      for column in 0..<row { target[column] = source[kept[column]] }
    }
    names = kept.map { names[$0] }
    sizes = kept.map { sizes[$0] }
    for (place, name) in names.enumerated() { places[name] = place }
    start = 0
  }
}

extension RowPanels {
  /// Calls `body` with the Euclidean distances of each row of a tile to the rows before it, up to sixteen at a time.
  ///
  /// - Parameter body: takes the row, the first of the rows before it, their distances, and how many they are.
  fileprivate func distances(
    of tile: Range<Int>, in a: Matrix<Float>,
    _ body: (_ row: Int, _ first: Int, UnsafePointer<Double>, _ count: Int) -> Void
  ) {
    let points = Buffer<Double>(uninitialized: tile.count * columns)
    a.withPointer { base in
      for index in 0..<tile.count * columns {
        points.base[index] = Double(base[tile.lowerBound * columns + index])
      }
    }
    let found = Buffer<Double>(uninitialized: tile.count * Self.width)
    for panel in 0..<(tile.upperBound + Self.width - 1) / Self.width {
      let first = panel * Self.width
      // A row has nothing to do with panels that begin with it or after it.
      let rows = max(tile.lowerBound, first + 1)..<max(tile.upperBound, first + 1)
      guard !rows.isEmpty else { continue }
      let skipped = rows.lowerBound - tile.lowerBound
      linkage_distances(
        self.base(of: panel), columns, points.base + skipped * columns, rows.count, found.base)
      for row in rows {
        body(row, first, found.base + (row - rows.lowerBound) * Self.width, min(Self.width, row - first))
      }
    }
  }

  /// The Euclidean distances of one row of the packed matrix to all, padding included.
  ///
  /// They are those of ``ClusterDistances``, to the last bit.
  public func distances(
    from point: [Float], to panels: Range<Int>, into out: UnsafeMutablePointer<Double>
  ) {
    let point = point.map(Double.init)
    for panel in panels {
      linkage_distances(base(of: panel), columns, point, 1, out + panel * Self.width)
    }
  }
}
