public import Diagnostics

/// The order in which a walk through dense surroundings visits rows, and how far apart it found them.
///
/// Drawn in that order, the distances show clusters as valleys.
public struct Reachability: Artifact, Equatable {
  /// The rows in the order of the walk, each once.
  public let ordering: [Int32]
  /// How far each row is from those visited before it; −1 for one that the walk started anew from.
  public let distances: [Double]
  /// How far each row's surroundings reach that make it dense; −1 for one that has none.
  public let coreDistances: [Double]
  /// The row that each was reached from; −1 for none.
  public let predecessors: [Int32]

  /// Makes a reachability from the order of the rows and three values a row.
  public init(ordering: [Int32], distances: [Double], coreDistances: [Double], predecessors: [Int32]) {
    precondition(
      Self.isSound(ordering, distances, coreDistances, predecessors), "one value a row, each visited once")
    self.ordering = ordering
    self.distances = distances
    self.coreDistances = coreDistances
    self.predecessors = predecessors
  }

  private static func isSound(
    _ ordering: [Int32], _ distances: [Double], _ coreDistances: [Double], _ predecessors: [Int32]
  ) -> Bool {
    let rows = 0..<Int32(ordering.count)
    var isVisited = [Bool](repeating: false, count: ordering.count)
    for row in ordering where rows.contains(row) { isVisited[Int(row)] = true }
    return [distances.count, coreDistances.count, predecessors.count].allSatisfy { $0 == ordering.count }
      && isVisited.allSatisfy(\.self) && (distances + coreDistances).allSatisfy { $0 >= 0 || $0 == -1 }
      && predecessors.allSatisfy { $0 == -1 || rows.contains($0) }
  }

  /// The number of rows.
  public var rows: Int { ordering.count }

  public static let kind = "reachability"
  public static var empty: Reachability {
    Reachability(ordering: [], distances: [], coreDistances: [], predecessors: [])
  }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind,
      arrays: [
        EncodedArray("ordering", .int32, shape: [rows], bytes: Bytes(copying: ordering)),
        EncodedArray("distances", .float64, shape: [rows], bytes: Bytes(copying: distances)),
        EncodedArray("core distances", .float64, shape: [rows], bytes: Bytes(copying: coreDistances)),
        EncodedArray("predecessors", .int32, shape: [rows], bytes: Bytes(copying: predecessors)),
      ])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    let (ordering, distances) = (try encoded.int32s("ordering"), try encoded.float64s("distances"))
    let coreDistances = try encoded.float64s("core distances")
    let predecessors = try encoded.int32s("predecessors")
    guard Self.isSound(ordering, distances, coreDistances, predecessors) else {
      throw encoded.malformed("ordering")
    }
    self.init(
      ordering: ordering, distances: distances, coreDistances: coreDistances, predecessors: predecessors)
  }
}
