public import Diagnostics

/// Clusters of rows, clusters of these clusters, and so on.
public struct ClusterTree: Artifact, Equatable {
  /// The cluster of each row, then the cluster of each cluster of the level before, level by level; none is left out.
  public let levels: [Assignment]
  /// The distance of each row from the centre of its cluster at the first level, in the features' unit.
  public let distances: [Double]

  /// Makes a tree from its levels, the lowest first, and the distances of its rows.
  public init(levels: [Assignment], distances: [Double]) {
    precondition(Self.fit(levels, rows: distances.count))
    self.levels = levels
    self.distances = distances
  }

  /// The number of rows.
  public var rows: Int { distances.count }

  /// The cluster of each row at the highest level.
  public var top: Assignment {
    guard let first = levels.first, let last = levels.last else { return .empty }
    var clusters = first.clusters
    for level in levels.dropFirst() { clusters = clusters.map { level.clusters[Int($0)] } }
    return Assignment(clusters: clusters, count: last.count)
  }

  /// Whether each level divides what the one before it made.
  private static func fit(_ levels: [Assignment], rows: Int) -> Bool {
    var count = rows
    for level in levels {
      guard level.rows == count, !level.clusters.contains(where: { $0 < 0 }) else { return false }
      count = level.count
    }
    return !levels.isEmpty
  }

  public static let kind = "cluster tree"
  public static var empty: ClusterTree { ClusterTree(levels: [.empty], distances: []) }

  public var encoded: EncodedArtifact {
    let parents = levels.flatMap(\.clusters)
    return EncodedArtifact(
      kind: Self.kind, fields: .object(["counts": .array(levels.map { .integer($0.count) })]),
      arrays: [
        EncodedArray("distances", .float64, shape: [rows], bytes: Bytes(copying: distances)),
        EncodedArray("clusters", .int32, shape: [parents.count], bytes: Bytes(copying: parents)),
      ])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    guard let counts = encoded.fields["counts"]?.items?.compactMap(\.integer), !counts.isEmpty else {
      throw encoded.malformed("counts")
    }
    let distances = try encoded.float64s("distances")
    var rest = try encoded.int32s("clusters")[...]
    var (levels, rows): ([Assignment], Int) = ([], distances.count)
    for count in counts {
      let clusters = Array(rest.prefix(rows))
      guard clusters.count == rows, clusters.allSatisfy({ $0 >= 0 && $0 < count }) else {
        throw encoded.malformed("cluster numbers")
      }
      levels.append(Assignment(clusters: clusters, count: count))
      (rest, rows) = (rest.dropFirst(rows), count)
    }
    guard rest.isEmpty else { throw encoded.malformed("cluster numbers") }
    self.init(levels: levels, distances: distances)
  }
}
