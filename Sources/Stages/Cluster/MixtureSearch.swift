import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// What one start of the search for a mixture came to.
struct MixtureFit {
  /// Its means are those of centred rows.
  var model: MixtureModel
  /// The mean over the rows of the logarithm of their density, before the last step.
  var bound: Double
  var iterations: Int
  var converged: Bool
}

/// How rows belong to the components of a mixture.
struct MixtureShares {
  /// The component of the largest share of each row, the first of equal ones.
  var clusters: [Int32]
  /// rows × k.
  var shares: Matrix<Float>
  /// The logarithm of each row's density.
  var logDensities: [Double]
}

/// Expectation and maximisation for mixtures of Gaussians.
///
/// Both steps are done for a tile of rows while it is in the cache: rows are centred in double, and all sums are in
/// double, by groups of tiles that do not depend on the number of threads.
struct MixtureSearch {
  private let rows: Matrix<Float>
  private let form: CovarianceForm
  private let components: Int
  private let regularization: Double
  private let columnMeans: [Double]
  /// Below these a column's variance is nothing but rounding.
  private let leastVariances: [Double]
  /// The length of the longest centred row.
  private var radius = 0.0
  /// Σ of the products of the columns, for `tied`.
  private var scatter: Matrix<Double>?
  private let groups: [Range<Int>]
  /// Rows of a tile: fewer where components are so many and so wide that a tile would take long.
  private let tileRows: Int

  init(
    _ rows: Matrix<Float>, components: Int, form: CovarianceForm, regularization: Double,
    _ context: StageContext
  ) throws(StageError) {
    (self.rows, self.form, self.regularization) = (rows, form, regularization)
    self.components = components
    let moments = columnMoments(of: rows)
    columnMeans = moments.means
    leastVariances = zip(moments.means, moments.variances).map { 1e-30 * ($0 * $0 + $1) }
    let work = Double(components) * Double(rows.columns) * Double(rows.columns)
    tileRows = max(16, min(256, Int(5e8 / max(1, work))))
    // Sixteen groups, or as many as have 64 MB of sums.
    let size = MixtureSums.size(form, components, rows.columns)
    let count = max(1, min(16, (8 << 20) / size))
    let step = max(tileRows, (rows.rows + count - 1) / count)
    groups = stride(from: 0, to: rows.rows, by: step).map { $0..<min(rows.rows, $0 + step) }
    scatter = form == .tied ? try findScatter(context) : nil
    radius = longestRow()
  }

  /// The mixture of rows that are in one component each.
  func start(clusters: [Int32], centroids: Matrix<Float>, _ context: StageContext) throws(StageError)
    -> MixtureModel
  {
    let origins = Matrix<Double>(rows: components, columns: rows.columns) { target in
      for place in target.indices {
        let (row, column) = place.quotientAndRemainder(dividingBy: rows.columns)
        target[place] = Double(centroids[row, column]) - columnMeans[column]
      }
    }
    let sums = try sum(from: origins, workPerRow: 0, context) { _, range, shares, _ in
      shares.update(repeating: 0, count: range.count * components)
      for (place, row) in range.enumerated() { shares[place * components + Int(clusters[row])] = 1 }
      return 0
    }
    return sums.model(scatter: scatter, regularization: regularization)
  }

  /// Steps until the mean logarithm of the density changes by less than `tolerance`.
  ///
  /// - Parameter isExact: whether all is done in double; else logarithms of densities may be off by about 1e-4, at random
  ///   from row to row, if `tolerance` does not ask for more.
  func fit(
    from start: MixtureModel, iterations: Int, tolerance: Double, isExact: Bool = false,
    _ context: StageContext
  ) throws(StageError) -> MixtureFit {
    // Where the end is to be found to many digits, rounding must not blur it.
    let quickRadius = isExact || (tolerance > 0 && tolerance < 1e-4) ? nil : radius
    var fit = MixtureFit(model: start, bound: -.infinity, iterations: 0, converged: false)
    while fit.iterations < iterations && !fit.converged {
      let density = try MixtureDensity(
        fit.model, leastVariances: leastVariances, quickRadius: quickRadius, context)
      let sums = try sum(from: fit.model.means, workPerRow: density.workPerRow, context) {
        tile, range, shares, work in
        density.logDensities(tile, count: range.count, work: work, into: shares)
        return (0..<range.count).reduce(0.0) { $0 + Self.normalize(shares + $1 * components, components) }
      }
      let bound = sums.logDensity / Double(rows.rows)
      fit.model = sums.model(scatter: scatter, regularization: regularization)
      fit.converged = abs(bound - fit.bound) < tolerance
      fit.bound = bound
      fit.iterations += 1
    }
    return fit
  }

  /// How rows, these or others, belong to the components of a mixture.
  func shares(
    of matrix: Matrix<Float>, under model: MixtureModel, _ context: StageContext
  ) throws(StageError) -> MixtureShares {
    let density = try MixtureDensity(model, leastVariances: leastVariances, context)
    var clusters = [Int32](repeating: 0, count: matrix.rows)
    var logDensities = [Double](repeating: 0, count: matrix.rows)
    let scratch = Scratch<Double>(count: workCount(density.workPerRow))
    let shares = Matrix<Float>(rows: matrix.rows, columns: components) { target in
      clusters.withUnsafeMutableBufferPointer { clusters in
        logDensities.withUnsafeMutableBufferPointer { logDensities in
          nonisolated(unsafe) let (target, clusters, logDensities) = (target, clusters, logDensities)
          parallelFor((matrix.rows + tileRows - 1) / tileRows) { index in
            if context.shouldStop { return }
            let start = index * tileRows
            forEachTile(of: matrix, start..<min(matrix.rows, start + tileRows), scratch) {
              tile, range, logs, work in
              density.logDensities(tile, count: range.count, work: work, into: logs)
              for (place, row) in range.enumerated() {
                let own = logs + place * components
                let largest = (1..<max(1, components)).reduce(0) { own[$1] > own[$0] ? $1 : $0 }
                clusters[row] = Int32(largest)
                logDensities[row] = Self.normalize(own, components)
                for component in 0..<components {
                  target[row * components + component] = Float(own[component])
                }
              }
            }
          }
        }
      }
    }
    try context.checkCancelled()
    return MixtureShares(clusters: clusters, shares: shares, logDensities: logDensities)
  }

