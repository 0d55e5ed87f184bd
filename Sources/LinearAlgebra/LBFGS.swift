/// A limited-memory quasi-Newton minimiser of smooth functions.
///
/// L-BFGS with the two-loop recursion (Nocedal 1980) and a line search for the strong Wolfe conditions (Nocedal and
/// Wright, Numerical Optimization, 2nd ed., algorithms 3.5 and 3.6, with safeguarded cubic interpolation).
public struct LBFGS: Sendable {
  /// How many pairs of steps and gradient changes are remembered.
  public var memory = 10
  /// The search has converged when no entry of the gradient is larger in magnitude.
  public var gradientTolerance = 1e-5
  /// The most iterations; each costs one evaluation as a rule, a few where the function is rough.
  public var maximumIterations = 1000

  /// A minimiser with the usual settings.
  public init(memory: Int = 10, gradientTolerance: Double = 1e-5, maximumIterations: Int = 1000) {
    (self.memory, self.gradientTolerance) = (max(1, memory), gradientTolerance)
    self.maximumIterations = maximumIterations
  }

  /// Searches a minimum from a starting point.
  ///
  /// Values that are not finite are taken as a wall: the step is shortened.
  /// - Parameters:
  ///   - start: n coordinates.
  ///   - shouldStop: called before each iteration with the number of those done and the value; true ends the search.
  ///   - function: the value at a point; writes the gradient there into its second argument, of length n.
  public func minimise(
    from start: [Double], shouldStop: (Int, Double) -> Bool = { _, _ in false },
    _ function: (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Double
  ) -> Minimum {
    withoutActuallyEscaping(function) { function in
      var problem = Evaluator(function: function)
      var current = problem.evaluate(start)
      var pairs = CurvaturePairs(memory: memory)
      var iterations = 0
      var failures = 0
      func result(_ outcome: Minimum.Outcome) -> Minimum {
        Minimum(
          point: current.point, value: current.value, gradientNorm: maximumNorm(current.gradient),
          iterations: iterations, evaluations: problem.evaluations, outcome: outcome)
      }
      if !current.isFinite { return result(.notFinite) }
      while true {
        if maximumNorm(current.gradient) <= gradientTolerance { return result(.converged) }
        if iterations >= maximumIterations { return result(.iterationLimit) }
        if shouldStop(iterations, current.value) { return result(.stopped) }
        guard let next = step(from: current, &pairs, &problem) else { return result(.stalled) }
        pairs.append(from: current, to: next.evaluation)
        current = next.evaluation
        iterations += 1
        // Twice a lower point but no acceptable one: what is left is the function's rounding.
        failures = next.isAcceptable ? 0 : failures + 1
        if failures == 2 && maximumNorm(current.gradient) > gradientTolerance { return result(.stalled) }
      }
    }
  }

  /// The next point, along the quasi-Newton direction or, where that fails, straight down; nil where neither helps.
  private func step(
    from current: Evaluation, _ pairs: inout CurvaturePairs, _ problem: inout Evaluator
  ) -> LineSearch.Step? {
    while true {
      var direction = pairs.direction(at: current.gradient)
      var slope = dot(direction, current.gradient)
      if !(slope < 0) || !slope.isFinite {
        pairs.removeAll()
        direction = current.gradient.map { -$0 }
        slope = dot(direction, current.gradient)
      }
      // Without a memory of curvature the first step has length 1 at most.
      let first = pairs.isEmpty ? min(1, 1 / dot(direction, direction).squareRoot()) : 1
      let search = LineSearch(start: current, direction: direction, slope: slope)
      if let next = search.run(first: first, &problem) { return next }
      if pairs.isEmpty { return nil }
      pairs.removeAll()
    }
  }
}

/// The last steps and changes of the gradient, which stand for the inverse of the curvature.
private struct CurvaturePairs {
  private struct Pair {
    let step: [Double]
    let change: [Double]
    let inverse: Double
  }

  let memory: Int
  private var pairs: [Pair] = []

  init(memory: Int) { self.memory = memory }

  var isEmpty: Bool { pairs.isEmpty }

  mutating func removeAll() { pairs.removeAll() }

  /// Remembers a step unless rounding hides its curvature.
  mutating func append(from old: Evaluation, to new: Evaluation) {
    let step = combine(new.point, -1, old.point)
    let change = combine(new.gradient, -1, old.gradient)
    let curvature = dot(step, change)
    if curvature <= 1e-14 * (dot(change, change) * dot(step, step)).squareRoot() { return }
    if pairs.count == memory { pairs.removeFirst() }
    pairs.append(Pair(step: step, change: change, inverse: 1 / curvature))
  }

  /// −H·g by the two-loop recursion.
  func direction(at gradient: [Double]) -> [Double] {
    var result = gradient.map { -$0 }
    var weights: [Double] = []
    for pair in pairs.reversed() {
      let weight = pair.inverse * dot(pair.step, result)
      add(-weight, pair.change, to: &result)
      weights.append(weight)
    }
    if let last = pairs.last {
      let scale = 1 / (last.inverse * dot(last.change, last.change))
      for index in result.indices { result[index] *= scale }
    }
    for (pair, weight) in zip(pairs, weights.reversed()) {
      add(weight - pair.inverse * dot(pair.change, result), pair.step, to: &result)
    }
    return result
  }
}

// The loops of the search: in a fixed order, so that the result is the same everywhere.

func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sums = SIMD8<Double>(repeating: 0)
  let whole = a.count - a.count % 8
  return a.withUnsafeBytes { x in
    b.withUnsafeBytes { y in
      for index in stride(from: 0, to: whole * 8, by: 64) {
        sums +=
          x.loadUnaligned(fromByteOffset: index, as: SIMD8<Double>.self)
          * y.loadUnaligned(fromByteOffset: index, as: SIMD8<Double>.self)
      }
      return (whole..<a.count).reduce(sums.sum()) { $0 + a[$1] * b[$1] }
    }
  }
}

func combine(_ a: [Double], _ factor: Double, _ b: [Double]) -> [Double] {
  var result = a
  add(factor, b, to: &result)
  return result
}

func add(_ factor: Double, _ values: [Double], to target: inout [Double]) {
  target.withUnsafeMutableBufferPointer { target in
    values.withUnsafeBufferPointer { values in
      for index in target.indices { target[index] += factor * values[index] }
    }
  }
}

private func maximumNorm(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }
