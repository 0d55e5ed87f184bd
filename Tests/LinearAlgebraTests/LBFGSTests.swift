import Foundation
import LinearAlgebra
import Testing

@Suite struct LBFGSTests {
  private static func rosenbrock(
    _ x: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    var value = 0.0
    gradient.update(repeating: 0)
    for i in 0..<x.count - 1 {
      let (gap, rest) = (x[i + 1] - x[i] * x[i], 1 - x[i])
      value += 100 * gap * gap + rest * rest
      gradient[i] += -400 * gap * x[i] - 2 * rest
      gradient[i + 1] += 200 * gap
    }
    return value
  }

  @Test(arguments: [2, 10, 50])
  func theRosenbrockValleyIsFollowedToItsEnd(n: Int) {
    let start = (0..<n).map { $0 % 2 == 0 ? -1.2 : 1.0 }
    let result = LBFGS(gradientTolerance: 1e-8).minimise(from: start, Self.rosenbrock)
    #expect(result.outcome == .converged && result.gradientNorm <= 1e-8)
    #expect(result.evaluations < 12 * n + 80)
    if n == 2 { #expect(result.point.allSatisfy { abs($0 - 1) < 1e-7 }) }
  }

  @Test func anIllConditionedQuadraticIsSolved() {
    let scales = (0..<30).map { pow(10, Double($0) / 10) }
    let result = LBFGS(gradientTolerance: 1e-7).minimise(from: [Double](repeating: 1, count: 30)) {
      x, gradient in
      for i in x.indices { gradient[i] = scales[i] * (x[i] - 2) }
      return zip(x, scales).reduce(0) { $0 + $1.1 * ($1.0 - 2) * ($1.0 - 2) / 2 }
    }
    #expect(result.converged)
    #expect(zip(result.point, scales).allSatisfy { abs($0 - 2) <= 1.01e-7 / $1 })
  }

  /// The logistic loss of 40 points with a ridge, in double or rounded to Float.
  private static func logistic(
    _ x: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutableBufferPointer<Double>, inFloat: Bool
  ) -> Double {
    var numbers = TestNumbers(4)
    var value = 0.0
    gradient.update(repeating: 0)
    for _ in 0..<40 {
      let point = x.indices.map { _ in numbers.next() }
      let label = point[0] + 0.5 * numbers.next() > 0 ? 1.0 : -1
      let margin = label * zip(point, x).reduce(0) { $0 + $1.0 * $1.1 }
      value += log1p(exp(-margin))
      let weight = -label / (1 + exp(margin))
      for i in x.indices { gradient[i] += weight * point[i] }
    }
    for i in x.indices {
      value += x[i] * x[i] / 2
      gradient[i] += x[i]
      if inFloat { gradient[i] = Double(Float(gradient[i])) + 1e-6 * sin(1e9 * x[i]) }
    }
    return inFloat ? Double(Float(value)) : value
  }

  @Test func aLogisticRegressionReachesItsOptimum() {
    let start = [Double](repeating: 0, count: 5)
    let result = LBFGS(gradientTolerance: 1e-10).minimise(from: start) {
      Self.logistic($0, $1, inFloat: false)
    }
    #expect(result.converged && result.iterations < 40)
    var worst = 0.0
    for i in 0..<5 {
      var gradient = [0.0, 0, 0, 0, 0]
      var values = [Double]()
      for step in [1e-5, -1e-5] {
        var point = result.point
        point[i] += step
        values.append(
          point.withUnsafeBufferPointer { point in
            gradient.withUnsafeMutableBufferPointer { Self.logistic(point, $0, inFloat: false) }
          })
      }
      worst = max(worst, abs(values[0] - values[1]) / 2e-5)
      #expect(values.allSatisfy { $0 > result.value })
    }
    #expect(worst < 1e-8)
  }

  @Test func aFunctionOfFloatPrecisionStallsAtItsRounding() {
    let start = [Double](repeating: 0, count: 5)
    let exact = LBFGS(gradientTolerance: 1e-10).minimise(from: start) {
      Self.logistic($0, $1, inFloat: false)
    }
    let rough = LBFGS(gradientTolerance: 1e-12).minimise(from: start) { Self.logistic($0, $1, inFloat: true) }
    #expect(rough.outcome == .stalled)
    #expect(rough.evaluations < 500)
    #expect(abs(rough.value - exact.value) < 1e-6 * exact.value)
  }

  @Test func wallsOfInfinityAndNaNAreSteppedBackFrom() {
    let result = LBFGS(gradientTolerance: 1e-9).minimise(from: [1e-3]) { x, gradient in
      gradient[0] = 1 - 1 / x[0]
      return x[0] - log(x[0])
    }
    #expect(result.converged && abs(result.point[0] - 1) < 1e-8)
  }

  @Test func theOutcomeNamesWhyTheSearchEnded() {
    let start = [-1.2, 1]
    let limited = LBFGS(maximumIterations: 3).minimise(from: start, Self.rosenbrock)
    #expect(limited.outcome == .iterationLimit && limited.iterations == 3)
    let stopped = LBFGS().minimise(from: start, shouldStop: { done, _ in done == 2 }, Self.rosenbrock)
    #expect(stopped.outcome == .stopped && stopped.iterations == 2)
    #expect(LBFGS().minimise(from: [.nan, 1], Self.rosenbrock).outcome == .notFinite)
    #expect(LBFGS().minimise(from: [1, 1], Self.rosenbrock).iterations == 0)
    #expect(LBFGS().minimise(from: []) { _, _ in 0 }.converged)
  }

  @Test func aFunctionWithoutAMinimumEnds() {
    let result = LBFGS(maximumIterations: 50).minimise(from: [0]) { x, gradient in
      gradient[0] = -1
      return -x[0]
    }
    #expect(result.outcome != .converged)
  }
}
