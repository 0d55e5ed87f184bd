public import Diagnostics

/// An immutable typed value that flows between stages.
///
/// `Decodable` only lets a stage's port structure be read by name; an artifact is never decoded from text.
public protocol Artifact: Sendable, Decodable {
  /// The kind's name in messages and in the store, such as `features`.
  static var kind: String { get }
  /// A value of no rows, which stands for the type while ports are listed.
  static var empty: Self { get }
  /// The canonical form.
  var encoded: EncodedArtifact { get }
  /// The artifact of a canonical form.
  ///
  /// - Throws: `corruptObject` if the form is not one of this kind.
  init(_ encoded: EncodedArtifact) throws(Diagnostic)
}

extension Artifact {
  /// Reads the artifact that stands at a port; see `PortReader` in StageKit.
  public init(from decoder: any Decoder) throws {
    throw Diagnostic(.internalFault, "a \(Self.kind) is no text")
  }

  /// The digest of the content.
  public var digest: Digest { encoded.digest }

  /// Bytes of memory, but for small fields.
  public var byteCount: Int { encoded.byteCount }

  /// Checks that a canonical form is of this kind.
  static func expect(_ encoded: EncodedArtifact) throws(Diagnostic) {
    guard encoded.kind == kind else {
      throw Diagnostic(.corruptObject, "a stored \(encoded.kind) stands where a \(kind) should")
    }
  }
}
