import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

extension RowBlocks {
  /// The singular values of the table, largest first; those that rounding alone can make are 0.
  ///
  /// By the eigenvalues of the products of columns, or of rows where these are fewer. What is smaller than 1e-5 of the
  /// largest would lose digits in the squares: then the table itself is decomposed.
  ///
  /// - Throws: `outOfRange`, `notConverged`, `cancelled`.
  func singularValues(_ context: StageContext) throws(StageError) -> [Double] {
    let (rows, columns) = (matrix.rows, matrix.columns)
    try requireOrder(min(rows, columns), of: rows < columns ? "rows" : "columns")
    let products =
      columns <= rows ? try scatter(context) : try gram(whole, stoppingAt: context.safePoint)
    let squares = try positiveEigenvalues(of: products, size: max(rows, columns), context)
    let largest = squares.first ?? 0
    if squares.allSatisfy({ $0 > 1e-10 * largest }) { return squares.map { $0.squareRoot() } }
    do throws(LinearAlgebraError) {
      let values = try thinSVD(whole, stoppingAt: context.arithmeticSafePoint).values
      let least = (values.first ?? 0) * Double(max(rows, columns)) * Double.ulpOfOne
      return values.map { $0 > least ? $0 : 0 }
    } catch {
      throw error.stageError
    }
  }
}

/// The exponential of the entropy of shares, 0 log 0 being 0.
func perplexity(_ shares: [Double]) -> Double {
  exp(-shares.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 })
}
