public import Diagnostics

/// How often each class was predicted for each true class.
public struct ConfusionMatrix: Artifact, Equatable {
  /// The counts, true class by predicted class, row after row.
  public let counts: [Int64]
  /// The names of the classes.
  public let names: [String]

  /// Makes a confusion matrix from its counts and the classes' names.
  public init(counts: [Int64], names: [String]) {
    precondition(counts.count == names.count * names.count && counts.allSatisfy { $0 >= 0 })
    self.counts = counts
    self.names = names
  }

  /// How many rows of a true class were predicted as another.
  public subscript(truth: Int, predicted: Int) -> Int64 { counts[truth * names.count + predicted] }

  public static let kind = "confusion matrix"
  public static var empty: ConfusionMatrix { ConfusionMatrix(counts: [], names: []) }

  public var encoded: EncodedArtifact {
    let array = EncodedArray(
      "counts", .int64, shape: [names.count, names.count], bytes: Bytes(copying: counts))
    return EncodedArtifact(
      kind: Self.kind, fields: .object(["names": .array(names.map(JSON.string))]), arrays: [array])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    guard let names = encoded.fields["names"]?.items?.compactMap(\.string) else {
      throw encoded.malformed("names")
    }
    let array = try encoded.array("counts", .int64, rank: 2)
    let counts = array.bytes.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
    guard array.shape == [names.count, names.count], counts.allSatisfy({ $0 >= 0 }) else {
      throw encoded.malformed("counts")
    }
    self.init(counts: counts, names: names)
  }
}
