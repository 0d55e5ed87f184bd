import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

// What stages that keep some leading axes have in common.
extension PrincipalAxes {
  /// The leading axes by the smaller of the two exact matrices: that of the columns, or that of the fit rows.
  ///
  /// - Throws: `notFinite` for a value among the fit rows, `outOfRange`, `notConverged`, `cancelled`.
  static func exactly(
    of features: Features, rows: [Int], count: Int, in context: StageContext
  ) throws(StageError) -> Fit {
    if rows.count >= features.columns {
      return try byCovariance(of: features, rows: rows, count: count, in: context)
    }
    return try fit(to: features, rows: rows) { means throws(StageError) in
      try byGram(of: features.matrix, rows: rows, means: means, count: count, in: context)
    }
  }

  /// Axes from the means of the columns, with the moments of these.
  ///
  /// - Throws: `notFinite`, and what `axes` throws.
  static func fit(
    to features: Features, rows: [Int], axes: ([Double]) throws(StageError) -> PrincipalAxes
  ) throws(StageError) -> Fit {
    try features.requireFinite()
    let (means, variances) = columnMoments(of: features.matrix, rows: rows)
    let total = variances.reduce(0, +) * Double(rows.count) / Double(rows.count - 1)
    return Fit(axes: try axes(means), means: means, totalVariance: total)
  }

  /// Refuses more components than centred fit rows can have.
  ///
  /// - Throws: `tooManyComponents`.
  static func requireFew(_ components: Int, rows: Int, columns: Int) throws(StageError) {
    let largest = min(rows - 1, columns)
    guard components > largest else { return }
    throw tooMany(
      components, largest, because: "there are too few fit rows or columns for \(components) components",
      rows: rows, columns: columns)
  }

  /// Refuses more components than there are directions along which the fit rows vary.
  ///
  /// - Throws: `tooManyComponents`; `rankDeficient` if all fit rows are equal.
  func requireRank(_ components: Int, rows: Int) throws(StageError) {
    let columns = vectors.columns
    let rank = rank(size: max(rows, columns))
    guard rank < components else { return }
    if rank == 0 {
      throw Diagnostic(
        .rankDeficient, "all fit rows are equal, so they have no component",
        fields: ["fit rows": "\(rows)", "columns": "\(columns)"])
    }
    throw Self.tooMany(
      components, rank,
      because: "the fit rows vary in \(rank) direction\(rank == 1 ? "" : "s") only, "
        + "fewer than \(components) components", rows: rows, columns: columns)
  }

  /// The error for more components than there can be.
  static func tooMany(
    _ components: Int, _ largest: Int, because headline: String, rows: Int, columns: Int
  ) -> Diagnostic {
    Diagnostic(
      .tooManyComponents, headline,
      fields: ["components": "\(components)", "fit rows": "\(rows)", "columns": "\(columns)"],
      hint: "ask for at most \(largest) component\(largest == 1 ? "" : "s")")
  }
}