  /// A mixture's means as those of rows that were not centred.
  func uncentered(_ means: Matrix<Double>) -> Matrix<Float> {
    Matrix(rows: means.rows, columns: means.columns) { target in
      for place in target.indices {
        let (row, column) = place.quotientAndRemainder(dividingBy: means.columns)
        target[place] = Float(means[row, column] + columnMeans[column])
      }
    }
  }

  /// Turns logarithms into shares; returns the logarithm of their sum.
  private static func normalize(_ logs: UnsafeMutablePointer<Double>, _ count: Int) -> Double {
    var largest = logs[0]
    for index in 1..<max(1, count) { largest = max(largest, logs[index]) }
    var sum = 0.0
    for index in 0..<count {
      let difference = logs[index] - largest
      // Less than 2⁻⁷⁰ is nothing beside the rounding of any sum.
      let value = difference < -48.52 ? 0 : exp(difference)
      logs[index] = value
      sum += value
    }
    let factor = 1 / sum
    for index in 0..<count { logs[index] *= factor }
    return largest + log(sum)
  }
}

// Passes over the rows.
extension MixtureSearch {

  private func workCount(_ workPerRow: Int) -> Int {
    tileRows * (rows.columns + 1 + components + max(rows.columns, workPerRow))
  }

  /// Calls `body` with tiles of some rows: the rows, centred and led by a 1, which they are, room for their shares, and
  /// room for work.
  private func forEachTile(
    of matrix: Matrix<Float>, _ range: Range<Int>, _ scratch: Scratch<Double>,
    _ body: (
      UnsafePointer<Double>, Range<Int>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>
    ) -> Void
  ) {
    let columns = matrix.columns
    scratch.withBuffer { tile in
      let shares = tile + tileRows * (columns + 1)
      let work = shares + tileRows * components
      matrix.withPointer { base in
        for start in stride(from: range.lowerBound, to: range.upperBound, by: tileRows) {
          let rows = start..<min(range.upperBound, start + tileRows)
          for (place, row) in rows.enumerated() {
            let (source, target) = (base + row * columns, tile + place * (columns + 1))
            target[0] = 1
            for column in 0..<columns { target[column + 1] = Double(source[column]) - columnMeans[column] }
          }
          body(tile, rows, shares, work)
        }
      }
    }
  }

  /// Sums over all rows with the shares that `body` writes; it returns the logarithm of a tile's density.
  private func sum(
    from origins: Matrix<Double>, workPerRow: Int, _ context: StageContext,
    _ body: (
      UnsafePointer<Double>, Range<Int>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>
    ) -> Double
  ) throws(StageError) -> MixtureSums {
    let parts = groups.map { _ in MixtureSums(form, origins: origins) }
    let scratch = Scratch<Double>(count: workCount(workPerRow))
    parallelFor(groups.count) { group in
      forEachTile(of: rows, groups[group], scratch) { tile, range, shares, work in
        if context.shouldStop { return }
        parts[group].addLogDensity(body(tile, range, shares, work))
        parts[group].add(
          tile + 1, count: range.count, stride: rows.columns + 1, shares: shares, work: work)
      }
    }
    try context.checkCancelled()
    for part in parts.dropFirst() { parts[0].add(part) }
    return parts[0]
  }

  private func longestRow() -> Double {
    let found = Buffer<Double>(repeating: 0, count: groups.count)
    let scratch = Scratch<Double>(count: workCount(0))
    parallelFor(groups.count) { group in
      forEachTile(of: rows, groups[group], scratch) { tile, range, _, _ in
        for row in 0..<range.count {
          let square = Kernels.sumOfSquares(tile + row * (rows.columns + 1) + 1, count: rows.columns)
          found.base[group] = max(found.base[group], square)
        }
      }
    }
    return groups.indices.reduce(0) { max($0, found.base[$1]) }.squareRoot()
  }

  private func findScatter(_ context: StageContext) throws(StageError) -> Matrix<Double> {
    let columns = rows.columns
    let parts = Buffer<Double>(repeating: 0, count: groups.count * columns * columns)
    let scratch = Scratch<Double>(count: workCount(0))
    parallelFor(groups.count) { group in
      forEachTile(of: rows, groups[group], scratch) { tile, range, _, work in
        if context.shouldStop { return }
        for row in 0..<range.count {
          (work + row * columns).update(from: tile + row * (columns + 1) + 1, count: columns)
        }
        Kernels.addCrossProduct(
          work, rows: range.count, columns: columns, to: parts.base + group * columns * columns)
      }
    }
    try context.checkCancelled()
    return Matrix(rows: columns, columns: columns) { target in
      for place in target.indices {
        target[place] = groups.indices.reduce(0) { $0 + parts.base[$1 * target.count + place] }
      }
    }
  }
}
