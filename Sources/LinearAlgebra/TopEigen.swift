#if canImport(Glibc)
  internal import Glibc
#endif

/// How exact the pairs of `topEigen` are.
///
/// A pair (λ, v) is good when ‖A·v − λ·v‖ ≤ max(`relative`·λ, `floor`·λ₁). The error of λ is of the order of the
/// residual's square over the distance to the next eigenvalue.
public struct EigenTolerance: Sendable {
  /// Bound relative to the pair's own eigenvalue.
  public var relative: Double
  /// Bound relative to the largest eigenvalue, about what rounding allows: nil for 1e-6 in Float, 1e-13 in Double.
  public var floor: Double?

  /// The usual tolerance: 1e-4 of the pair's eigenvalue.
  public init(relative: Double = 1e-4, floor: Double? = nil) {
    (self.relative, self.floor) = (relative, floor)
  }
}

/// The largest eigenpairs of a large symmetric positive semi-definite matrix, a Gram matrix for instance.
///
/// Block Lanczos with full reorthogonalisation and thick restart (Golub and Underwood 1977; Wu and Simon 2000), far
/// quicker than a dense solver while `count` is a small part of n. After it has converged it goes on for some steps
/// from a random block, so that copies of a multiple eigenvalue are found too, and checks the residuals by a product of
/// random combinations; where either fails, and for small n or many pairs, the dense solver answers. The result is the same at
/// any number of threads; signs are fixed (`fixSigns`).
/// - Parameters:
///   - a: n × n, symmetric in both triangles.
///   - count: how many of the largest pairs; more than n means all.
///   - tolerance: how exact they are.
///   - safePoint: asked between tiles of products; as for `symmetricEigen` where the dense solver answers.
/// - Throws: `notFinite`; `stopped`.
public func topEigen<Scalar: MatrixScalar>(
  _ a: Matrix<Scalar>, count: Int, tolerance: EigenTolerance = EigenTolerance(),
  stoppingAt safePoint: SafePoint<LinearAlgebraError> = .none
) throws(LinearAlgebraError) -> EigenPairs<Scalar> {
  precondition(a.rows == a.columns, "a symmetric matrix is square")
  let n = a.rows
  if prefersDense(n: n, count: count) { return try denseTop(a, count, safePoint) }
  let width = blockWidth(n: n, count: count)
  let pairs: EigenPairs<Scalar>? = try krylovTop(n: n, count: count, width: width, tolerance: tolerance) {
    x, y throws(LinearAlgebraError) in
    // BLAS packs the matrix for each product, which takes longer than a product with so few vectors.
    try parallelTiles(Tiling(total: n, size: 240), stoppingAt: safePoint) { rows in
      BlockKernels.addProduct(
        rows: rows.count, inner: n, UnsafePointer(a.buffer.base) + rows.lowerBound * n, x,
        y + rows.lowerBound * width, width: width)
    }
  }
  if let pairs { return pairs }
  return try denseTop(a, count, safePoint)
}

/// The largest eigenpairs of a symmetric positive semi-definite operator that is known only by its products.
///
/// As `topEigen` for a matrix; where the dense solver must answer, the operator is applied to the unit vectors, which
/// takes n × n numbers of memory.
/// - Parameters:
///   - order: n.
///   - tolerance: how exact they are.
///   - safePoint: asked between products.
///   - apply: from vectors in rows, b × n, to their images in rows, b × n; b is 8 or 16. Deterministic.
/// - Throws: `notFinite`; `stopped`.
public func topEigen<Scalar: MatrixScalar>(
  order n: Int, count: Int, tolerance: EigenTolerance = EigenTolerance(),
  stoppingAt safePoint: SafePoint<LinearAlgebraError> = .none,
  applying apply: (Matrix<Scalar>) -> Matrix<Scalar>
) throws(LinearAlgebraError) -> EigenPairs<Scalar> {
  if !prefersDense(n: n, count: count) {
    let width = blockWidth(n: n, count: count)
    let pairs = try withoutActuallyEscaping(apply) { apply throws(LinearAlgebraError) in
      try krylovTop(n: n, count: count, width: width, tolerance: tolerance) {
        x, y throws(LinearAlgebraError) in
        try safePoint.check()
        let images = apply(
          Matrix(rows: width, columns: n) { target in
            if let rows = target.baseAddress { BlockKernels.toRows(n, x, width: width, rows) }
          })
        precondition(images.rows == width && images.columns == n, "an operator keeps the shape of a block")
        images.withPointer { BlockKernels.fromRows(n, $0, width: width, y) }
      }
    }
    if let pairs { return pairs }
  }
  return try denseTop(denseMatrix(order: n, safePoint, applying: apply), count, safePoint)
}

