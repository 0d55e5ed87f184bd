import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// What makes similarities comparable.
enum SimilarityScale: String, PlainChoice {
  /// Each is divided by the root of both rows' similarities to themselves.
  case unit
  /// All are divided by their mean on the diagonal.
  case trace
}

/// The similarities of the rows of a table by a kernel, scaled so that their mean on the diagonal is 1.
struct Similarities {
  let matrix: Matrix<Float>
  let kernel: Kernel
  let scale: SimilarityScale
  /// What a row's similarities are multiplied by, for each of the two rows.
  private let factors: [Double]
  /// Σ x² of each row.
  private let norms: [Double]
  private let context: StageContext

  /// - Parameter numbers: the row of the features that each row is.
  /// - Throws: `rankDeficient` if a row that is scaled by its similarity to itself, or every row, has none.
  init(
    _ matrix: Matrix<Float>, rows numbers: [Int], _ kernel: Kernel, _ scale: SimilarityScale,
    _ context: StageContext
  ) throws(StageError) {
    (self.matrix, self.kernel, self.scale, self.context) = (matrix, kernel, scale, context)
    norms = matrix.squaredRowNorms()
    let own = Self.toThemselves(norms, columns: matrix.columns, kernel)
    switch scale {
    case .unit:
      if let row = own.firstIndex(where: { $0 <= 0 }) {
        throw Diagnostic(
          .rankDeficient, "a row has no similarity to itself, so it cannot be scaled to 1",
          fields: ["row": "\(numbers[row]), counted from 0"],
          hint: "a row of zeros has no direction: remove it, or centre the features")
      }
      factors = own.map { 1 / $0.squareRoot() }
    case .trace:
      let mean = own.reduce(0, +) / Double(max(1, own.count))
      guard mean > 0 else {
        throw Diagnostic(
          .rankDeficient, "no row has a similarity to itself", fields: ["rows": "\(own.count)"])
      }
      factors = own.map { _ in 1 / mean.squareRoot() }
    }
  }

  /// The kernel of each row with itself.
  private static func toThemselves(_ norms: [Double], columns: Int, _ kernel: Kernel) -> [Double] {
    let gamma = kernel.gamma(columns: columns)
    return norms.map { norm in
      switch kernel {
      case .linear: norm
      case .cosine: norm > 0 ? 1 : 0
      case .rbf, .laplacian, .exponential: 1
      case .polynomial(let polynomial): pow(gamma * norm + polynomial.coef0, Double(polynomial.degree))
      case .sigmoid(let sigmoid): tanh(gamma * norm + sigmoid.coef0)
      }
    }
  }

  /// Whether similarities are dot products of the rows, each times a factor.
  private var products: RowBlocks? {
    switch kernel {
    case .linear: return RowBlocks(matrix: matrix, factors: factors)
    case .cosine:
      return RowBlocks(
        matrix: matrix, factors: zip(factors, norms).map { $1 > 0 ? $0 / $1.squareRoot() : 0 })
    case .rbf, .laplacian, .exponential, .polynomial, .sigmoid: return nil
    }
  }

  /// The rows whose dot products the similarities of a `linear` kernel are.
  var mapped: Matrix<Double> { RowBlocks(matrix: matrix, factors: factors).whole }

  /// The rows as the kernel takes them: where only differences count, about their means, for accuracy.
  private var kernelRows: RowBlocks {
    switch kernel {
    case .rbf, .laplacian, .exponential: RowBlocks(matrix: matrix, means: columnMeans(of: matrix))
    case .linear, .cosine, .polynomial, .sigmoid: RowBlocks(matrix: matrix)
    }
  }

  /// The eigenvalues of the similarities divided by the number of rows, largest first; they add up to 1.
  ///
  /// Of dot products they are those of the d × d products of the columns where there are fewer columns than rows.
  ///
  /// - Throws: `outOfRange` for too many rows or too large numbers, `notConverged`, `cancelled`.
  func eigenvalues() throws(StageError) -> [Double] {
    let (rows, columns) = (matrix.rows, matrix.columns)
    var table: Matrix<Double>
    if let products {
      try requireOrder(min(rows, columns), of: rows < columns ? "rows" : "columns")
      table =
        columns < rows
        ? try products.scatter(context) : try gram(products.whole, stoppingAt: context.safePoint)
    } else {
      try requireOrder(rows, of: "rows")
      table = try KernelMatrix(kernel, columns: columns, in: context).exact(kernelRows.whole)
      try scale(&table, from: 0)
    }
    let values = try positiveEigenvalues(of: table, size: max(rows, columns), context)
    let sum = values.reduce(0, +)
    return values.map { $0 / sum }
  }

  /// The mean over all pairs of rows, each with itself among them, of the similarity to a power.
  ///
  /// - Throws: `outOfRange` for too large numbers, `cancelled`.
  func mean(ofPower power: Int) throws(StageError) -> Double {
    let rows = matrix.rows
    if power == 1, let products {
      return products.columnSums.reduce(0) { $0 + $1 * $1 } / Double(rows) / Double(rows)
    }
    let all = kernelRows.whole
    let kernelMatrix = KernelMatrix(kernel, columns: matrix.columns, in: context)
    let (sums, tile) = (Buffer<Double>(repeating: 0, count: rows), 256)
    for start in stride(from: 0, to: rows, by: tile) {
      let numbers = Array(start..<min(rows, start + tile))
      var block = try kernelMatrix.exact(all.selecting(rows: numbers), all)
      try scale(&block, from: start)
      try block.mapRows(stoppingAt: context.safePoint) { row, number in
        var sum = 0.0
        for value in row { sum += pow(value, Double(power)) }
        sums.base[start + number] = sum
      }
    }
    let mean = (0..<rows).reduce(0.0) { $0 + sums.base[$1] } / Double(rows) / Double(rows)
    guard mean.isFinite else { throw kernelNotFinite(for: "all rows") }
    return mean
  }

  /// Scales the similarities of some rows, from a first one on, to all rows.
  private func scale(_ table: inout Matrix<Double>, from first: Int) throws(StageError) {
    try table.mapRows(stoppingAt: context.safePoint) { row, number in
      let own = factors[first + number]
      for column in row.indices { row[column] *= own * factors[column] }
    }
  }
}
