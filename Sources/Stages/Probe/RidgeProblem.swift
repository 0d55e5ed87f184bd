import Diagnostics
import LinearAlgebra
import StageKit

/// A ridge regression, by the products of all pairs of columns or of all pairs of fit rows, whichever are fewer.
struct RidgeProblem {
  private let data: ShiftedRows
  private let classes: FitClasses
  private let means: [Double]
  /// The mean target of each class.
  private let intercepts: [Double]
  /// The products of the centred rows with the targets: columns × classes.
  private let products: Matrix<Double>

  private var rowCount: Int { data.rows.count }
  /// Whether there are fewer pairs of rows than of columns.
  private var isWide: Bool { rowCount < data.matrix.columns }

  /// - Throws: `outOfRange` if there are too many columns and rows for a matrix of all pairs of either.
  init(_ matrix: Matrix<Float>, _ classes: FitClasses) throws(StageError) {
    let isWide = classes.rows.count < matrix.columns
    try requireOrder(min(classes.rows.count, matrix.columns), of: isWide ? "fit rows" : "columns")
    self.classes = classes
    let classMeans = classes.means(of: matrix)
    let (counts, total) = (classes.rowCounts.map(Double.init), Double(classes.rows.count))
    let means = classMeans.weightedMeanRow(counts)
    self.means = means
    intercepts = counts.map { 2 * $0 / total - 1 }
    data = ShiftedRows(matrix, rows: classes.rows, mean: means)
    products = Matrix(rows: matrix.columns, columns: classes.count) { target in
      for column in means.indices {
        for index in counts.indices {
          // A target is 2 for a row of the class and 0 for others, but for a constant, which centring takes away.
          target[column * counts.count + index] =
            2 * counts[index] * (classMeans[index, column] - means[column])
        }
      }
    }
  }

  /// The models of some penalties, by Cholesky: each is what it is without the others.
  ///
  /// - Throws: `outOfRange`, `rankDeficient`, `cancelled`.
  func models(_ penalties: [Double], _ context: StageContext) throws(StageError) -> [LinearModel] {
    var models: [LinearModel?] = penalties.map { _ in nil }
    if !data.isSmall { try add(to: &models, penalties, in: Float.self, context) }
    if models.contains(where: { $0 == nil }) { try add(to: &models, penalties, in: Double.self, context) }
    for (model, penalty) in zip(models, penalties) where model == nil { throw tooWeak(penalty) }
    return models.compactMap { $0 }
  }

  /// Adds the models that are not there yet and that `Scalar` is exact enough for.
  private func add<Scalar: MatrixScalar>(
    to models: inout [LinearModel?], _ penalties: [Double], in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) {
    guard let moments = try moments(in: type, context) else { return }
    for index in models.indices where models[index] == nil {
      models[index] = try model(penalties[index], moments, in: type, context)
    }
  }

  /// What several penalties give: the model of the best, its place, and each one's leave-one-out error.
  ///
  /// - Throws: `outOfRange`, `rankDeficient`, `cancelled`.
  func path(
    _ penalties: [Double], _ context: StageContext
  ) throws(StageError) -> (model: LinearModel, best: Int, errors: [Double]) {
    if !data.isSmall, let path = try path(penalties, in: Float.self, context) { return path }
    if let path = try path(penalties, in: Double.self, context) { return path }
    throw tooWeak(penalties.min() ?? 0)
  }

  private func tooWeak(_ penalty: Double) -> Diagnostic {
    Diagnostic(
      .rankDeficient, "the penalty is lost in rounding beside the variances of the features",
      fields: ["penalty": "\(penalty)"], hint: "take a larger penalty, or scale the features down first")
  }

  /// The products of all pairs of columns or of rows; nil where they leave the range of `Scalar`.
  private func moments<Scalar: MatrixScalar>(
    in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) -> Matrix<Double>? {
    let moments =
      try isWide
      ? gram(data.block(0..<rowCount, as: Scalar.self), stoppingAt: context.safePoint)
        .converted(to: Double.self)
      : data.scatter(in: Scalar.self, context)
    if moments.isFinite { return moments }
    if Scalar.self == Double.self { throw LinearAlgebraError.notFinite.stageError }
    return nil
  }

