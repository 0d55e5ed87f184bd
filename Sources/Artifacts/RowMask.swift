public import Diagnostics

/// The rows that something is fitted on; the others are held out.
public struct RowMask: Artifact, Equatable {
  /// Whether each row belongs to the fit.
  public let isFit: [Bool]

  /// Makes a mask from one truth value a row.
  public init(_ isFit: [Bool]) { self.isFit = isFit }

  /// The number of rows, fit and held out.
  public var rows: Int { isFit.count }
  /// The indices of the rows that are fitted on, ascending.
  public var fitRows: [Int] { isFit.indices.filter { isFit[$0] } }
  /// The indices of the rows that are held out, ascending.
  public var heldOutRows: [Int] { isFit.indices.filter { !isFit[$0] } }

  public static let kind = "row mask"
  public static var empty: RowMask { RowMask([]) }

  public var encoded: EncodedArtifact {
    let bytes = Bytes(copying: isFit.map { $0 ? UInt8(1) : 0 })
    return EncodedArtifact(
      kind: Self.kind, arrays: [EncodedArray("fit", .uint8, shape: [rows], bytes: bytes)])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    let array = try encoded.array("fit", .uint8, rank: 1)
    self.init(array.bytes.withUnsafeBytes { $0.map { $0 != 0 } })
  }
}

/// Which fold holds each row out.
public struct Folds: Artifact, Equatable {
  /// The fold in which each row is held out, from 0; −1 for a row that never is.
  public let heldOutIn: [Int32]
  /// The number of folds.
  public let count: Int

  /// Makes folds from each row's fold and their number.
  public init(heldOutIn: [Int32], count: Int) {
    precondition(heldOutIn.allSatisfy { $0 >= -1 && $0 < count })
    self.heldOutIn = heldOutIn
    self.count = count
  }

  /// The number of rows.
  public var rows: Int { heldOutIn.count }

  /// The rows that are fitted on in a fold.
  public func mask(of fold: Int) -> RowMask { RowMask(heldOutIn.map { $0 != Int32(fold) }) }

  public static let kind = "folds"
  public static var empty: Folds { Folds(heldOutIn: [], count: 0) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind, fields: .object(["count": .integer(count)]),
      arrays: [EncodedArray("held out in", .int32, shape: [rows], bytes: Bytes(copying: heldOutIn))])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    guard let count = encoded.fields["count"]?.integer else { throw encoded.malformed("count") }
    let rows = try encoded.int32s("held out in")
    guard rows.allSatisfy({ $0 >= -1 && $0 < count }) else { throw encoded.malformed("fold numbers") }
    self.init(heldOutIn: rows, count: count)
  }
}
