public import Diagnostics

/// The rows that something is fitted on; the others are held out.
///
/// Most held-out rows are there to be measured on. Some splits keep others back: for the choice of a parameter, or for
/// nothing.
public struct RowMask: Artifact, Equatable {
  /// What a row is for.
  public enum Role: UInt8, Sendable, CaseIterable {
    /// Held out, and measured on.
    case test = 0
    /// Fitted on.
    case fit = 1
    /// Held out for the choice of parameters; not measured on.
    case validation = 2
    /// Held out and used for nothing.
    case unused = 3
  }

  /// What each row is for.
  public let roles: [Role]
  /// Whether each row belongs to the fit.
  public let isFit: [Bool]

  /// Makes a mask from one truth value a row; rows outside the fit are measured on.
  public init(_ isFit: [Bool]) {
    self.isFit = isFit
    roles = isFit.map { $0 ? .fit : .test }
  }

  /// Makes a mask from what each row is for.
  public init(roles: [Role]) {
    self.roles = roles
    isFit = roles.map { $0 == .fit }
  }

  /// The number of rows, fit and held out.
  public var rows: Int { isFit.count }
  /// The indices of the rows that are fitted on, ascending.
  public var fitRows: [Int] { isFit.indices.filter { isFit[$0] } }
  /// The indices of all rows that are not fitted on, ascending.
  public var heldOutRows: [Int] { isFit.indices.filter { !isFit[$0] } }
  /// The indices of the rows that are measured on, ascending.
  public var testRows: [Int] { roles.indices.filter { roles[$0] == .test } }
  /// The indices of the rows that parameters are chosen on, ascending.
  public var validationRows: [Int] { roles.indices.filter { roles[$0] == .validation } }

  public static let kind = "row mask"
  public static var empty: RowMask { RowMask([]) }

  public var encoded: EncodedArtifact {
    let bytes = Bytes(copying: roles.map(\.rawValue))
    return EncodedArtifact(
      kind: Self.kind, arrays: [EncodedArray("fit", .uint8, shape: [rows], bytes: bytes)])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    let array = try encoded.array("fit", .uint8, rank: 1)
    let roles = array.bytes.withUnsafeBytes { $0.compactMap(Role.init(rawValue:)) }
    guard roles.count == array.shape[0] else { throw encoded.malformed("roles of rows") }
    self.init(roles: roles)
  }
}

/// Which fold holds each row out.
public struct Folds: Artifact, Equatable {
  /// What stands for a row that every fold keeps back for the choice of parameters.
  public static let validation: Int32 = -2
  /// What stands for a row that no fold uses.
  public static let unused: Int32 = -3

  /// The fold in which each row is held out, from 0; −1 for a row that never is, `validation` or `unused`.
  public let heldOutIn: [Int32]
  /// The number of folds.
  public let count: Int

  /// Makes folds from each row's fold and their number.
  public init(heldOutIn: [Int32], count: Int) {
    precondition(heldOutIn.allSatisfy { $0 >= Self.unused && $0 < count })
    self.heldOutIn = heldOutIn
    self.count = count
  }

  /// The number of rows.
  public var rows: Int { heldOutIn.count }

  /// What each row is for in a fold.
  public func mask(of fold: Int) -> RowMask {
    RowMask(
      roles: heldOutIn.map { place in
        switch place {
        case Int32(fold): .test
        case Self.validation: .validation
        case Self.unused: .unused
        default: .fit
        }
      })
  }

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
    guard rows.allSatisfy({ $0 >= Self.unused && $0 < count }) else {
      throw encoded.malformed("fold numbers")
    }
    self.init(heldOutIn: rows, count: count)
  }
}
