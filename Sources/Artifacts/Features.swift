public import Diagnostics
public import LinearAlgebra

/// A feature matrix: rows are samples, columns are features.
public struct Features: Artifact, Equatable {
  /// The values, n × d.
  public let matrix: Matrix<Float>

  /// Makes features from a matrix.
  public init(_ matrix: Matrix<Float>) { self.matrix = matrix }

  /// The number of samples.
  public var rows: Int { matrix.rows }
  /// The number of features.
  public var columns: Int { matrix.columns }

  public static let kind = "features"
  public static var empty: Features { Features(Matrix(rows: 0, columns: 0)) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(kind: Self.kind, arrays: [matrix.encodedArray("values")])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    matrix = try Matrix(encoded.array("values", Matrix<Float>.scalarType, rank: 2))
  }
}

extension Matrix {
  /// The element type as stored.
  static var scalarType: ScalarType { Scalar.self == Double.self ? .float64 : .float32 }

  /// The matrix as an array of an encoded artifact, without copying.
  func encodedArray(_ name: String) -> EncodedArray {
    EncodedArray(name, Self.scalarType, shape: [rows, columns], bytes: Bytes(buffer))
  }

  /// The matrix of an array whose type and rank were checked.
  init(_ array: EncodedArray) {
    self.init(rows: array.shape[0], columns: array.shape[1], buffer: array.bytes.buffer())
  }
}

extension Matrix: Decodable, Artifact {
  public static var kind: String { Scalar.self == Double.self ? "matrix64" : "matrix" }
  public static var empty: Matrix { Matrix(rows: 0, columns: 0) }

  public var encoded: EncodedArtifact { EncodedArtifact(kind: Self.kind, arrays: [encodedArray("values")]) }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    self = try Matrix(encoded.array("values", Self.scalarType, rank: 2))
  }
}