/// The dense solver is quicker for few rows and for many pairs.
private func prefersDense(n: Int, count: Int) -> Bool { n < 256 || count < 1 || count > n / 8 }

/// Wide blocks pay where the matrix comes from memory and many pairs are wanted.
private func blockWidth(n: Int, count: Int) -> Int { n > 4000 && count >= 24 ? 16 : 8 }

private func denseTop<Scalar>(
  _ a: Matrix<Scalar>, _ count: Int, _ safePoint: SafePoint<LinearAlgebraError>
) throws(LinearAlgebraError) -> EigenPairs<Scalar> {
  var pairs = try symmetricEigen(a, top: count, stoppingAt: safePoint)
  pairs.vectors.fixSigns()
  return pairs
}

private func denseMatrix<Scalar>(
  order n: Int, _ safePoint: SafePoint<LinearAlgebraError>, applying apply: (Matrix<Scalar>) -> Matrix<Scalar>
) throws(LinearAlgebraError) -> Matrix<Scalar> {
  let image = Buffer<Scalar>(uninitialized: n * n)
  for start in stride(from: 0, to: n, by: 16) {
    try safePoint.check()
    var units = Matrix<Scalar>(rows: min(16, n - start), columns: n)
    for row in 0..<units.rows { units[row, start + row] = 1 }
    let images = apply(units)
    precondition(images.rows == units.rows && images.columns == n, "an operator keeps the shape of a block")
    images.withPointer { (image.base + start * n).update(from: $0, count: images.count) }
  }
  return Matrix(rows: n, columns: n, buffer: image)
}

/// The pairs by block Lanczos, or nil where it does not reach the tolerance in less work than a dense solver.
private func krylovTop<Scalar: MatrixScalar>(
  n: Int, count: Int, width: Int, tolerance: EigenTolerance, apply: @escaping BlockKrylov<Scalar>.Operator
) throws(LinearAlgebraError) -> EigenPairs<Scalar>? {
  let capacity = min(n - 2 * width, 3 * count + 12 * width)
  let space = BlockKrylov(
    n: n, width: width, capacity: capacity, random: RandomStream(seed: 0x7031_e19e), apply: apply)
  let floor = tolerance.floor ?? (Scalar.self == Float.self ? 1e-6 : 1e-13)
  var search = KrylovSearch(space: space, count: count, relative: tolerance.relative, floor: floor)
  guard let found = try search.run(productLimit: max(60, n / width)) else { return nil }
  let wanted = EigenPairs(
    values: Array(found.values.prefix(count)), vectors: found.vectors.selecting(rows: Array(0..<count)))
  if wanted.values.isEmpty { return nil }
  var vectors = space.ritzVectors(wanted)
  guard try residualsHold(n: n, width: width, wanted.values, vectors, search, apply: apply) else {
    return nil
  }
  vectors.fixSigns()
  return EigenPairs(values: wanted.values.map { Scalar($0) }, vectors: vectors)
}

