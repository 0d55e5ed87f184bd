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
    try Self.sums(rows: matrix.rows, columns: matrix.columns, context) { range in
      [crossProduct(block(range))]
    }[0]
  }

  /// The products of the columns of two tables of the same rows: of the first, of the second, and d × e of both.
  ///
  /// - Throws: `cancelled`.
  static func scatters(
    _ first: RowBlocks, _ second: RowBlocks, _ context: StageContext
  ) throws(StageError) -> (first: Matrix<Double>, second: Matrix<Double>, both: Matrix<Double>) {
    let columns = first.matrix.columns + second.matrix.columns
    let sums = try sums(rows: first.matrix.rows, columns: columns, context) { range in
      let (x, y) = (first.block(range), second.block(range))
      return [crossProduct(x), crossProduct(y), crossProduct(x, y)]
    }
    return (sums[0], sums[1], sums[2])
  }

  /// The sum of each column.
  var columnSums: [Double] {
    var sums = [Double](repeating: 0, count: matrix.columns)
    for range in Self.ranges(rows: matrix.rows, columns: matrix.columns) {
      block(range).withPointer { base in
        for row in 0..<range.count {
          for column in sums.indices { sums[column] += base[row * sums.count + column] }
        }
      }
    }
    return sums
  }

  /// Adds up what some rows give, a block at a time.
  ///
  /// Blocks are dealt to a few groups, which are summed side by side and added in order at the end. Of wide tables there
  /// are fewer groups, as each has sums of its own.
  private static func sums(
    rows: Int, columns: Int, _ context: StageContext, _ part: (Range<Int>) -> [Matrix<Double>]
  ) throws(StageError) -> [Matrix<Double>] {
    let blocks = ranges(rows: rows, columns: columns)
    let count = max(1, min(12, blocks.count, (32 << 20) / max(1, columns * columns)))
    let size = (blocks.count + count - 1) / count
    var groups = [[Matrix<Double>]](repeating: [], count: (blocks.count + size - 1) / size)
    groups.withUnsafeMutableBufferPointer { groups in
      guard let base = groups.baseAddress else { return }
      parallelFor(groups.count) { group in
        for block in group * size..<min(blocks.count, (group + 1) * size) where !context.shouldStop {
          let part = part(blocks[block])
          if base[group].isEmpty { base[group] = part } else { base[group].add(part) }
        }
      }
    }
    try context.checkCancelled()
    var sums = groups[0]
    for group in groups.dropFirst() { sums.add(group) }
    return sums
  }

  /// Blocks of rows that take about 4 MB, at least one of them.
  private static func ranges(rows: Int, columns: Int) -> [Range<Int>] {
    let size = max(256, (512 << 10) / max(1, columns))
    return rows == 0 ? [0..<0] : stride(from: 0, to: rows, by: size).map { $0..<min(rows, $0 + size) }
  }
}

extension [Matrix<Double>] {
  /// Adds matrices of the same shapes, one to one.
  fileprivate mutating func add(_ others: [Matrix<Double>]) {
    for index in indices { self[index].add(others[index]) }
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
