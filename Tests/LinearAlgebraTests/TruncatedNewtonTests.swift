import Foundation
import LinearAlgebra
import Testing

@Suite struct TruncatedNewtonTests {
  /// Σ cosh(aᵢ·x) over some rows, and ½ ‖x‖² times a weight.
  private final class Hanging: CurvedFunction {
    private let rows: Matrix<Double>
    private let weight: Double
    private(set) var products = 0
    private var bends: [Double] = []

    init(_ rows: Matrix<Double>, weight: Double) { (self.rows, self.weight) = (rows, weight) }

    private func heights(_ point: [Double]) -> [Double] {
      (0..<rows.rows).map { row in (0..<rows.columns).reduce(0) { $0 + rows[row, $1] * point[$1] } }
    }

    private func sums(_ factors: [Double]) -> [Double] {
      (0..<rows.columns).map { column in (0..<rows.rows).reduce(0) { $0 + factors[$1] * rows[$1, column] } }
    }

    func evaluate(
      _ point: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutableBufferPointer<Double>
    ) -> Double {
      let point = Array(point)
      let rises = heights(point).map { exp($0) }
      bends = rises.map { ($0 + 1 / $0) / 2 }
      let slopes = sums(rises.map { ($0 - 1 / $0) / 2 })
      for index in point.indices { gradient[index] = slopes[index] + weight * (point[index] - 1) }
      return bends.reduce(0, +) + weight / 2 * point.reduce(0) { $0 + ($1 - 1) * ($1 - 1) }
    }

    func bend(exactTo share: Double) -> [Double] {
      (0..<rows.columns).map { column in
        (0..<rows.rows).reduce(weight) { $0 + bends[$1] * rows[$1, column] * rows[$1, column] }
      }
    }

    func curvature(along direction: [Double]) -> [Double] {
      products += 1
      let bent = sums(zip(bends, heights(direction)).map(*))
      return zip(bent, direction).map { $0 + weight * $1 }
    }
  }

  private func size(_ gradient: [Double]) -> Double { gradient.reduce(0) { max($0, abs($1)) } }

  @Test func findsTheMinimumInFewSteps() {
    let function = Hanging(randomMatrix(40, 12, Double.self), weight: 3)
    let found = TruncatedNewton().minimise(function, from: [Double](repeating: 0, count: 12)) {
      size($1) <= 1e-9
    }
    #expect(found.outcome == .stopped && found.gradientNorm <= 1e-9)
    #expect(found.iterations < 15 && function.products < 150)
    let same = LBFGS(gradientTolerance: 1e-9).minimise(from: [Double](repeating: 0.5, count: 12)) {
      function.evaluate($0, $1)
    }
    #expect(zip(found.point, same.point).allSatisfy { abs($0 - $1) < 1e-8 })
  }

  @Test func itsEndsAreNamed() {
    let function = Hanging(randomMatrix(20, 4, Double.self), weight: 1)
    let start = [0.5, -0.5, 0.25, 0]
    let limited = TruncatedNewton(maximumIterations: 1).minimise(function, from: start) { _, _ in false }
    #expect(limited.outcome == .iterationLimit && limited.iterations == 1)
    let wrong = TruncatedNewton().minimise(function, from: [.nan, 0, 0, 0]) { _, _ in false }
    #expect(wrong.outcome == .notFinite)
    // Nobody says that it is done: rounding ends it.
    let endless = TruncatedNewton().minimise(function, from: start) { _, _ in false }
    #expect(endless.outcome == .stalled && endless.gradientNorm < 1e-6)
  }
}
