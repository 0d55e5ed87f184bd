public import Diagnostics

/// The class of each row, with the classes' names.
public struct Labels: Artifact, Equatable {
  /// The class of each row as an index into `names`.
  public let indices: [Int32]
  /// The names of the classes, in ascending order (numbers by value, text by code points).
  public let names: [String]

  /// Makes labels from class indices and the classes' names.
  public init(indices: [Int32], names: [String]) {
    precondition(indices.allSatisfy { $0 >= 0 && $0 < names.count })
    self.indices = indices
    self.names = names
  }

  /// Makes labels from whole numbers; classes are the distinct values in ascending order.
  public init(integers values: [Int]) {
    let classes = Array(Set(values)).sorted()
    let index = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, Int32($0)) })
    self.init(indices: values.map { index[$0, default: 0] }, names: classes.map(String.init))
  }

  /// Makes labels from texts; classes are the distinct texts in ascending order.
  public init(strings values: [String]) {
    let classes = Array(Set(values)).sorted()
    let index = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, Int32($0)) })
    self.init(indices: values.map { index[$0, default: 0] }, names: classes)
  }

  /// The number of rows.
  public var rows: Int { indices.count }
  /// The number of classes.
  public var classCount: Int { names.count }

  public static let kind = "labels"
  public static var empty: Labels { Labels(indices: [], names: []) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind, fields: .object(["names": .array(names.map(JSON.string))]),
      arrays: [EncodedArray("indices", .int32, shape: [rows], bytes: Bytes(copying: indices))])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    guard let names = encoded.fields["names"]?.items?.compactMap(\.string) else {
      throw encoded.malformed("names")
    }
    let indices = try encoded.int32s("indices")
    guard indices.allSatisfy({ $0 >= 0 && $0 < names.count }) else {
      throw encoded.malformed("class indices")
    }
    self.init(indices: indices, names: names)
  }
}

extension EncodedArtifact {
  /// The one-dimensional array of that name.
  func int32s(_ name: String) throws(Diagnostic) -> [Int32] {
    try array(name, .int32, rank: 1).bytes.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
  }
}
