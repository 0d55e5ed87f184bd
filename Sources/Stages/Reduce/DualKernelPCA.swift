import Diagnostics
import LinearAlgebra
import StageKit

/// Kernel PCA by its dual: minimises ½‖H‖² + Ψ*(H) − Tr (HᵀK̃H)^(1/2) over the n × k dual variables H.
///
/// Y(H) = K̃H (HᵀK̃H)^(−1/2) is the gradient of the last term, so the gradient for the square loss is H − Y, and every
/// loss has its minima where H = prox(Y).
struct DualKernelPCA {
  private let gram: Matrix<Float>
  private let settings: KernelPCA.Solver.Dual
  private let count: Int
  private let context: StageContext
  /// Eigenvalues of HᵀK̃H below this part of the largest are rounding: they are taken as 0, with a root of 0.
  private static let leastEigenvalue = 1e-7

  init(
    _ gram: Matrix<Float>, _ settings: KernelPCA.Solver.Dual, _ count: Int, in context: StageContext
  ) {
    (self.gram, self.settings, self.count, self.context) = (gram, settings, count, context)
  }

  /// The components and the dual variables, n × k.
  ///
  /// - Throws: `notConverged`; `tooManyComponents` where fewer of them take part; `cancelled`.
  func solve(
    startingFrom features: Matrix<Float>
  ) throws(StageError) -> (components: KernelComponents<Float>, dual: Matrix<Float>) {
    var dual = scatteredNumbers(features, count: count, seed: 0x6b70_6361)
    var iterations = 0
    if settings.loss == .square {
      let found = try minimum(from: dual)
      (dual, iterations) = (found.dual, found.iterations)
      if found.distance <= settings.tolerance { return try components(of: dual) }
    }
    return try components(of: fixedPoint(from: dual, after: iterations))
  }

  /// The square loss, by L-BFGS; it ends early where the value's rounding hides what is left.
  private func minimum(
    from start: Matrix<Float>
  ) throws(StageError) -> (dual: Matrix<Float>, distance: Double, iterations: Int) {
    var failure: StageError?
    // What was seen since the last step: the values, and how far their points are from the next iterate.
    var seen: [(value: Double, distance: Double)] = []
    var distance = Double.infinity
    let search = LBFGS(gradientTolerance: 0, maximumIterations: settings.iterations)
    let result = search.minimise(
      from: start.elements.map(Double.init),
      shouldStop: { _, value in
        distance = seen.last { $0.value == value }?.distance ?? .infinity
        seen.removeAll(keepingCapacity: true)
        return failure != nil || distance <= settings.tolerance
      }
    ) { point, gradient in
      do throws(StageError) {
        let next = try evaluate(point, gradient)
        seen.append(next)
        return next.value
      } catch {
        failure = error
        return .nan
      }
    }
    if let failure { throw failure }
    return (matrix(of: result.point), distance, result.iterations)
  }

  /// The value and the gradient of the square loss, and ‖gradient‖ ÷ ‖H‖.
  private func evaluate(
    _ point: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutableBufferPointer<Double>
  ) throws(StageError) -> (value: Double, distance: Double) {
    let image = try image(of: matrix(of: point))
    var (square, gap) = (0.0, 0.0)
    image.scores.withPointer { scores in
      for index in point.indices {
        let difference = point[index] - Double(scores[index])
        gradient[index] = difference
        square += point[index] * point[index]
        gap += difference * difference
      }
    }
    return (square / 2 - image.trace, (gap / max(square, .leastNormalMagnitude)).squareRoot())
  }

  private func matrix(of point: some Collection<Double>) -> Matrix<Float> {
    Matrix(rows: gram.rows, columns: count, elements: point.map { Float($0) })
  }

  /// The iteration for differences of convex functions, which needs no values.
  private func fixedPoint(from start: Matrix<Float>, after done: Int) throws(StageError) -> Matrix<Float> {
    var dual = start
    var distance = Double.infinity
    for _ in min(done, settings.iterations)..<settings.iterations {
      var next = try image(of: dual).scores
      let size = next.count
      next.withMutablePointer { applyProx(UnsafeMutableBufferPointer(start: $0, count: size)) }
      distance = relativeDistance(dual, next)
      dual = next
      if distance <= settings.tolerance { return dual }
    }
    throw notConverged(distance, settings.iterations)
  }

  private func relativeDistance(_ old: Matrix<Float>, _ new: Matrix<Float>) -> Double {
    var (square, gap) = (0.0, 0.0)
    let size = new.count
    old.withPointer { old in
      new.withPointer { new in
        for index in 0..<size {
          let (from, to) = (Double(old[index]), Double(new[index]))
          square += to * to
          gap += (to - from) * (to - from)
        }
      }
    }
    // Where everything became 0 there is nothing left to move.
    return square > 0 ? (gap / square).squareRoot() : 0
  }

