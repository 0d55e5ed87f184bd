public import Diagnostics

/// A number for each row: the larger, the less the row is like those that a detector was fitted on.
public struct Scores: Artifact, Equatable {
  /// The number of each row.
  public let values: [Double]

  /// Makes scores from a number for each row.
  public init(_ values: [Double]) { self.values = values }

  /// The number of rows.
  public var rows: Int { values.count }

  public static let kind = "scores"
  public static var empty: Scores { Scores([]) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind,
      arrays: [EncodedArray("values", .float64, shape: [rows], bytes: Bytes(copying: values))])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    let array = try encoded.array("values", .float64, rank: 1)
    self.init(array.bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) })
  }
}