/// Whether a product of its own confirms the residuals, with room for the rounding of the product itself.
///
/// It is taken of random combinations ± v ÷ limit of all vectors: the mean square of what A leaves of them is the sum
/// of the squares of all residuals, each in units of its limit.
private func residualsHold<Scalar: MatrixScalar>(
  n: Int, width: Int, _ values: [Double], _ vectors: Matrix<Scalar>, _ search: KrylovSearch<Scalar>,
  apply: BlockKrylov<Scalar>.Operator
) throws(LinearAlgebraError) -> Bool {
  var random = RandomStream(seed: 0x5e51_d0a1)
  let limits = values.map { max(search.limit($0, largest: values[0]), .leastNormalMagnitude) }
  let signs = (0..<width * values.count).map { _ in random.uniform() < 0.5 ? -1.0 : 1.0 }
  func combinations(_ factors: [Double]) -> Buffer<Scalar> {
    let weights = Matrix<Scalar>(
      rows: width, columns: values.count,
      elements: signs.indices.map { Scalar(signs[$0] * factors[$0 % values.count]) })
    let block = Buffer<Scalar>(uninitialized: n * width)
    product(weights, vectors).withPointer { BlockKernels.fromRows(n, $0, width: width, block.base) }
    return block
  }
  let expected = combinations(zip(values, limits).map { $0 / $1 })
  let block = combinations(limits.map { 1 / $0 })
  let image = Buffer<Scalar>(repeating: 0, count: n * width)
  try apply(block.base, image.base)
  let squares = BlockKernels.residualSquares(
    n, image.base, expected.base, values: [Double](repeating: 1, count: width))
  withExtendedLifetime(block) {}
  return squares.reduce(0, +) / Double(width) <= 16 * Double(values.count)
}

/// Extends a Krylov space until the wanted pairs have converged and a random block shows no others.
private struct KrylovSearch<Scalar: MatrixScalar> {
  let space: BlockKrylov<Scalar>
  let count: Int
  let relative: Double
  let floor: Double
  /// Steps from a random block after convergence.
  private let probeSteps = 3

  init(space: BlockKrylov<Scalar>, count: Int, relative: Double, floor: Double) {
    (self.space, self.count, self.relative, self.floor) = (space, count, relative, floor)
  }

  /// The residual that a pair may have.
  func limit(_ value: Double, largest: Double) -> Double {
    max(relative * abs(value), floor * abs(largest))
  }

  mutating func run(productLimit: Int) throws(LinearAlgebraError) -> EigenPairs<Double>? {
    try space.startRandomBlock()
    guard var found = try converge(steps: 2 * count / space.width + 2, productLimit: productLimit)
    else { return nil }
    // What the random block makes the relation of the space forget of the pairs that are kept.
    var forgotten = space.residuals(of: found)
    while true {
      space.restart(keeping: found)
      try space.startRandomBlock()
      guard let again = try converge(steps: probeSteps, productLimit: productLimit) else { return nil }
      let residuals = zip(space.residuals(of: again), 0...).map { residual, pair in
        zip(forgotten, 0...).reduce(residual) { $0 + $1.0 * abs(again.vectors[pair, $1.1]) }
      }
      let agrees = zip(found.values.prefix(count), again.values).allSatisfy {
        abs($0 - $1) <= limit($1, largest: again.values[0])
      }
      let holds = zip(again.values.prefix(count), residuals).allSatisfy {
        $1 <= 4 * limit($0, largest: again.values[0])
      }
      if agrees && holds { return again }
      (found, forgotten) = (again, residuals)
    }
  }

  /// Extends by `steps` blocks, then on until every wanted pair has converged; nil past the limit.
  private func converge(steps: Int, productLimit: Int) throws(LinearAlgebraError) -> EigenPairs<Double>? {
    var (steps, before) = (steps, Double.infinity)
    while space.products < productLimit {
      for _ in 0..<steps {
        if space.isFull { space.restart(keeping: try space.ritzPairs(keptAtRestart)) }
        try space.extend()
      }
      if space.size < count { continue }
      // More than are wanted: what a restart keeps.
      let pairs = try space.ritzPairs(count + space.width)
      let excess = zip(pairs.values.prefix(count), space.residuals(of: pairs)).map { value, residual in
        let bound = limit(value, largest: pairs.values[0])
        return residual <= bound ? 0 : residual / max(bound, .leastNormalMagnitude)
      }
      let worst = excess.max() ?? 0
      if worst == 0 { return pairs }
      steps = stepsLeft(worst, after: before, steps: steps)
      before = worst
    }
    return nil
  }

  /// After how many steps it is worth to look again: as many as the excess has yet to shrink at the pace of the last.
  private func stepsLeft(_ worst: Double, after before: Double, steps: Int) -> Int {
    let pace = before.isFinite ? log(before / worst) / Double(max(1, steps)) : 1
    return pace > 0 ? max(1, min(4, Int(log(worst) / pace))) : 1
  }

  private var keptAtRestart: Int { count + (space.capacity - count) / 3 }
}
