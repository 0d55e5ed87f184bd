import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Synchronization

/// Groups rows that are connected through dense surroundings; what lies in none of them is noise.
///
/// A row with at least `minSamples` rows within `eps` of it, itself among them, is a core row. Core rows within `eps` of
/// each other belong to one cluster, and so does every other row within `eps` of one of them: of several clusters it
/// takes that whose first core row comes first, which numbers the clusters as well. Rows left over are noise, cluster
/// −1: `ami`, `ari`, `nmi` and `silhouette` count them as one more cluster, `purity` and `hungarian-accuracy` as wrong.
///
/// There is no model that could be applied to other rows: every row takes part.
///
/// - Shapes: `features` n × d → `assignment` n, `eps` 1.
/// - Units: `eps` in the features' u.
/// - Fits on: every row; at least 1.
/// - Cost: O(n² d) time; O(n d) memory, and lists of neighbours as far as they take no more than 256 MB: longer ones are
///   found twice.
/// - Errors: `tooFewRows` (none, or no more than a k-distance needs), `badShape`, `notFinite`, `outOfRange`.
/// - Source: Ester, Kriegel, Sander, Xu, KDD 1996, 226–231; the order of clusters as in scikit-learn's `DBSCAN`.
struct DBSCAN: Stage {
  struct Parameters: StageParameters {
    @Parameter("How near neighbours are: a fixed distance, or one that the rows have.")
    var eps = Radius.fixed(Radius.Fixed())
    @Parameter("How many rows, itself among them, a core row has within eps.", .atLeast(1)) var minSamples = 5
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports {
    var assignment: Assignment
    var eps: Measurement
  }

  static let name = "dbscan"
  static let summary = "Groups rows that are connected through dense surroundings and leaves out the others."
  static let kind = StageKind.clusterer
  static let revision = 1

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let features = input.features
    try features.requireSize()
    try features.requireFiniteDistances()
    let eps = try parameters.eps.distance(of: features, context)
    var surroundings = Surroundings(features.matrix, eps: eps, minSamples: parameters.minSamples)
    try surroundings.findCores(context)
    return Output(assignment: try surroundings.clusters(context), eps: Measurement(eps))
  }
}

/// The distance within which rows are neighbours.
enum Radius: ParameterChoice {
  case fixed(Fixed)
  /// The distance of a row from its k-th nearest: of all rows' such distances, falling, one by its place.
  case kDistance(KDistance)

  struct Fixed: ParameterGroup {
    @Parameter("The distance, in the features' unit.", .above(0)) var distance = 0.5
  }
  struct KDistance: ParameterGroup {
    @Parameter("Which of its nearest rows a row's distance is taken to, itself not counted.", .atLeast(1))
    var k = 4
    @Parameter(
      "The place, from 1, of the distance that is taken among those of all rows, largest first.",
      .atLeast(1))
    var rank = 1
  }

  static let cases: [ChoiceCase<Radius>] = [
    .fields("fixed", Radius.fixed), .fields("k-distance", Radius.kDistance),
  ]
  var chosen: ChosenCase {
    switch self {
    case .fixed(let fixed): ChosenCase("fixed", fixed)
    case .kDistance(let distance): ChosenCase("k-distance", distance)
    }
  }
  static func == (a: Radius, b: Radius) -> Bool { a.json == b.json }

  /// The distance for a table.
  ///
  /// - Throws: `tooFewRows`, `cancelled`.
  func distance(of features: Features, _ context: StageContext) throws(StageError) -> Double {
    switch self {
    case .fixed(let fixed): return fixed.distance
    case .kDistance(let wanted):
      guard features.rows >= wanted.rank, features.rows > wanted.k else {
        throw Diagnostic(
          .tooFewRows, "there are too few rows for this k-distance",
          fields: ["rows": "\(features.rows)", "k": "\(wanted.k)", "rank": "\(wanted.rank)"],
          hint: "lower `k` or `rank`, or give a fixed distance")
      }
      let distances = try kDistances(of: features.matrix, k: wanted.k, context)
      return distances.sorted(by: >)[wanted.rank - 1]
    }
  }
}

