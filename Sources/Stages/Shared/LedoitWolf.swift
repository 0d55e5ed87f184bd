import LinearAlgebra
import StageKit

/// By how much a covariance is best shrunk towards a multiple of the identity.
///
/// With S the covariance of n centred rows x of d columns and m = trace(S) ÷ d, the amount is β ÷ δ, at most 1, for
/// δ = ‖S − m I‖² and β = (Σ ‖x‖⁴ ÷ n − ‖S‖²) ÷ n. ‖S‖ is also that of the rows' products, so the smaller matrix serves.
struct LedoitWolf {
  /// From 0 to 1.
  let amount: Double
  /// m.
  let level: Double

  /// - Parameter rows: centred.
  /// - Returns: nil when the run is interrupted.
  init?<Scalar: MatrixScalar>(_ rows: Matrix<Scalar>, _ context: StageContext) {
    let (count, columns) = (Double(rows.rows), Double(rows.columns))
    var (trace, fourth) = (0.0, 0.0)
    for square in rows.squaredLengths {
      trace += square
      fourth += square * square
    }
    level = trace / count / columns
    // One column leaves nothing to shrink.
    if rows.columns == 1 {
      amount = 0
      return
    }
    let norm: Double
    if rows.rows <= rows.columns {
      guard let products = try? gram(rows, stoppingAt: context.safePoint) else { return nil }
      norm = products.sumOfSquares / (count * count)
    } else {
      guard let products = try? crossProduct(rows, stoppingAt: context.safePoint) else { return nil }
      norm = products.sumOfSquares / (count * count)
    }
    let spread = norm - columns * level * level
    let excess = min((fourth / count - norm) / count, spread)
    amount = excess > 0 ? excess / spread : 0
  }
}

extension Matrix {
  /// Σ x² of each row, in double.
  fileprivate var squaredLengths: [Double] {
    withPointer { base in (0..<rows).map { RowSums.squares(base + $0 * columns, columns) } }
  }

  /// Σ x² of all elements, in double.
  fileprivate var sumOfSquares: Double { squaredLengths.reduce(0, +) }
}
