import Diagnostics
import LinearAlgebra
import StageKit

/// The fits of a whole path of penalties, from few products.
///
/// What an eigenvector counts in a fit, 1 ÷ (eigenvalue + penalty), is smooth in the penalty: the counts of all penalties
/// are combinations of a few, to the precision of the arithmetic.
struct PathFits<Scalar: MatrixScalar> {
  /// The targets as each of the few counts them: eigenvalues × classes.
  private let parts: [Matrix<Scalar>]
  /// How the parts combine: penalties × parts.
  private let mixture: Matrix<Scalar>

  /// - Parameters:
  ///   - targets: eigenvalues × classes.
  ///   - isWide: whether fits are residuals of pairs of rows: under each penalty they are small as a whole.
  /// - Throws: `outOfRange`, `notConverged`, `cancelled`.
  init(
    targets: Matrix<Double>, values: [Double], penalties: [Double], isWide: Bool, _ context: StageContext
  ) throws(StageError) {
    // What a count must be exact beside: the largest of its penalty, or that of its eigenvector under any penalty.
    let (least, lowest) = (penalties.min() ?? 1, values.last ?? 0)
    let scales = values.map { isWide ? 1 : 1 / ($0 + least) }
    let sizes = penalties.map { isWide ? 1 / (lowest + $0) : 1 }
    let shares = Matrix<Double>(
      penalties.indices.map { place in
        values.indices.map { 1 / ((values[$0] + penalties[place]) * scales[$0] * sizes[place]) }
      })
    do throws(LinearAlgebraError) {
      let found = try thinSVD(shares, stoppingAt: context.arithmeticSafePoint)
      let precision = Double(Scalar.ulpOfOne) / 64
      let rank = max(1, found.values.prefix { $0 > precision * (found.values.first ?? 0) }.count)
      parts = (0..<rank).map { part in
        var scaled = targets
        scaled.scaleRows(by: values.indices.map { found.right[part, $0] * scales[$0] })
        return scaled.converted()
      }
      mixture = Matrix<Double>(rows: penalties.count, columns: rank) { target in
        for place in penalties.indices {
          for part in 0..<rank {
            target[place * rank + part] = found.left[part, place] * found.values[part] * sizes[place]
          }
        }
      }.converted()
    } catch {
      throw error.stageError
    }
  }

  /// The fits of rows by their coordinates: penalties × (rows × classes).
  func fits(of coordinates: Matrix<Scalar>) -> Matrix<Scalar> {
    let size = coordinates.rows * parts[0].columns
    let stacked = Matrix<Scalar>(rows: parts.count, columns: size) { target in
      for (place, part) in parts.enumerated() {
        product(coordinates, part).withPointer { found in
          target.baseAddress.map { ($0 + place * size).update(from: found, count: size) }
        }
      }
    }
    return product(mixture, stacked)
  }
}