  /// Of a matrix in single precision everything must count that much, so that its rounding does not.
  private static func leastShare<Scalar: MatrixScalar>(_ type: Scalar.Type) -> Double {
    Scalar.self == Float.self ? 1e-5 : 1e-13
  }

  private func model<Scalar: MatrixScalar>(
    _ penalty: Double, _ moments: Matrix<Double>, in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) -> LinearModel? {
    var moments = moments
    moments.addToDiagonal(penalty)
    guard let factor = try moments.cholesky(leastPivot: Self.leastShare(type), context) else { return nil }
    if isWide { return try model(rowWeights: factor.solve(targets(0..<rowCount)), in: type, context) }
    return model(factor.solve(products).transposed)
  }

  private func model(_ weights: Matrix<Double>) -> LinearModel {
    LinearModel(means: means, weights: weights, intercepts: intercepts)
  }

  /// The model whose weights are sums of the centred rows.
  ///
  /// - Parameter rowWeights: rows × classes.
  private func model<Scalar: MatrixScalar>(
    rowWeights: Matrix<Double>, in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) -> LinearModel {
    model(
      try crossProduct(
        rowWeights.converted(to: Scalar.self), data.block(0..<rowCount), stoppingAt: context.safePoint))
  }

  /// The centred targets of some rows.
  private func targets(_ rows: Range<Int>) -> Matrix<Double> {
    Matrix(rows: rows.count, columns: classes.count) { target in
      for (position, row) in rows.enumerated() {
        let own = Int(classes.classOf[row])
        for index in intercepts.indices {
          target[position * intercepts.count + index] = (index == own ? 1 : -1) - intercepts[index]
        }
      }
    }
  }
}

// MARK: - Leave-one-out

extension RidgeProblem {
  /// The eigenvectors of the moments with what all penalties need.
  private struct Factors<Scalar: MatrixScalar> {
    /// The eigenvalues, largest first, none negative.
    let values: [Double]
    /// An eigenvector a row.
    let vectors: Matrix<Double>
    /// The products of eigenvectors and targets: eigenvalues × classes.
    let targets: Matrix<Double>
    /// The same in the precision of the passes over the rows: eigenvectors as rows, or each row's coordinates.
    let basis: Matrix<Scalar>
    /// For pairs of rows, the eigenvalue that the constant direction was given.
    let constant: Double

    /// What each eigenvector's part counts in a fit.
    func gains(_ penalty: Double) -> [Double] { values.map { 1 / ($0 + penalty) } }

    func scaledTargets(_ penalty: Double) -> Matrix<Double> {
      var scaled = targets
      scaled.scaleRows(by: gains(penalty))
      return scaled
    }
  }

  private func path<Scalar: MatrixScalar>(
    _ penalties: [Double], in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) -> (model: LinearModel, best: Int, errors: [Double])? {
    guard let factors = try factors(leastPenalty: penalties.min() ?? 0, in: type, context) else { return nil }
    let errors = try errors(penalties, factors, context)
    let best = errors.indices.reduce(0) { errors[$1] < errors[$0] ? $1 : $0 }
    let scaled = factors.scaledTargets(penalties[best])
    let weights: Matrix<Double> = try product(
      transposed: scaled, factors.vectors, stoppingAt: context.safePoint)
    let found =
      try isWide ? model(rowWeights: weights.transposed, in: type, context) : model(weights)
    return (found, best, errors)
  }