  /// Y ← prox(Y) of Ψ*, row by row.
  private func applyProx(_ values: UnsafeMutableBufferPointer<Float>) {
    switch settings.loss {
    case .square: break
    case .huber(let huber):
      let bound = Float(huber.kappa)
      scale(values, by: huber.norm) { $0 > bound ? bound / $0 : 1 }
    case .epsilonInsensitive(let insensitive):
      let bound = Float(insensitive.epsilon)
      scale(values, by: insensitive.norm) { $0 > bound ? 1 - bound / $0 : 0 }
    }
  }

  /// Multiplies each row, or each entry, by a factor that depends on its length.
  private func scale(
    _ values: UnsafeMutableBufferPointer<Float>, by norm: KernelPCA.Loss.Norm, _ factor: (Float) -> Float
  ) {
    switch norm {
    case .entry: for index in values.indices { values[index] *= factor(abs(values[index])) }
    case .row:
      for start in stride(from: 0, to: values.count, by: count) {
        let square = (start..<start + count).reduce(Float(0)) { $0 + values[$1] * values[$1] }
        let multiple = factor(square.squareRoot())
        for index in start..<start + count { values[index] *= multiple }
      }
    }
  }

  private func notConverged(_ distance: Double, _ iterations: Int) -> StageError {
    Diagnostic(
      .notConverged, "the dual of kernel PCA did not reach its tolerance",
      fields: [
        "distance": distance.isFinite ? "\(Float(distance))" : "unknown",
        "tolerance": "\(settings.tolerance)", "iterations": "\(iterations)",
      ],
      hint: "raise `iterations` or `tolerance`, or take another solver")
  }
}

extension DualKernelPCA {
  /// What K̃ makes of dual variables.
  private struct Image {
    /// Y = K̃H (HᵀK̃H)^(−1/2): n × k.
    let scores: Matrix<Float>
    /// Tr (HᵀK̃H)^(1/2).
    let trace: Double
    /// (HᵀK̃H)^(−1/2), of the eigenvalues that are not rounding.
    let inverseRoot: Matrix<Float>
    /// How many those are.
    let rank: Int
  }

  private func image(of dual: Matrix<Float>) throws(StageError) -> Image {
    let product = try product(gram, dual, stoppingAt: context.safePoint)
    let cross = try crossProduct(dual, product, stoppingAt: context.safePoint)
    let pairs: EigenPairs<Double>
    do throws(LinearAlgebraError) {
      // Rounding leaves it not quite symmetric: only one triangle is read.
      pairs = try symmetricEigen(cross)
    } catch {
      throw error.stageError
    }
    let least = Self.leastEigenvalue * max(0, pairs.values.first ?? 0)
    let rank = pairs.values.prefix { $0 > least }.count
    var scaled = pairs.vectors.selecting(rows: Array(0..<rank))
    scaled.scaleRows(by: pairs.values.prefix(rank).map { 1 / $0.squareRoot().squareRoot() })
    let root = crossProduct(scaled).converted(to: Float.self)
    return Image(
      scores: try LinearAlgebra.product(product, root, stoppingAt: context.safePoint),
      trace: pairs.values.prefix(rank).reduce(0) { $0 + $1.squareRoot() }, inverseRoot: root, rank: rank)
  }

  /// The components that dual variables stand for, turned so that the fit rows' scores are uncorrelated.
  private func components(
    of dual: Matrix<Float>
  ) throws(StageError) -> (components: KernelComponents<Float>, dual: Matrix<Float>) {
    let image = try image(of: dual)
    guard image.rank == count else { throw tooMany(image.rank) }
    let axes: EigenPairs<Double>
    do throws(LinearAlgebraError) {
      axes = try symmetricEigen(
        crossProduct(image.scores, stoppingAt: context.arithmeticSafePoint),
        stoppingAt: context.arithmeticSafePoint)
    } catch {
      throw error.stageError
    }
    let turn = axes.vectors.converted(to: Float.self)
    var scores = try product(turn, transposed: image.scores, stoppingAt: context.safePoint)
    var directions = try product(
      product(turn, transposed: image.inverseRoot, stoppingAt: context.safePoint), transposed: dual,
      stoppingAt: context.safePoint)
    let signs = scores.fixSigns()
    directions.scaleRows(by: signs)
    var turned = dual
    if !isByEntry {
      turned = try product(dual, transposed: turn, stoppingAt: context.safePoint)
      turned.scaleColumns(by: signs)
    }
    return (KernelComponents(values: axes.values, scores: scores, directions: directions), turned)
  }

  /// Whether the loss looks at entries: then turning the dual variables would fill those that are 0.
  private var isByEntry: Bool {
    switch settings.loss {
    case .square: false
    case .huber(let huber): huber.norm == .entry
    case .epsilonInsensitive(let insensitive): insensitive.norm == .entry
    }
  }

  private func tooMany(_ found: Int) -> StageError {
    Diagnostic(
      .tooManyComponents, "kernel PCA has fewer components than asked for",
      fields: ["components": "\(count)", "with dual variables": "\(found)"],
      hint: settings.loss == .square
        ? "lower `components`" : "lower `components`, or `epsilon` if there is one")
  }
}
