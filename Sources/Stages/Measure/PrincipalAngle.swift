import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// The largest principal angle between the spaces of functions that a reduction and a reference span.
///
/// A reduction's components are functions of a row. Those of both are taken on the rows that are held out, or on every
/// row if none is, less their means there; the angle is that between the two spaces of columns: 0° if one holds the
/// other, 90° if a combination of the smaller one's is uncorrelated with all of the larger one. Turning or scaling
/// components changes nothing. A direction of less than 10⁻⁶ of a reduction's largest singular value counts as rounding,
/// and so does an angle of less than 10⁻⁹ in radians.
///
/// - Shapes: `embedding` n × k, `reference` n × l, `fitRows` n → one number from 0 to 90.
/// - Units: degrees.
/// - Fits on: nothing.
/// - Cost: O(n (k + l)²).
/// - Errors: `lengthMismatch`, `notFinite`, `badShape`; `tooFewRows` unless there are more rows than components of either;
///   `rankDeficient` if all components of one are constant.
/// - Source: Björck, Golub, Math. Comp. 27 (1973) 579–594; scipy's `subspace_angles`.
struct PrincipalAngle: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var embedding: Features
    var reference: Features
    var fitRows: RowMask?
  }

  static let name = "principal-angle"
  static let summary =
    "The largest principal angle, in degrees, between the components and those of a reference."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  static let metric = Metric(better: .lower, range: 0...90)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    try requireEqualRows(
      input.reference.rows, of: "reference", toBe: input.embedding.rows, as: "embedding")
    if let mask = input.fitRows {
      try requireEqualRows(mask.rows, of: "fitRows", toBe: input.embedding.rows, as: "embedding")
    }
    let heldOut = input.fitRows?.heldOutRows ?? []
    let rows = heldOut.isEmpty ? Array(0..<input.embedding.rows) : heldOut
    let bases = (
      try basis(of: input.embedding, rows, "embedding", context),
      try basis(of: input.reference, rows, "reference", context)
    )
    let (small, large) = bases.0.rows <= bases.1.rows ? bases : (bases.1, bases.0)
    let products = product(small, transposed: large)
    do throws(LinearAlgebraError) {
      let cosine = try thinSVD(products).values.last ?? 0
      if cosine * cosine < 0.5 { return MeasureOutput(degrees(acos(min(1, cosine)))) }
      // Of a small angle the cosine tells little: what the larger space leaves of the smaller one is its sine.
      var rest = product(products, large)
      rest.scaleRows(by: [Double](repeating: -1, count: rest.rows))
      rest.add(small)
      let sine = min(1, try thinSVD(rest).values.first ?? 0)
      return MeasureOutput(sine > Self.rounding ? degrees(asin(sine)) : 0)
    } catch {
      throw error.stageError
    }
  }

  /// The sine of an angle that may be rounding alone.
  private static let rounding = 1e-9

  private func degrees(_ angle: Double) -> Double { angle * 180 / .pi }

  /// Orthonormal combinations of the columns over some rows, less their means: r × rows.
  private func basis(
    of features: Features, _ rows: [Int], _ name: String, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    try features.requireFinite()
    try features.requireSize()
    guard rows.count > features.columns else {
      throw Diagnostic(
        .tooFewRows, "there are not more rows than components of `\(name)` to compare on",
        fields: ["rows": "\(rows.count)", "components": "\(features.columns)"])
    }
    let means = columnMeans(of: features.matrix, rows: rows)
    let centred = centeredInDouble(features.matrix, rows: rows[...], means: means).transposed
    do throws(LinearAlgebraError) {
      let found = try thinSVD(centred, stoppingAt: context.arithmeticSafePoint)
      let largest = found.values.first ?? 0
      let rank = found.values.prefix { $0 > 1e-6 * largest }.count
      guard largest > 0 else { throw LinearAlgebraError.singular }
      return found.right.selecting(rows: Array(0..<rank))
    } catch {
      if case .singular = error {
        throw Diagnostic(
          .rankDeficient, "all components of `\(name)` are constant on the rows that are compared",
          fields: ["rows": "\(rows.count)"])
      }
      throw error.stageError
    }
  }
}