  private func factors<Scalar: MatrixScalar>(
    leastPenalty: Double, in type: Scalar.Type, _ context: StageContext
  ) throws(StageError) -> Factors<Scalar>? {
    guard var moments = try moments(in: type, context) else { return nil }
    var constant = 0.0
    if isWide {
      // Centred rows have no part in the constant direction: given an eigenvalue of its own it is easy to leave out.
      constant = max(moments.trace / Double(rowCount), leastPenalty)
      moments.add(constant / Double(rowCount))
    }
    let pairs: EigenPairs<Double>
    do throws(LinearAlgebraError) {
      pairs = try symmetricEigen(moments, stoppingAt: context.arithmeticSafePoint)
    } catch {
      throw error.stageError
    }
    let (largest, least) = (pairs.values.first ?? 0, pairs.values.last ?? 0)
    if least + leastPenalty < Self.leastShare(type) * (largest + leastPenalty) { return nil }
    let sides = isWide ? targets(0..<rowCount) : products
    let vectors = isWide ? pairs.vectors.transposed : pairs.vectors
    return Factors(
      values: pairs.values.map { max(0, $0) }, vectors: pairs.vectors,
      targets: try product(pairs.vectors, sides, stoppingAt: context.safePoint),
      basis: vectors.converted(), constant: constant)
  }

  /// The mean squared leave-one-out error of each penalty.
  private func errors<Scalar: MatrixScalar>(
    _ penalties: [Double], _ factors: Factors<Scalar>, _ context: StageContext
  ) throws(StageError) -> [Double] {
    let gains = Matrix<Scalar>(penalties.map { factors.gains($0).map { Scalar($0) } })
    let fits = try PathFits<Scalar>(
      targets: factors.targets, values: factors.values, penalties: penalties, isWide: isWide, context)
    let tile = 512
    let tiles = (rowCount + tile - 1) / tile
    let sums = Buffer<Double>(repeating: 0, count: tiles * penalties.count)
    try parallelFor(tiles, stoppingAt: context.safePoint) { index in
      let rows = index * tile..<min(rowCount, (index + 1) * tile)
      let coordinates =
        isWide
        ? factors.basis.selecting(rows: Array(rows))
        : product(data.block(rows, as: Scalar.self), transposed: factors.basis)
      let leverages = product(coordinates.squared, transposed: gains)
      let targets: Matrix<Scalar>? = isWide ? nil : targets(rows).converted()
      let found = fits.fits(of: coordinates)
      for (place, penalty) in penalties.enumerated() {
        let shares = (0..<rows.count).map { row in
          share(of: Double(leverages[row, place]), constant: factors.constant, penalty)
        }
        sums.base[index * penalties.count + place] = squares(found, place, less: targets, over: shares)
      }
    }
    return penalties.indices.map { place in
      (0..<tiles).reduce(0) { $0 + sums.base[$1 * penalties.count + place] }
        / Double(rowCount * classes.count)
    }
  }

  /// What a row's residual is divided by when it is left out: 1 − h, over pairs of rows (1 − h) ÷ penalty.
  private func share(of leverage: Double, constant: Double, _ penalty: Double) -> Double {
    let rest = 1 / Double(rowCount)
    let share = isWide ? leverage - rest / (constant + penalty) : 1 - rest - leverage
    return max(share, .ulpOfOne * (isWide ? 1 / penalty : 1))
  }

  /// Σ (found − target)² ÷ share² over all rows and classes; over pairs of rows `found` is the residual itself.
  ///
  /// - Parameters:
  ///   - found: penalties × (rows × classes).
  ///   - place: the penalty.
  private func squares<Scalar: MatrixScalar>(
    _ found: Matrix<Scalar>, _ place: Int, less targets: Matrix<Scalar>?, over shares: [Double]
  ) -> Double {
    let columns = classes.count
    return found.withPointer { found in
      let first = found + place * shares.count * columns
      func squares(_ row: Int) -> Double {
        let values = first + row * columns
        guard let targets else { return RowSums.squares(values, columns) }
        return targets.withPointer { RowSums.squaredDistance(values, $0 + row * columns, columns) }
      }
      return shares.indices.reduce(0) { $0 + squares($1) / (shares[$1] * shares[$1]) }
    }
  }
}
