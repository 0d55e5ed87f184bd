public import Diagnostics
public import LinearAlgebra

/// A direction for each class among the features, as a text encoder gives one of the class's name.
public struct ClassTexts: Artifact, Equatable {
  /// The directions, classes × columns of the features.
  public let directions: Matrix<Float>

  /// Makes texts from a direction for each class.
  public init(_ directions: Matrix<Float>) { self.directions = directions }

  public static let kind = "class texts"
  public static var empty: ClassTexts { ClassTexts(Matrix(rows: 0, columns: 0)) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(kind: Self.kind, arrays: [directions.encodedArray("directions")])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    directions = try Matrix(encoded.array("directions", Matrix<Float>.scalarType, rank: 2))
  }
}
