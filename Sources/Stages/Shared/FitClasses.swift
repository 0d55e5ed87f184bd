import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// The rows that a probe is fitted on, with their classes.
struct FitClasses {
  /// The fit rows, ascending.
  let rows: [Int]
  /// The classes that fit rows have, ascending.
  let present: [Int32]
  /// The position in `present` of each fit row's class.
  let classOf: [Int32]

  /// The number of classes that fit rows have.
  var count: Int { present.count }

  /// Checks the inputs of a probe and finds the classes to tell apart.
  ///
  /// - Parameter method: what needs the classes, for the hint of an error.
  /// - Throws: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`, `tooFewClasses`.
  init(
    _ features: Features, _ labels: Labels, _ fitRows: RowMask?, for method: String
  ) throws(StageError) {
    try requireRows(labels, features)
    rows = try features.fitIndices(fitRows)
    try features.requireFinite()
    var positions = [Int32](repeating: -1, count: labels.classCount)
    for row in rows { positions[Int(labels.indices[row])] = 0 }
    present = positions.indices.filter { positions[$0] == 0 }.map { Int32($0) }
    guard present.count > 1 else {
      throw Diagnostic(
        .tooFewClasses, "all fit rows have the same class",
        fields: ["class": labels.names[Int(present[0])], "fit rows": "\(rows.count) of \(features.rows)"],
        hint: "\(method) needs at least two classes")
    }
    for (position, index) in present.enumerated() { positions[Int(index)] = Int32(position) }
    classOf = rows.map { positions[Int(labels.indices[$0])] }
  }

  /// The number of fit rows of each class.
  var rowCounts: [Int] {
    var counts = [Int](repeating: 0, count: count)
    for index in classOf { counts[Int(index)] += 1 }
    return counts
  }

  /// The fit rows of each class, ascending.
  var rowsByClass: [[Int]] {
    var lists = [[Int]](repeating: [], count: count)
    for (row, index) in zip(rows, classOf) { lists[Int(index)].append(row) }
    return lists
  }

  /// The mean of the fit rows of each class: classes × columns.
  func means(of matrix: Matrix<Float>) -> Matrix<Double> {
    let lists = rowsByClass
    let columns = matrix.columns
    return Matrix(rows: count, columns: columns) { target in
      guard let target = target.baseAddress else { return }
      parallelFor(count) { index in
        let means = columnMeans(of: matrix, rows: lists[index])
        means.withUnsafeBufferPointer { source in
          if let first = source.baseAddress { (target + index * columns).update(from: first, count: columns) }
        }
      }
    }
  }
}

/// Rows of a matrix, each less one of several means and times the factor that belongs to it.
struct ShiftedRows {
  let matrix: Matrix<Float>
  /// Which rows.
  let rows: [Int]
  /// Which of the means is subtracted from each of them.
  let groupOf: [Int32]
  /// Groups × columns.
  let means: Matrix<Double>
  /// What the rows of each group are multiplied by.
  let factors: [Double]

  /// Rows less one mean.
  init(_ matrix: Matrix<Float>, rows: [Int], mean: [Double]) {
    (self.matrix, self.rows) = (matrix, rows)
    groupOf = [Int32](repeating: 0, count: rows.count)
    means = Matrix(rows: 1, columns: mean.count, elements: mean)
    factors = [1]
  }

  /// Rows less the means of their groups.
  init(_ matrix: Matrix<Float>, rows: [Int], groupOf: [Int32], means: Matrix<Double>, factors: [Double]) {
    (self.matrix, self.rows, self.groupOf, self.means, self.factors) = (matrix, rows, groupOf, means, factors)
  }

  /// Some of the rows.
  func block<Scalar: MatrixScalar>(_ range: Range<Int>, as type: Scalar.Type = Scalar.self) -> Matrix<Scalar>
  {
    let columns = matrix.columns
    let tile = max(1, 65_536 / max(1, columns))
    return Matrix<Scalar>(rows: range.count, columns: columns) { target in
      guard let target = target.baseAddress else { return }
      matrix.withPointer { base in
        means.withPointer { means in
          parallelFor((range.count + tile - 1) / tile) { index in
            for position in index * tile..<min(range.count, (index + 1) * tile) {
              let group = Int(groupOf[range.lowerBound + position])
              Self.shift(
                base + rows[range.lowerBound + position] * columns, means + group * columns, factors[group],
                into: target + position * columns, count: columns)
            }
          }
        }
      }
    }
  }

  private static func shift<Scalar: MatrixScalar>(
    _ row: UnsafePointer<Float>, _ means: UnsafePointer<Double>, _ factor: Double,
    into target: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    if Scalar.self == Float.self {
      let target = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Float.self)
      for column in 0..<count { target[column] = Float((Double(row[column]) - means[column]) * factor) }
    } else {
      let target = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Double.self)
      for column in 0..<count { target[column] = (Double(row[column]) - means[column]) * factor }
    }
  }

  /// The cross product of the rows, d × d, in double; blocks of rows are multiplied in `Scalar`.
  ///
  /// - Throws: `cancelled`.
  func scatter<Scalar: MatrixScalar>(
    in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    let size = max(4096, (16 << 20) / max(1, matrix.columns))
    var sum = Matrix<Double>(rows: matrix.columns, columns: matrix.columns)
    for start in stride(from: 0, to: rows.count, by: size) {
      let part = try crossProduct(
        block(start..<min(rows.count, start + size), as: Scalar.self), stoppingAt: context.safePoint)
      if start == 0 { sum = part } else { sum.add(part) }
    }
    return sum
  }

  /// Whether arithmetic in double costs so little that there is no need for any other.
  var isSmall: Bool {
    Double(rows.count) * Double(matrix.columns) * Double(min(rows.count, matrix.columns)) <= 1e9
  }
}