/// The distance of each row from its k-th nearest other row, in double; there are more rows than `k`.
///
/// - Throws: `cancelled`.
func kDistances(
  of matrix: Matrix<Float>, k: Int, _ context: StageContext
) throws(StageError) -> [Double] {
  let found = try nearestNeighbors(
    of: matrix, among: matrix, k: k, excludingSelf: true, stoppingAt: context.safePoint)
  return matrix.withPointer { base in
    (0..<matrix.rows).map { row in
      let other = Int(found.indices[row * k + k - 1])
      return Kernels.squaredDistance(
        base + row * matrix.columns, base + other * matrix.columns, count: matrix.columns
      ).squareRoot()
    }
  }
}

/// Which rows lie in dense surroundings, and how these are connected.
private struct Surroundings {
  private let search: RadiusSearch
  private let minSamples: Int
  private let isCore: Buffer<Bool>
  /// The neighbours of each tile's rows, where they are not too many to be kept.
  private var kept: [RadiusNeighbors?]

  init(_ matrix: Matrix<Float>, eps: Double, minSamples: Int) {
    search = RadiusSearch(matrix, radius: eps)
    self.minSamples = minSamples
    isCore = Buffer(repeating: false, count: matrix.rows)
    kept = [RadiusNeighbors?](repeating: nil, count: search.tileCount)
  }

  /// Tells the core rows from the others.
  mutating func findCores(_ context: StageContext) throws(StageError) {
    let most = (64 << 20) / max(1, search.tileCount)
    let (search, isCore, minSamples) = (search, isCore, minSamples)
    kept.withUnsafeMutableBufferPointer { kept in
      nonisolated(unsafe) let kept = kept
      parallelFor(search.tileCount) { tile in
        if context.shouldStop { return }
        let found = search.neighbors(ofTile: tile)
        for row in found.rows { isCore.base[row] = found[row].count >= minSamples }
        if found.count <= most { kept[tile] = found }
      }
    }
    try context.checkCancelled()
  }

  /// The clusters once the core rows are known.
  func clusters(_ context: StageContext) throws(StageError) -> Assignment {
    let joined = Mutex(JoinedRows(count: isCore.count))
    parallelFor(search.tileCount) { tile in
      if context.shouldStop { return }
      let found = kept[tile] ?? search.neighbors(ofTile: tile)
      joined.withLock { joined in
        for row in found.rows {
          if isCore.base[row] {
            for other in found[row] where other < row && isCore.base[Int(other)] {
              joined.join(Int32(row), other)
            }
          } else {
            let cores = found[row].filter { isCore.base[Int($0)] }
            if !cores.isEmpty { joined.borders.append((Int32(row), cores)) }
          }
        }
      }
    }
    try context.checkCancelled()
    return joined.withLock { $0.assignment(isCore: isCore) }
  }
}

/// Core rows that are connected, and the core rows near each row that is none.
private struct JoinedRows: Sendable {
  private var parents: [Int32]
  var borders: [(row: Int32, cores: [Int32])] = []

  init(count: Int) { parents = Array(0..<Int32(count)) }

  mutating func join(_ a: Int32, _ b: Int32) {
    let (a, b) = (root(a), root(b))
    // The first row stands for all: so the outcome does not depend on the order of joining.
    if a != b { parents[Int(max(a, b))] = min(a, b) }
  }

  private mutating func root(_ row: Int32) -> Int32 {
    var row = row
    while parents[Int(row)] != row {
      parents[Int(row)] = parents[Int(parents[Int(row)])]
      row = parents[Int(row)]
    }
    return row
  }

  /// The clusters, numbered by their first core rows.
  mutating func assignment(isCore: Buffer<Bool>) -> Assignment {
    var clusters = [Int32](repeating: -1, count: isCore.count)
    var count: Int32 = 0
    for row in 0..<isCore.count where isCore.base[row] {
      let first = Int(root(Int32(row)))
      if first == row {
        clusters[row] = count
        count += 1
      } else {
        clusters[row] = clusters[first]
      }
    }
    for (row, cores) in borders { clusters[Int(row)] = cores.map { clusters[Int($0)] }.min() ?? -1 }
    return Assignment(clusters: clusters, count: Int(count))
  }
}
