public import Diagnostics

/// The cluster of each row.
public struct Assignment: Artifact, Equatable {
  /// The cluster of each row, from 0; −1 for a row that a method leaves out as noise.
  public let clusters: [Int32]
  /// The number of clusters that the method made; some may be empty.
  public let count: Int

  /// Makes an assignment from each row's cluster and their number.
  public init(clusters: [Int32], count: Int) {
    precondition(clusters.allSatisfy { $0 >= -1 && $0 < count })
    self.clusters = clusters
    self.count = count
  }

  /// The number of rows.
  public var rows: Int { clusters.count }

  public static let kind = "assignment"
  public static var empty: Assignment { Assignment(clusters: [], count: 0) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind, fields: .object(["count": .integer(count)]),
      arrays: [EncodedArray("clusters", .int32, shape: [rows], bytes: Bytes(copying: clusters))])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    guard let count = encoded.fields["count"]?.integer else { throw encoded.malformed("count") }
    let clusters = try encoded.int32s("clusters")
    guard clusters.allSatisfy({ $0 >= -1 && $0 < count }) else { throw encoded.malformed("cluster numbers") }
    self.init(clusters: clusters, count: count)
  }
}

/// The class that a probe predicts for each row: for held-out rows always, for fit rows where the probe does so.
public struct Predictions: Artifact, Equatable {
  /// The predicted class of each row as an index into `names`; −1 for a row that was not predicted.
  public let classes: [Int32]
  /// The names of the classes, those of the labels that were learnt.
  public let names: [String]

  /// Makes predictions from class indices, −1 where there is none, and the classes' names.
  public init(classes: [Int32], names: [String]) {
    precondition(classes.allSatisfy { $0 >= -1 && $0 < names.count })
    self.classes = classes
    self.names = names
  }

  /// The number of rows.
  public var rows: Int { classes.count }

  public static let kind = "predictions"
  public static var empty: Predictions { Predictions(classes: [], names: []) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind, fields: .object(["names": .array(names.map(JSON.string))]),
      arrays: [EncodedArray("classes", .int32, shape: [rows], bytes: Bytes(copying: classes))])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    guard let names = encoded.fields["names"]?.items?.compactMap(\.string) else {
      throw encoded.malformed("names")
    }
    let classes = try encoded.int32s("classes")
    guard classes.allSatisfy({ $0 >= -1 && $0 < names.count }) else {
      throw encoded.malformed("class indices")
    }
    self.init(classes: classes, names: names)
  }
}
