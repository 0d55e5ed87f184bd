public import Diagnostics

/// How single rows become one cluster, two clusters joined at a time: the tree of an agglomerative clustering.
///
/// Nodes below `rows` are the rows, node `rows + i` is what merge i makes. Every number of clusters is a cut of it.
public struct MergeTree: Artifact, Equatable {
  /// The number of rows.
  public let rows: Int
  /// The two nodes of each merge, the lower first, merge after merge.
  public let merges: [Int32]
  /// How far apart the two clusters of each merge are, in the linkage's terms.
  public let heights: [Double]
  /// The number of rows of what each merge makes.
  public let sizes: [Int32]

  /// Makes a tree from its merges in the order in which they happen.
  ///
  /// - Parameter merges: of the two nodes of each the lower comes first; every node but the last is merged once.
  public init(rows: Int, merges: [Int32], heights: [Double]) {
    self.rows = rows
    self.merges = merges
    self.heights = heights
    guard let sizes = Self.sizes(rows: rows, merges), heights.count == sizes.count else {
      preconditionFailure("merges of \(rows) rows that are no tree")
    }
    self.sizes = sizes
  }

  /// The size of each merge; nil where the merges are no tree of so many rows.
  private static func sizes(rows: Int, _ merges: [Int32]) -> [Int32]? {
    guard rows >= 0, rows <= Int(Int32.max) / 2, merges.count == 2 * max(0, rows - 1) else { return nil }
    var isMerged = [Bool](repeating: false, count: 2 * rows)
    var sizes: [Int32] = []
    sizes.reserveCapacity(merges.count / 2)
    for merge in 0..<merges.count / 2 {
      var size: Int32 = 0
      guard merges[2 * merge] < merges[2 * merge + 1] else { return nil }
      for node in merges[2 * merge...2 * merge + 1].map(Int.init) {
        guard node >= 0, node < rows + merge, !isMerged[node] else { return nil }
        isMerged[node] = true
        size += node < rows ? 1 : sizes[node - rows]
      }
      sizes.append(size)
    }
    return sizes
  }

  /// The clusters before the last merges, as many as are asked for, in the order of their first rows.
  ///
  /// - Parameter clusters: at least 1 and at most the rows.
  public func cut(into clusters: Int) -> Assignment {
    precondition(clusters >= 1 && clusters <= rows)
    let kept = rows - clusters
    var root = (0..<rows + kept).map { $0 }
    // What a node belongs to is known before what it is made of.
    for merge in (0..<kept).reversed() {
      for node in merges[2 * merge...2 * merge + 1] { root[Int(node)] = root[rows + merge] }
    }
    var numbers = [Int32](repeating: -1, count: root.count)
    var count: Int32 = 0
    let found = (0..<rows).map { row in
      if numbers[root[row]] < 0 {
        numbers[root[row]] = count
        count += 1
      }
      return numbers[root[row]]
    }
    return Assignment(clusters: found, count: clusters)
  }

  public static let kind = "merge-tree"
  public static var empty: MergeTree { MergeTree(rows: 0, merges: [], heights: []) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind, fields: .object(["rows": .integer(rows)]),
      arrays: [
        EncodedArray("merges", .int32, shape: [sizes.count, 2], bytes: Bytes(copying: merges)),
        EncodedArray("heights", .float64, shape: [sizes.count], bytes: Bytes(copying: heights)),
        EncodedArray("sizes", .int32, shape: [sizes.count], bytes: Bytes(copying: sizes)),
      ])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    guard let rows = encoded.fields["rows"]?.integer else { throw encoded.malformed("rows") }
    let array = try encoded.array("merges", .int32, rank: 2)
    let merges = array.bytes.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    guard array.shape[1] == 2, let sizes = Self.sizes(rows: rows, merges) else {
      throw encoded.malformed("merges")
    }
    guard try encoded.int32s("sizes") == sizes else { throw encoded.malformed("sizes") }
    let heights = try encoded.float64s("heights")
    guard heights.count == sizes.count, heights.allSatisfy(\.isFinite) else {
      throw encoded.malformed("heights")
    }
    self.init(rows: rows, merges: merges, heights: heights)
  }
}
