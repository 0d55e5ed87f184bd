/// A smooth convex function with products of its Hessian.
public protocol CurvedFunction: AnyObject {
  /// The value at a point; writes the gradient there into its second argument.
  func evaluate(
    _ point: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutableBufferPointer<Double>
  ) -> Double
  /// Makes ready for products with the Hessian at the point that was evaluated last; returns its diagonal, or what
  /// stands for it: numbers above 0.
  ///
  /// - Parameter share: how much of a Newton step may be wrong. The Hessian need not be more exact.
  func bend(exactTo share: Double) -> [Double]
  /// The product of the Hessian with a direction.
  func curvature(along direction: [Double]) -> [Double]
}

/// A minimiser of smooth convex functions by Newton steps that conjugate gradients find, no more exactly than pays.
///
/// Steps are sought to a share of ½ √(what the last step promised ÷ value), between a twentieth and a quarter, in the
/// norm of the Hessian (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.1, with the Hessian's diagonal
/// as the preconditioner), and their lengths by a search for the strong Wolfe conditions.
public struct TruncatedNewton: Sendable {
  /// The most Newton steps.
  public var maximumIterations = 1000
  /// The most products with the Hessian for one step.
  private static let longest = 200

  /// A minimiser with the usual settings.
  public init(maximumIterations: Int = 1000) { self.maximumIterations = maximumIterations }

  /// Searches a minimum from a starting point.
  ///
  /// Values that are not finite are taken as a wall: the step is shortened.
  /// - Parameter isDone: called before each step with the value and the gradient; true ends the search.
  public func minimise(
    _ function: some CurvedFunction, from start: [Double], isDone: (Double, [Double]) -> Bool
  ) -> Minimum {
    var evaluator = Evaluator { function.evaluate($0, $1) }
    var current = evaluator.evaluate(start)
    var (iterations, failures, promised) = (0, 0, Double.infinity)
    func minimum(_ outcome: Minimum.Outcome) -> Minimum {
      Minimum(
        point: current.point, value: current.value,
        gradientNorm: current.gradient.reduce(0) { max($0, abs($1)) }, iterations: iterations,
        evaluations: evaluator.evaluations, outcome: outcome)
    }
    if !current.isFinite { return minimum(.notFinite) }
    while true {
      if isDone(current.value, current.gradient) { return minimum(.stopped) }
      if iterations >= maximumIterations { return minimum(.iterationLimit) }
      // What is remembered of the last evaluation must be of this point.
      if evaluator.evaluations != current.number { current = evaluator.evaluate(current.point) }
      let direction = Self.direction(
        function, current.gradient, share: min(0.25, max(0.05, promised.squareRoot() / 2)))
      let slope = dot(direction, current.gradient)
      guard slope < 0, slope.isFinite,
        let next = LineSearch(start: current, direction: direction, slope: slope).run(first: 1, &evaluator)
      else { return minimum(.stalled) }
      promised = -slope / 2 / abs(current.value)
      current = next.evaluation
      iterations += 1
      // Twice a lower point but no acceptable one: what is left is the function's rounding.
      failures = next.isAcceptable ? 0 : failures + 1
      if failures == 2 && !isDone(current.value, current.gradient) { return minimum(.stalled) }
    }
  }

  /// −H⁻¹ g by preconditioned conjugate gradients; its error is at most `share` of it in the norm of H, by the estimate
  /// that the preconditioner gives.
  private static func direction(
    _ function: some CurvedFunction, _ gradient: [Double], share: Double
  ) -> [Double] {
    let inverse = function.bend(exactTo: share).map { 1 / $0 }
    var solution = [Double](repeating: 0, count: gradient.count)
    var rest = gradient.map { -$0 }
    var search = product(inverse, rest)
    var norm = dot(rest, search)
    let goal = share * share * norm
    for _ in 0..<longest where norm > goal {
      let bent = function.curvature(along: search)
      let curvature = dot(search, bent)
      guard curvature > 0, curvature.isFinite else { break }
      let length = norm / curvature
      add(length, search, to: &solution)
      add(-length, bent, to: &rest)
      let next = product(inverse, rest)
      let now = dot(rest, next)
      search = combine(next, now / norm, search)
      norm = now
    }
    return solution
  }

  private static func product(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map(*) }
}
