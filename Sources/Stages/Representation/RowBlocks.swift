import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// The rows of a matrix in double, less the means of the columns and each times a factor of its own.
///
/// They are made a block at a time: a table is never held in double as a whole unless it is asked for.
struct RowBlocks {
  let matrix: Matrix<Float>
  /// What is subtracted from each row; nothing if nil.
  var means: [Double]?
  /// What each row is multiplied by; 1 if nil.
  var factors: [Double]?

  /// All rows.
  var whole: Matrix<Double> { block(0..<matrix.rows) }

  /// Some of the rows.
  func block(_ range: Range<Int>) -> Matrix<Double> {
    let columns = matrix.columns
    let tile = max(1, 65_536 / max(1, columns))
    return Matrix(rows: range.count, columns: columns) { target in
      guard let target = target.baseAddress else { return }
      matrix.withPointer { base in
        parallelFor((range.count + tile - 1) / tile) { index in
          for position in index * tile..<min(range.count, (index + 1) * tile) {
            let row = range.lowerBound + position
            let (source, result) = (base + row * columns, target + position * columns)
            let factor = factors?[row] ?? 1
            if let means {
              means.withUnsafeBufferPointer { means in
                for column in 0..<columns {
                  result[column] = (Double(source[column]) - means[column]) * factor
                }
              }
            } else {
              for column in 0..<columns { result[column] = Double(source[column]) * factor }
            }
          }
        }
      }
    }
  }

  /// The products of the columns, Σ xᵢ xⱼ over the rows: d × d.
  ///
  /// - Throws: `cancelled`.
  func scatter(_ context: StageContext) throws(StageError) -> Matrix<Double> {
    try crossProduct(wide, stoppingAt: context.safePoint)
  }

  /// The products of these columns with those of another table of the same rows, Σ xᵢ yⱼ: d × e.
  ///
  /// - Throws: `cancelled`.
  func scatter(with other: RowBlocks, _ context: StageContext) throws(StageError) -> Matrix<Double> {
    try crossProduct(wide, other.wide, stoppingAt: context.safePoint)
  }

  private var wide: WideRows { WideRows(matrix, means: means, factors: factors) }

  /// The sum of each column.
  var columnSums: [Double] {
    var sums = [Double](repeating: 0, count: matrix.columns)
    let size = max(256, (512 << 10) / max(1, matrix.columns))
    for start in stride(from: 0, to: matrix.rows, by: size) {
      let range = start..<min(matrix.rows, start + size)
      block(range).withPointer { base in
        for row in 0..<range.count {
          for column in sums.indices { sums[column] += base[row * sums.count + column] }
        }
      }
    }
    return sums
  }
}

extension Features {
  /// The rows that a measure is about: those of one class, or all.
  ///
  /// - Throws: `lengthMismatch`; `missingPort` for a class without labels; `outOfRange` for one that there is not;
  ///   `tooFewRows`, `badShape`, `notFinite`.
  func measuredRows(
    ofClass index: Int?, _ labels: Labels?, atLeast least: Int = 1
  ) throws(StageError) -> (matrix: Matrix<Float>, rows: [Int]) {
    if let labels { try requireEqualRows(labels.rows, of: "labels", toBe: rows, as: "features") }
    try requireSize(rowsAtLeast: 1)
    try requireFinite()
    guard let index else {
      try requireSize(rowsAtLeast: least)
      return (matrix, Array(0..<rows))
    }
    guard let labels else {
      throw Diagnostic(
        .missingPort, "the rows of a class are wanted, and nothing tells the classes",
        hint: "name the data set in the loader, such as \"labels\": \"labels\"")
    }
    guard index < labels.classCount else {
      throw Diagnostic(
        .outOfRange, "there is no such class",
        fields: ["class": "\(index), counted from 0", "classes": "\(labels.classCount)"])
    }
    let members = labels.indices.indices.filter { labels.indices[$0] == index }
    guard members.count >= least else {
      throw Diagnostic(
        .tooFewRows, "the class has too few rows",
        fields: [
          "class": labels.names[index], "rows": "\(members.count)", "needed": "at least \(least)",
        ])
    }
    return (matrix.selecting(rows: members), members)
  }
}

/// The eigenvalues of a symmetric matrix, largest first, none below 0.
///
/// Those that rounding alone can make, below (size + 100) · 2⁻⁵² of the largest, are 0.
///
/// - Throws: `outOfRange`, `notConverged`, `cancelled`.
func positiveEigenvalues(
  of matrix: Matrix<Double>, size: Int, _ context: StageContext
) throws(StageError) -> [Double] {
  do throws(LinearAlgebraError) {
    let values = try symmetricEigenvalues(matrix, stoppingAt: context.arithmeticSafePoint)
    let least = (values.first ?? 0) * Double(size + 100) * Double.ulpOfOne
    return values.map { $0 > max(0, least) ? $0 : 0 }
  } catch {
    throw error.stageError
  }
}

/// The eigenpairs of a symmetric matrix, largest first; values as `positiveEigenvalues` gives them.
///
/// - Throws: `outOfRange`, `notConverged`, `cancelled`.
func positiveEigenpairs(
  of matrix: Matrix<Double>, size: Int, _ context: StageContext
) throws(StageError) -> EigenPairs<Double> {
  do throws(LinearAlgebraError) {
    var pairs = try symmetricEigen(matrix, stoppingAt: context.arithmeticSafePoint)
    let least = (pairs.values.first ?? 0) * Double(size + 100) * Double.ulpOfOne
    pairs.values = pairs.values.map { $0 > max(0, least) ? $0 : 0 }
    return pairs
  } catch {
    throw error.stageError
  }
}
